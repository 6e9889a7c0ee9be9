/** What a promotion would do, over what was found. */
import { imagesToRemove, type Image } from './images.ts';

/** Where instances of a stage come from. */
export interface Fleet {
  groupName: string;
  desired: number;
  templateId: string;
  templateVersion: string;
  instanceTypes: string[];
  subnets: string[];
}

export interface PromotionState {
  stage: string;
  candidate: string | undefined;
  current: string | undefined;
  images: Image[];
  fleet: Fleet;
  /** An instance refresh that has not ended. */
  refresh: string | undefined;
  /** Instances of candidates of this stage that still stand. */
  leftOver: string[];
  /** Images that parameters of any stage name, and that their rollbacks would go back to. */
  spokenFor: string[];
}

export interface Promotion {
  candidate: string;
  steps: string[];
  /** Images that go when all went well. */
  remove: Image[];
}

/** Why there is nothing to promote, with what to do; undefined when there is. */
export function reasonNotToPromote(state: PromotionState): string | undefined {
  const { stage, candidate, current, images, fleet, refresh, leftOver } = state;
  const bake = `npx ddcolor-elastic image bake --stage ${stage}`;
  if (candidate === undefined) return `stage '${stage}' has no candidate: ${bake} makes one.`;
  if (candidate === current) {
    return `the candidate ${candidate} is in service already: ${bake} makes another one.`;
  }
  const image = images.find(({ id }) => id === candidate);
  if (image?.state !== 'available') {
    return `the candidate ${candidate} is ${image ? `'${image.state}'` : 'gone'}, not available: ${bake} makes another one.`;
  }
  if (leftOver.length > 0) {
    return (
      `an instance of a candidate still stands: ${leftOver.join(', ')}. Somebody else may be promoting; if not, end it: ` +
      `aws ec2 terminate-instances --instance-ids ${leftOver.join(' ')}`
    );
  }
  if (refresh !== undefined) {
    return (
      `the instance refresh ${refresh} of ${fleet.groupName} is under way. Wait for its end, or cancel it: ` +
      `aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${fleet.groupName}`
    );
  }
  if (fleet.subnets.length === 0 || fleet.instanceTypes.length === 0) {
    return `the group ${fleet.groupName} has no subnets or no instance types: npm run deploy -- --stage ${stage}`;
  }
  return undefined;
}

/** @param deadlineMinutes for the verdict */
export function planPromotion(state: PromotionState, deadlineMinutes: number): Promotion {
  const { candidate = '', current, images, fleet, stage } = state;
  const spokenFor = [...state.spokenFor, candidate, ...(current === undefined ? [] : [current])];
  const remove = imagesToRemove(images, spokenFor);
  return {
    candidate,
    remove,
    steps: [
      `Launch one ${fleet.instanceTypes.join(' or ')}, on demand, of ${candidate} beside ${fleet.groupName}, ` +
        `from ${fleet.templateId} version ${fleet.templateVersion}.`,
      `Wait up to ${deadlineMinutes} minutes until it has coloured the known picture; it takes no photo.`,
      'Terminate it, however that went. Unless it passed, stop here: nothing has changed then.',
      `Set the current image of stage '${stage}' from ${current ?? 'none'} to ${candidate}.`,
      `Start an instance refresh of ${fleet.groupName}: ${fleet.desired} instances, each replaced before it goes.`,
      ...remove.map(({ id, createdAt }) => `Remove the image ${id} of ${createdAt} with its snapshots.`),
    ],
  };
}

export interface LaunchOption {
  instanceType: string;
  subnet: string;
}

/** Where one instance may come from, in the group's order: each type in each subnet before the next type. */
export const launchOptions = ({ instanceTypes, subnets }: Fleet): LaunchOption[] =>
  instanceTypes.flatMap((instanceType) => subnets.map((subnet) => ({ instanceType, subnet })));
