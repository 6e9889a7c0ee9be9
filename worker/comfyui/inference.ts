/** Runs the workflow on one picture. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../common/time.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { ComfyuiTimeout, InstanceFault, TransientFault } from '../photo/faults.ts';
import type { Options } from '../photo/options.ts';
import type { AcquireSlot } from '../photo/pipeline.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { ComfyuiClient } from './client.ts';
import { resultFile, submissionFault } from './prompt-result.ts';
import type { HistoryEntry } from './schemas.ts';
import { fillWorkflow, onPath } from './workflow.ts';

export interface Timing {
  firstPollMs: number;
  maxPollMs: number;
  /** From submission until the first check whether ComfyUI has lost the prompt; each check costs it one more request. */
  graceMs: number;
  /** Between two such checks. Two must agree: a prompt leaves the queue just before it enters the history. */
  lostCheckMs: number;
}

const TIMING: Timing = { firstPollMs: 50, maxPollMs: 500, graceMs: 1500, lostCheckMs: 500 };

/** ComfyUI keeps its queue in memory, so a restart loses it. Losing a prompt more often has another cause. */
const MAX_SUBMISSIONS = 3;

export interface Inference {
  client: ComfyuiClient;
  workflow: Workflow;
  /** Decides what the workflow saves. */
  path: WorkerSettings['path'];
  log: Log;
  /** Removes the files of an attempt. @default ComfyUI's folders are not accessible */
  clean?: ((id: string) => Promise<void>) | undefined;
  timing?: Timing;
}

/** Milliseconds that a prompt may take: a constant for a busy instance, and a part for its size. */
export const deadlineMs = (megapixels: number) => 20_000 + 2000 * megapixels;

/**
 * Runs the workflow on a picture.
 *
 * @param picture PNG
 * @param withinMs time from submission to the end of the workflow
 * @param acquireSlot awaited before each submission, after the upload
 * @param options of the photo
 * @param signal ends the prompt when it is aborted
 * @returns the picture as the workflow saved it, unchecked
 * @throws PermanentFault, TransientFault, InstanceFault; the reason of the signal
 */
export async function infer(
  inference: Inference,
  picture: Buffer,
  withinMs: number,
  acquireSlot: AcquireSlot = async () => () => undefined,
  options: Options = {},
  signal?: AbortSignal,
): Promise<Buffer> {
  for (let submission = 1; submission <= MAX_SUBMISSIONS; submission++) {
    const result = await runPrompt(inference, picture, withinMs, acquireSlot, options, signal);
    if (result) return result;
    inference.log('warn', 'prompt-lost', { submission, allowed: MAX_SUBMISSIONS });
  }
  throw new TransientFault(`ComfyUI lost the prompt ${MAX_SUBMISSIONS} times`);
}

/** Runs one prompt, with names that are never reused; undefined when ComfyUI has lost it. */
async function runPrompt(
  { client, workflow, path, log, clean, timing = TIMING }: Inference,
  picture: Buffer,
  withinMs: number,
  acquireSlot: AcquireSlot,
  options: Options,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const id = randomUUID();
  let isQueued = false;
  let releaseSlot = () => undefined as void;
  try {
    const name = await client.upload(picture, id);
    releaseSlot = await acquireSlot();
    isQueued = true;
    const graph = fillWorkflow(onPath(workflow, path), name, `${id}/out`, options);
    const fault = submissionFault(await client.submit(graph, id), workflow);
    if (fault) throw fault;
    const entry = await untilEnded(client, id, withinMs, timing, signal);
    isQueued = false;
    // The next prompt can run while this one's picture is fetched.
    releaseSlot();
    return entry && (await client.view(resultFile(entry, workflow)));
  } finally {
    releaseSlot();
    await removePrompt(client, id, isQueued).catch((error: unknown) =>
      log('warn', 'prompt-not-removed', { promptId: id, error: describeError(error) }),
    );
    await clean?.(id).catch((error: unknown) =>
      log('warn', 'folders-not-removed', { promptId: id, error: describeError(error) }),
    );
  }
}

async function removePrompt(client: ComfyuiClient, id: string, isQueued: boolean): Promise<void> {
  if (isQueued) await client.cancel(id);
  await client.forget(id);
}

/** Polls until the prompt has ended; undefined when ComfyUI has lost it. */
async function untilEnded(
  client: ComfyuiClient,
  id: string,
  withinMs: number,
  timing: Timing,
  signal: AbortSignal | undefined,
): Promise<HistoryEntry | undefined> {
  const startMs = performance.now();
  let wasMissing = false;
  for (let wait = timing.firstPollMs; ; wait = Math.min(wait * 1.5, timing.maxPollMs)) {
    await pause(wasMissing ? timing.lostCheckMs : wait, signal);
    signal?.throwIfAborted();
    let entry = await unlessTimeout(() => client.history(id));
    if (entry) return entry;
    const mayBeLost = performance.now() - startMs >= timing.graceMs;
    const isMissing = mayBeLost && (await unlessTimeout(() => client.isQueued(id))) === false;
    // It may have ended between the two requests.
    if (isMissing) entry = await unlessTimeout(() => client.history(id));
    if (entry) return entry;
    if (isMissing && wasMissing) return undefined;
    wasMissing = isMissing;
    if (performance.now() - startMs >= withinMs) {
      throw new InstanceFault(`ComfyUI did not finish within ${Math.round(withinMs / 1000)} s`);
    }
  }
}

/** Undefined in place of a timeout: while ComfyUI works on a large picture, it may not answer for seconds. */
async function unlessTimeout<T>(request: () => Promise<T>): Promise<T | undefined> {
  try {
    return await request();
  } catch (error) {
    if (error instanceof ComfyuiTimeout) return undefined;
    throw error;
  }
}
