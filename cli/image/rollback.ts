/** Restores an earlier image. */
import { EXIT, UserError } from '../../common/errors.ts';
import { imageBefore, type Image } from './images.ts';
import { launchGroups, putInService } from './promote.ts';
import { refreshSteps, type LaunchGroup } from './promotion-plan.ts';
import { confirmed, declined, type ImageSession } from './session.ts';

export interface RollbackState {
  stage: string;
  current: string | undefined;
  /** Values of `current`, oldest first. */
  history: string[];
  images: Image[];
  /** Of --to. */
  to: string | undefined;
  groups: readonly LaunchGroup[];
}

/** The image to restore, or why there is none and what to do. */
export function rollbackTarget(state: RollbackState): { imageId: string } | { refused: string } {
  const { stage, current, history, images, to, groups } = state;
  const refreshed = groups.find(({ refresh }) => refresh !== undefined);
  const list = `npx ddcolor-elastic image list --stage ${stage}`;
  if (current === undefined) return { refused: `stage '${stage}' has no current image to go back from.` };
  if (refreshed) {
    const { groupName } = refreshed.fleet;
    return {
      refused:
        `the instance refresh ${refreshed.refresh} of ${groupName} is in progress. Cancel it, then run this again: ` +
        `aws autoscaling cancel-instance-refresh --auto-scaling-group-name ${groupName}`,
    };
  }
  if (to === undefined) {
    const before = imageBefore(history, current, images);
    if (before !== undefined) return { imageId: before };
    return {
      refused: `no image that was in service before ${current} is left: ${list} shows what there is for --to.`,
    };
  }
  if (to === current) return { refused: `${to} is in service already.` };
  const image = images.find(({ id }) => id === to);
  if (image?.state === 'available') return { imageId: to };
  return {
    refused: `${to} is ${image ? `'${image.state}'` : 'no image of this service'}: ${list} shows what there is.`,
  };
}

export async function rollback(session: ImageSession): Promise<number> {
  const { options, parameters, images } = session;
  const { stage, to } = options;
  const [current, history, all, groups] = await Promise.all([
    parameters.current(stage),
    parameters.history(stage),
    images.all(),
    launchGroups(session),
  ]);
  const target = rollbackTarget({ stage, current, history, images: all, to, groups });
  if ('refused' in target) throw new UserError(`Not rolled back: ${target.refused}`);
  const steps = [
    `Set the current image of stage '${stage}' from ${current ?? 'none'} to ${target.imageId}.`,
    ...refreshSteps(stage, groups),
  ];
  if (!(await confirmed(session, `Roll back stage '${stage}'`, steps))) return declined(session);
  session.abort.throwIfAborted();
  await putInService(session, target.imageId, groups);
  return EXIT.done;
}
