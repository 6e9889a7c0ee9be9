/**
 * Puts the candidate in service after one instance of it has coloured the known picture as expected.
 *
 * Gotcha: setting `current` and starting the instance refresh belong together, or part of the fleet keeps the old image; a
 * Ctrl-C between them waits for both.
 */
import { EXIT, UserError } from '../../common/errors.ts';
import { imageBefore, imagesToRemove, type Image } from './images.ts';
import {
  deployStep,
  planPromotion,
  reasonNotToPromote,
  type Fleet,
  type LaunchGroup,
  type PromotionState,
} from './promotion-plan.ts';
import { confirmed, declined, type ImageSession } from './session.ts';
import { testCandidate } from './candidate.ts';

/** Exit code. */
const CANDIDATE_FAILED = 3;

export async function promote(session: ImageSession): Promise<number> {
  const { options, parameters, instances, images, progress, timing, scope } = session;
  const { stage } = options;
  const state = await look(session);
  const refused = reasonNotToPromote(state);
  if (refused !== undefined) throw new UserError(`Not promoted: ${refused}`);
  const plan = planPromotion(state, Math.ceil(timing.deadlineMs / 60_000));
  const { candidate } = plan;
  if (!(await confirmed(session, `Promote ${candidate} in stage '${stage}'`, plan.steps)))
    return declined(session);

  const verdict = await testCandidate({
    launch: () => instances.launch(stage, candidate, state.groups[0].fleet),
    look: (id) => instances.look(id),
    verdict: (id) => parameters.verdict(stage, id),
    terminate: async (id) => {
      await instances.terminate(id);
      await parameters.forgetVerdict(stage, id);
    },
    progress,
    scope,
    abort: session.abort,
    clock: session.clock,
    timing,
  });
  const { outcome, reason, seconds, imageId = candidate } = verdict;
  const wrong = imageId === candidate ? reason : `its instance ran ${imageId}`;
  if (outcome !== 'passed' || imageId !== candidate) {
    progress.print(`${candidate} failed its test: ${wrong ?? 'no reason given'}.`);
    progress.print(`The current image of stage '${stage}' is still ${state.current ?? 'none'}.`);
    return CANDIDATE_FAILED;
  }
  progress.print(`${candidate} passed its test in ${seconds} s.`);

  session.abort.throwIfAborted();
  await putInService(session, candidate, state.groups);
  const keep = [...(await imagesInUse(session, state.images)), ...fixedImages(state.groups)];
  // Images that came into use since the plan was shown stay.
  const remove = imagesToRemove(state.images, keep).filter((image) => plan.remove.includes(image));
  let exit: number = EXIT.done;
  for (const { id } of remove) {
    session.abort.throwIfAborted();
    try {
      await images.remove(id);
      progress.print(`Removed ${id} with its snapshots.`);
    } catch (error) {
      progress.print(`${id} could not be removed, the next promote tries again: ${(error as Error).message}`);
      exit = EXIT.failed;
    }
  }
  return exit;
}

/**
 * Sets `current` and starts the instance refreshes; an interrupt waits for all. Where the launch template names an image itself, a deploy puts
 * another one there and replaces the instances.
 */
export async function putInService(
  session: ImageSession,
  imageId: string,
  groups: readonly LaunchGroup[],
): Promise<void> {
  const { options, parameters, group, progress, scope } = session;
  const switching = (async () => {
    await parameters.setCurrent(options.stage, imageId);
    progress.print(`The current image of stage '${options.stage}' is ${imageId}.`);
    // One that is refused does not keep the others from the new image.
    const refused: unknown[] = [];
    for (const { fleet, fixedImage } of groups) {
      const { groupName } = fleet;
      if (fixedImage !== undefined) {
        progress.print(`Next: ${deployStep(options.stage, groupName, fixedImage)}`);
        continue;
      }
      try {
        progress.print(`Started the instance refresh ${await group.refresh(fleet)} of ${groupName}.`);
      } catch (error) {
        refused.push(error);
      }
    }
    if (refused.length > 0) throw refused[0];
  })();
  await scope.defer(() => switching.catch(() => undefined));
  await switching;
}

async function look(session: ImageSession): Promise<PromotionState> {
  const { options, parameters, images, instances } = session;
  const { stage } = options;
  const [candidate, current, all, groups] = await Promise.all([
    parameters.candidate(stage),
    parameters.current(stage),
    images.all(),
    launchGroups(session),
  ]);
  const [leftOver, keep] = await Promise.all([instances.leftOver(stage), imagesInUse(session, all)]);
  const inUse = [...keep, ...fixedImages(groups)];
  return { stage, candidate, current, images: all, groups, leftOver, imagesInUse: inUse };
}

export async function launchGroups({
  options: { stage },
  group,
  instances,
}: ImageSession): Promise<PromotionState['groups']> {
  const look = async (fleet: Fleet): Promise<LaunchGroup> => {
    const [refresh, fixedImage] = await Promise.all([
      group.refreshInProgress(fleet),
      instances.fixedImage(fleet),
    ]);
    return { fleet, refresh, fixedImage };
  };
  const [first, ...others] = await group.fleets(stage);
  const [own, ...rest] = await Promise.all([look(first), ...others.map(look)]);
  return [own, ...rest];
}

const fixedImages = (groups: readonly LaunchGroup[]): string[] =>
  groups.flatMap(({ fixedImage }) => fixedImage ?? []);

/** Images that parameters of any stage name, and those that a rollback would restore. */
async function imagesInUse({ parameters }: ImageSession, images: Image[]): Promise<string[]> {
  const uses = await parameters.uses();
  const before = await Promise.all(
    uses
      .filter(({ role }) => role === 'current')
      .map(async ({ stage, imageId }) => imageBefore(await parameters.history(stage), imageId, images)),
  );
  return [...uses.map(({ imageId }) => imageId), ...before.filter((id) => id !== undefined)];
}
