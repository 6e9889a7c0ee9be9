/** One picture through ComfyUI. */
import { randomUUID } from 'node:crypto';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import type { AcquireSlot } from '../photo/pipeline.ts';
import type { ComfyuiClient, HistoryEntry } from './client.ts';
import { InstanceFault, ComfyuiTimeout, TransientFault } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Options } from '../photo/options.ts';
import { pause } from '../../common/time.ts';
import { resultFile, submissionFault } from './prompt-result.ts';
import { fillWorkflow, onPath } from './workflow.ts';

export interface Timing {
  firstPollMs: number;
  maxPollMs: number;
  /** Since submission; until then it is not asked whether ComfyUI has lost the prompt, which costs it an answer more each time. */
  graceMs: number;
  /** Between the two looks after which a prompt counts as lost: it leaves the queue just before it enters the history. */
  lostCheckMs: number;
}

const TIMING: Timing = { firstPollMs: 50, maxPollMs: 500, graceMs: 1500, lostCheckMs: 500 };

/** ComfyUI keeps its queue in memory, so a restart loses it; more than a few in a row is not one restart. */
const SUBMISSIONS = 3;

export interface Inference {
  client: ComfyuiClient;
  workflow: Workflow;
  /** What is sent: decides what the workflow saves. */
  path: WorkerSettings['path'];
  log: Log;
  /** Removes what an attempt has left on disk. @default ComfyUI's folders are out of reach */
  clean?: ((id: string) => Promise<void>) | undefined;
  timing?: Timing;
}

/** Milliseconds a picture may take: a floor for a busy machine, and what its size adds. */
export const deadlineMs = (megapixels: number) => 20_000 + 2000 * megapixels;

/**
 * Colours a picture.
 *
 * @param picture PNG
 * @param withinMs time from submission to the end of the workflow
 * @param options of the photo
 * @param turn awaited before each submission, when the picture is already there
 * @returns the picture as the workflow saved it, not yet checked
 * @throws PermanentFault, TransientFault, InstanceFault
 */
export async function infer(
  inference: Inference,
  picture: Buffer,
  withinMs: number,
  turn: AcquireSlot = async () => () => undefined,
  options: Options = {},
): Promise<Buffer> {
  for (let submission = 1; submission <= SUBMISSIONS; submission++) {
    const result = await attempt(inference, picture, withinMs, turn, options);
    if (result) return result;
    inference.log('warn', 'prompt-lost', { submission, allowed: SUBMISSIONS });
  }
  throw new TransientFault(`ComfyUI lost the prompt ${SUBMISSIONS} times`);
}

/** One prompt, with names that were never used before; undefined when ComfyUI has lost it. */
async function attempt(
  { client, workflow, path, log, clean, timing = TIMING }: Inference,
  picture: Buffer,
  withinMs: number,
  turn: AcquireSlot,
  options: Options,
): Promise<Buffer | undefined> {
  const id = randomUUID();
  let ended = true;
  let over = () => undefined as void;
  try {
    const name = await client.upload(picture, id);
    over = await turn();
    ended = false;
    const fault = submissionFault(
      await client.submit(fillWorkflow(onPath(workflow, path), name, `${id}/out`, options), id),
      workflow,
    );
    if (fault) throw fault;
    const entry = await outcome(client, id, withinMs, timing);
    ended = true;
    // The next prompt need not wait for the picture of this one.
    over();
    return entry && (await client.view(resultFile(entry, workflow)));
  } finally {
    over();
    await tidy(client, id, ended).catch((error: unknown) =>
      log('warn', 'prompt-not-removed', { promptId: id, error: describeError(error) }),
    );
    await clean?.(id).catch((error: unknown) =>
      log('warn', 'folders-not-removed', { promptId: id, error: describeError(error) }),
    );
  }
}

async function tidy(client: ComfyuiClient, id: string, ended: boolean): Promise<void> {
  if (!ended) await client.cancel(id);
  await client.forget(id);
}

/** Polls until the prompt has ended; undefined when it is lost. */
async function outcome(
  client: ComfyuiClient,
  id: string,
  withinMs: number,
  timing: Timing,
): Promise<HistoryEntry | undefined> {
  const startMs = performance.now();
  let missing = false;
  for (let wait = timing.firstPollMs; ; wait = Math.min(wait * 1.5, timing.maxPollMs)) {
    await pause(missing ? timing.lostCheckMs : wait);
    let entry = await patiently(() => client.history(id));
    if (entry) return entry;
    const doubted = performance.now() - startMs >= timing.graceMs;
    const gone = doubted && (await patiently(() => client.isQueued(id))) === false;
    // It may have ended between the two questions.
    if (gone) entry = await patiently(() => client.history(id));
    if (entry) return entry;
    if (gone && missing) return undefined;
    missing = gone;
    if (performance.now() - startMs >= withinMs) {
      throw new InstanceFault(`ComfyUI did not finish within ${Math.round(withinMs / 1000)} s`);
    }
  }
}

/** Undefined instead of a single slow answer: while it works on a large picture, ComfyUI can be deaf for seconds. */
async function patiently<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ComfyuiTimeout) return undefined;
    throw error;
  }
}
