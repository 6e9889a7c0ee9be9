/** Checks whether this instance can colour: before it goes into service, and again after an instance fault. */
import { randomUUID } from 'node:crypto';
import { pause } from '../../common/time.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { ImageProcessor } from '../imaging/image-processor.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Look } from '../photo/options.ts';
import { ComfyuiUnreachable, WorkflowRefused } from '../photo/faults.ts';
import { CanaryMismatch, compareColours, testPicture, type Canary } from './canary.ts';
import type { ComfyuiClient } from './client.ts';
import { workflowClasses } from './workflow.ts';

export interface ReadinessPorts {
  client: Pick<ComfyuiClient, 'device' | 'hasClass'>;
  settings: Pick<WorkerSettings, 'device' | 'workflow'>;
  images: ImageProcessor;
  /** @default - the stage's own workflow */
  look?: Look;
  infer: (upload: Buffer, withinMs: number) => Promise<Buffer>;
  /**
   * Colours that the test picture must have.
   *
   * @default any
   */
  canary?: Canary | undefined;
  /** Milliseconds that the inference may take. @default enough for the first one, which loads the model */
  withinMs?: number;
}

/** ComfyUI answers, and without another start of it every check would find the same. */
export class NeverReady extends Error {
  override readonly name = 'NeverReady';
}

/** The first inference reads the model from a disk that EBS may still be loading from its snapshot. */
const FIRST_INFERENCE_MS = 240_000;

/**
 * Colours the test picture.
 *
 * @returns its colours
 * @throws the reason why this instance cannot colour
 */
export async function checkReady(ports: ReadinessPorts): Promise<Canary> {
  const { client, settings, images, look, infer, canary, withinMs = FIRST_INFERENCE_MS } = ports;
  const device = await client.device();
  if (device !== settings.device) {
    throw new NeverReady(
      `ComfyUI computes on '${device ?? 'nothing'}' but this stage needs '${settings.device}'`,
    );
  }
  const classes = await Promise.all(
    workflowClasses(settings.workflow).map(async (name) => ({ name, exists: await client.hasClass(name) })),
  );
  const missing = classes.filter(({ exists }) => !exists).map(({ name }) => `'${name}'`);
  if (missing.length > 0) throw new NeverReady(`ComfyUI lacks the node ${missing.join(', ')}`);
  const id = randomUUID();
  const file = testPicture();
  const { upload } = await (look
    ? images.prepare(id, file, undefined, undefined, undefined, undefined, look)
    : images.prepare(id, file));
  try {
    const result = await images.finish(id, await infer(upload, withinMs), 'readiness');
    const colours = await images.colours(result.file);
    // Workflows that do not colour, such as upscaling, have no colours to compare.
    if (canary && settings.workflow.output.coloured) compareColours(colours, canary);
    return colours;
  } finally {
    images.discard(id);
  }
}

/** Wraps a check so that the first canary mismatch is reported, once per instance: it does not go away. */
export function reportOnce<Args extends unknown[], T>(
  check: (...args: Args) => Promise<T>,
  report: () => void,
): (...args: Args) => Promise<T> {
  let isReported = false;
  return async (...args) => {
    try {
      return await check(...args);
    } catch (error) {
      if (error instanceof CanaryMismatch && !isReported) {
        isReported = true;
        report();
      }
      throw error;
    }
  };
}

export interface RetryPolicy {
  /** Between two checks. */
  retryMs: number;
  /** After which a failed check is final. */
  limitMs: number;
  /** Monotonic milliseconds. */
  now: () => number;
  /**
   * Whether another check would find the same.
   *
   * @default never - what is wrong while an instance starts may pass
   */
  isFatal?: (error: unknown) => boolean;
}

/** Less than the launch hook's ten minutes, of which the boot has taken one or two: the reason is reported before. */
const START_LIMIT_MS = 450_000;
/** An instance whose ComfyUI has not answered by then has one that does not start. */
const ANSWER_LIMIT_MS = 300_000;
/** A check that fails so often, for so long, and for the same reason would fail again: a GPU fault, for one. */
const SAME_REASONS = 3;
const SAME_REASON_MS = 60_000;

/** The policy of an instance that starts: it gives up as soon as it is known that another check would fail too. */
export function startPolicy(
  now = () => performance.now(),
  limits: { retryMs?: number; answerMs?: number; sameReasonMs?: number } = {},
): RetryPolicy {
  const { retryMs = 1000, answerMs = ANSWER_LIMIT_MS, sameReasonMs = SAME_REASON_MS } = limits;
  const startMs = now();
  let last = { reason: '', sinceMs: startMs, times: 0 };
  const isFatal = (error: unknown): boolean => {
    if (error instanceof CanaryMismatch || error instanceof NeverReady || error instanceof WorkflowRefused)
      return true;
    const atMs = now();
    if (error instanceof ComfyuiUnreachable) return atMs - startMs >= answerMs;
    const reason = describeError(error);
    last = last.reason === reason ? { ...last, times: last.times + 1 } : { reason, sinceMs: atMs, times: 1 };
    return last.times >= SAME_REASONS && atMs - last.sinceMs >= sameReasonMs;
  };
  return { retryMs, limitMs: START_LIMIT_MS, now, isFatal };
}

const REPEAT_LOG_MS = 15_000;

/**
 * Repeats a check until it succeeds, and logs its reason when that changes, and every 15 s.
 *
 * @returns true when ready, false when `stop` was aborted before
 * @throws when it still fails after the limit, so that the instance is replaced; a fatal reason at once
 */
export async function untilReady(
  check: () => Promise<unknown>,
  stop: AbortSignal,
  log: Log,
  { retryMs, limitMs, now, isFatal = () => false }: RetryPolicy = startPolicy(),
): Promise<boolean> {
  const startMs = now();
  const stopped = aborted(stop).then(() => false);
  let logged: { reason: string; atMs: number } | undefined;
  while (!stop.aborted) {
    try {
      // A check may take minutes, and a stopped worker needs no outcome.
      if (await Promise.race([check().then(() => true), stopped])) return true;
    } catch (error) {
      if (isFatal(error)) throw error;
      const reason = describeError(error);
      const atMs = now();
      const waitedSeconds = Math.round((atMs - startMs) / 1000);
      if (atMs - startMs >= limitMs) throw new Error(`not ready after ${waitedSeconds} s`, { cause: error });
      if (logged?.reason !== reason || atMs - logged.atMs >= REPEAT_LOG_MS) {
        logged = { reason, atMs };
        log('info', 'comfyui-awaited', { reason, waitedSeconds });
      }
    }
    await pause(retryMs, stop);
  }
  return false;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
