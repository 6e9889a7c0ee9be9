/**
 * Puts the candidate in service, once one instance of it has coloured the known picture as it should.
 *
 * Gotcha: between the new value of `current` and the start of the instance refresh nothing may come in between, or the
 * fleet stays half old; a Ctrl-C there waits for both.
 */
import { EXIT, UserError } from '../../common/errors.ts';
import { imageBefore, imagesToRemove, type Image } from './images.ts';
import { planPromotion, reasonNotToPromote, type PromotionState } from './promotion-plan.ts';
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
    launch: () => instances.launch(stage, candidate, state.fleet),
    look: (id) => instances.look(id),
    verdict: (id) => parameters.verdict(stage, id),
    end: async (id) => {
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
    progress.print(`${candidate} did not prove itself: ${wrong ?? 'no reason given'}.`);
    progress.print(`The current image of stage '${stage}' is still ${state.current ?? 'none'}.`);
    return CANDIDATE_FAILED;
  }
  progress.print(`${candidate} has proved itself in ${seconds} s.`);

  session.abort.throwIfAborted();
  await putInService(session, candidate);
  const keep = await spokenFor(session, state.images);
  // What has come to be needed since the plan was shown stays.
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

/** Sets `current` and has the fleet replaced, both or neither of them interrupted. */
export async function putInService(session: ImageSession, imageId: string): Promise<void> {
  const { options, parameters, group, progress, scope } = session;
  const switching = (async () => {
    await parameters.setCurrent(options.stage, imageId);
    progress.print(`The current image of stage '${options.stage}' is ${imageId}.`);
    progress.print(`Started the instance refresh ${await group.refresh(options.stage)}.`);
  })();
  await scope.defer(() => switching.catch(() => undefined));
  await switching;
}

async function look(session: ImageSession): Promise<PromotionState> {
  const { options, parameters, images, instances, group } = session;
  const { stage } = options;
  const [candidate, current, all, fleet] = await Promise.all([
    parameters.candidate(stage),
    parameters.current(stage),
    images.all(),
    group.fleet(stage),
  ]);
  const [refresh, leftOver, keep] = await Promise.all([
    group.refreshUnderWay(stage),
    instances.leftOver(stage),
    spokenFor(session, all),
  ]);
  return { stage, candidate, current, images: all, fleet, refresh, leftOver, spokenFor: keep };
}

/** Images that parameters of any stage name, and those that their rollbacks would go back to. */
async function spokenFor({ parameters }: ImageSession, images: Image[]): Promise<string[]> {
  const namings = await parameters.namings();
  const before = await Promise.all(
    namings
      .filter(({ role }) => role === 'current')
      .map(async ({ stage, imageId }) => imageBefore(await parameters.history(stage), imageId, images)),
  );
  return [...namings.map(({ imageId }) => imageId), ...before.filter((id) => id !== undefined)];
}
