/** Restores an earlier image. */
import { EXIT, UserError } from '../../common/errors.ts';
import { imageBefore, type Image } from './images.ts';
import { putInService } from './promote.ts';
import { refreshStep } from './promotion-plan.ts';
import { confirmed, declined, type ImageSession } from './session.ts';

export interface RollbackState {
  stage: string;
  current: string | undefined;
  /** Values of `current`, oldest first. */
  history: string[];
  images: Image[];
  /** Of --to. */
  to: string | undefined;
  refresh: string | undefined;
  groupName: string;
}

/** The image to restore, or why there is none and what to do. */
export function rollbackTarget(state: RollbackState): { imageId: string } | { refused: string } {
  const { stage, current, history, images, to, refresh, groupName } = state;
  const list = `npx ddcolor-elastic image list --stage ${stage}`;
  if (current === undefined) return { refused: `stage '${stage}' has no current image to go back from.` };
  if (refresh !== undefined) {
    return {
      refused:
        `the instance refresh ${refresh} of ${groupName} is in progress. Cancel it, then run this again: ` +
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
  const { options, parameters, images, instances, group } = session;
  const { stage, to } = options;
  const [current, history, all, fleet] = await Promise.all([
    parameters.current(stage),
    parameters.history(stage),
    images.all(),
    group.fleet(stage),
  ]);
  const [refresh, fixedImage] = await Promise.all([
    group.refreshInProgress(stage),
    instances.fixedImage(fleet),
  ]);
  const { groupName } = fleet;
  const target = rollbackTarget({ stage, current, history, images: all, to, refresh, groupName });
  if ('refused' in target) throw new UserError(`Not rolled back: ${target.refused}`);
  const steps = [
    `Set the current image of stage '${stage}' from ${current ?? 'none'} to ${target.imageId}.`,
    refreshStep(stage, fleet, fixedImage),
  ];
  if (!(await confirmed(session, `Roll back stage '${stage}'`, steps))) return declined(session);
  session.abort.throwIfAborted();
  await putInService(session, target.imageId, fixedImage);
  return EXIT.done;
}
