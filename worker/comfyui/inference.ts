/** Runs the workflow: one prompt for a picture, or for the planes of several photos. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../common/time.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { chromaSize, type Workflow } from '../../contract/workflow.ts';
import { ComfyuiTimeout, PromptLost, PromptTimeout } from '../photo/faults.ts';
import type { Options } from '../photo/options.ts';
import type { AcquireSlot } from '../photo/weighted-semaphore.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { ComfyuiClient } from './client.ts';
import { splitPlanes, stackPlanes } from './planes.ts';
import type { Precision } from './precision.ts';
import { resultFile, submissionFault } from './prompt-result.ts';
import type { HistoryEntry } from './schemas.ts';
import { fillWorkflow, onPath, usesPlanes } from './workflow.ts';

export interface Timing {
  firstPollMs: number;
  maxPollMs: number;
  /** From submission until the first check whether ComfyUI has lost the prompt; each check costs it one more request. */
  graceMs: number;
  /** Between two such checks. Two must agree: a prompt leaves the queue just before it enters the history. */
  lostCheckMs: number;
}

/** So that the end of a prompt is seen within a fifth of its time: the slot takes the next one only then. */
const POLL_GROWTH = 1.25;

const TIMING: Timing = { firstPollMs: 50, maxPollMs: 500, graceMs: 1500, lostCheckMs: 500 };

/** ComfyUI keeps its queue in memory, so a restart loses it. Losing a prompt more often has another cause. */
const MAX_SUBMISSIONS = 3;

export interface Inference {
  client: ComfyuiClient;
  workflow: Workflow;
  /** Decides what the workflow saves. */
  path: WorkerSettings['path'];
  /** Of this instance. @default the graph's own */
  precision?: Precision | undefined;
  log: Log;
  /** Removes the files of an attempt. @default ComfyUI's folders are not accessible */
  clean?: ((id: string) => Promise<void>) | undefined;
  timing?: Timing;
}

/**
 * Milliseconds that a prompt may take: a constant for a busy instance, and a part for its size.
 *
 * @param megapixels of all its photos
 * @param photos in it
 */
export const deadlineMs = (megapixels: number, photos = 1) => 18_000 + 2000 * (megapixels + photos);

/** Milliseconds from submission to the end of a prompt; called when it has its slot, where that decides. */
export type Limit = number | (() => number);

/** A slot that is always free. */
const NO_SLOT: AcquireSlot = async () => () => undefined;

/**
 * Runs the workflow on a photo.
 *
 * @param upload as it was prepared for this path: PNG, or a plane of grey bytes
 * @param withinMs time from submission to the end of the workflow
 * @param acquireSlot awaited before each submission, after the upload
 * @param options of the photo
 * @param signal ends the prompt when it is aborted
 * @returns the picture as the workflow saved it, unchecked, or the photo's two planes
 * @throws PermanentFault, TransientFault, InstanceFault; the reason of the signal
 */
export async function infer(
  inference: Inference,
  upload: Buffer,
  withinMs: Limit,
  acquireSlot: AcquireSlot = NO_SLOT,
  options: Options = {},
  signal?: AbortSignal,
): Promise<Buffer> {
  const prompt = { withinMs, acquireSlot, options, signal };
  for (let submission = 1; submission <= MAX_SUBMISSIONS; submission++) {
    try {
      if (!usesPlanes(inference.workflow, inference.path)) return await runPrompt(inference, upload, prompt);
      return (await inferPlanes(inference, [upload], prompt))[0]!;
    } catch (error) {
      if (!(error instanceof PromptLost)) throw error;
      inference.log('warn', 'prompt-lost', { submission, allowed: MAX_SUBMISSIONS });
    }
  }
  throw new PromptLost(`ComfyUI lost the prompt ${MAX_SUBMISSIONS} times`);
}

/** What a prompt is run with. */
export interface Prompt {
  withinMs: Limit;
  acquireSlot: AcquireSlot;
  options: Options;
  signal?: AbortSignal | undefined;
}

/**
 * Runs one prompt on the planes of several photos, whose options are the same.
 *
 * @returns for each photo its two planes, of the right size
 * @throws PromptLost, other faults, the reason of the signal
 */
export async function inferPlanes(
  inference: Inference,
  planes: readonly Buffer[],
  prompt: Prompt,
): Promise<Buffer[]> {
  const size = chromaSize(inference.workflow, prompt.options);
  return splitPlanes(await runPrompt(inference, stackPlanes(planes, size), prompt), size, planes.length);
}

/** Runs one prompt, with names that are never reused. @throws PromptLost when ComfyUI has lost it */
async function runPrompt(
  { client, workflow: whole, path, precision, log, clean, timing = TIMING }: Inference,
  picture: Buffer,
  { withinMs, acquireSlot, options, signal }: Prompt,
): Promise<Buffer> {
  const workflow = onPath(whole, path);
  const id = randomUUID();
  let isQueued = false;
  let releaseSlot = () => undefined as void;
  try {
    const name = await client.upload(picture, id);
    releaseSlot = await acquireSlot();
    isQueued = true;
    const limitMs = typeof withinMs === 'function' ? withinMs() : withinMs;
    const graph = fillWorkflow(workflow, name, `${id}/out`, options, onChroma(path, precision));
    const fault = submissionFault(await client.submit(graph, id), workflow);
    if (fault) throw fault;
    const entry = await untilEnded(client, id, limitMs, timing, signal);
    isQueued = false;
    // The next prompt can run while this one's picture is fetched.
    releaseSlot();
    if (!entry) throw new PromptLost('ComfyUI has lost the prompt');
    return await client.view(resultFile(entry, workflow));
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

/** The input for it is in the graph of the chroma path. */
const onChroma = (path: Inference['path'], precision: Precision | undefined): string | undefined =>
  path === 'chroma' ? precision?.current : undefined;

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
  for (let wait = timing.firstPollMs; ; wait = Math.min(POLL_GROWTH * wait, timing.maxPollMs)) {
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
      throw new PromptTimeout(`ComfyUI did not finish within ${Math.round(withinMs / 1000)} s`);
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
