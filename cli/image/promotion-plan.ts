/** Plans a promotion from the state of the stage. */
import { imagesToRemove, type Image } from './images.ts';

/** How a stage launches its instances. */
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
  /** The group, or the two groups of which the first is the Spot group. */
  groups: [LaunchGroup, ...LaunchGroup[]];
  /** Candidate instances of this stage that still run. */
  leftOver: string[];
  /** Images that parameters of any stage or the launch template name, and those that a rollback would restore. */
  imagesInUse: string[];
}

/** A group, and what decides how it gets a new image. */
export interface LaunchGroup {
  fleet: Fleet;
  /** An instance refresh in progress. */
  refresh: string | undefined;
  /** Image that the launch template names itself, as with a warm pool. */
  fixedImage: string | undefined;
}

export interface Promotion {
  candidate: string;
  steps: string[];
  /** Images to remove after a success. */
  remove: Image[];
}

/** @returns why nothing can be promoted, and what to do; undefined when the candidate can be */
export function reasonNotToPromote(state: PromotionState): string | undefined {
  const { stage, candidate, current, images, groups, leftOver } = state;
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
      `a candidate instance still runs: ${leftOver.join(', ')}. Another promote may be running; if not, terminate it: ` +
      `aws ec2 terminate-instances --instance-ids ${leftOver.join(' ')}`
    );
  }
  for (const { fleet, refresh } of groups) {
    if (refresh !== undefined) {
      return (
        `the instance refresh ${refresh} of ${fleet.groupName} is in progress. Wait for it, or cancel it: ` +
        `aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${fleet.groupName}`
      );
    }
    if (fleet.subnets.length === 0 || fleet.instanceTypes.length === 0) {
      return `the group ${fleet.groupName} has no subnets or no instance types: npm run deploy -- --stage ${stage}`;
    }
  }
  return undefined;
}

/** @param deadlineMinutes of the candidate's test */
export function planPromotion(state: PromotionState, deadlineMinutes: number): Promotion {
  const { candidate = '', current, images, groups, stage } = state;
  const [{ fleet }] = groups;
  const imagesInUse = [...state.imagesInUse, candidate, ...(current === undefined ? [] : [current])];
  const remove = imagesToRemove(images, imagesInUse);
  return {
    candidate,
    remove,
    steps: [
      `Launch one ${fleet.instanceTypes.join(' or ')}, on demand, of ${candidate} outside of ${fleet.groupName}, ` +
        `from ${fleet.templateId} version ${fleet.templateVersion}.`,
      `Wait up to ${deadlineMinutes} minutes until it has coloured the known picture; it receives no photos.`,
      'Terminate it. Unless it passed, stop here without a change.',
      `Set the current image of stage '${stage}' from ${current ?? 'none'} to ${candidate}.`,
      ...refreshSteps(stage, groups),
      ...remove.map(({ id, createdAt }) => `Remove the image ${id} of ${createdAt} with its snapshots.`),
    ],
  };
}

/** How a group with a warm pool gets a new image: its launch template may not name the parameter. */
export const deployStep = (stage: string, groupName: string, fixedImage: string): string =>
  `npm run deploy -- --stage ${stage}, since ${groupName} has a warm pool and its launch template names ${fixedImage} itself.`;

export const refreshSteps = (stage: string, groups: readonly LaunchGroup[]): string[] =>
  groups.map(({ fleet: { groupName, desired }, fixedImage }) =>
    fixedImage === undefined
      ? `Start an instance refresh of ${groupName}: ${desired} instances, each replaced before it is terminated.`
      : `Leave the instances of ${groupName} to ${deployStep(stage, groupName, fixedImage)}`,
  );

export interface LaunchOption {
  instanceType: string;
  subnet: string;
}

/** Types and subnets for one instance, in the group's order: a type in every subnet before the next type. */
export const launchOptions = ({ instanceTypes, subnets }: Fleet): LaunchOption[] =>
  instanceTypes.flatMap((instanceType) => subnets.map((subnet) => ({ instanceType, subnet })));
