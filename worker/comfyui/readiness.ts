/** Whether this machine can colour: asked before it is put in service, and again after a fault of its own. */
import { randomUUID } from 'node:crypto';
import type { WorkerSettings } from '../../contract/worker.ts';
import { coloursOf, compareColours, testPicture, CanaryMismatch, type Canary } from './canary.ts';
import type { ComfyuiClient } from './client.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { ImageProcessor } from '../imaging/image-processor.ts';
import { pause } from '../../common/time.ts';
import { workflowClasses } from './workflow.ts';

export interface ReadinessPorts {
  client: Pick<ComfyuiClient, 'device' | 'hasClass'>;
  settings: Pick<WorkerSettings, 'device' | 'workflow'>;
  studio: ImageProcessor;
  infer: (png: Buffer, withinMs: number) => Promise<Buffer>;
  /**
   * Colours that the test picture must have.
   *
   * @default any
   */
  canary?: Canary | undefined;
  /** Milliseconds that its inference may take. @default what a first one needs, which loads the model */
  withinMs?: number;
}

/** The first inference reads the model from a disk that may itself still be loading. */
const FIRST_INFERENCE_MS = 240_000;

/**
 * Resolves when the machine can colour, with the colours that its test picture got.
 *
 * @throws the reason why it cannot, for people
 */
export async function checkReady(ports: ReadinessPorts): Promise<Canary> {
  const { client, settings, studio, infer, canary, withinMs = FIRST_INFERENCE_MS } = ports;
  const device = await client.device();
  if (device !== settings.device) {
    throw new Error(`ComfyUI computes on '${device ?? 'nothing'}' but this stage needs '${settings.device}'`);
  }
  const present = await Promise.all(
    workflowClasses(settings.workflow).map(async (name) => ({ name, there: await client.hasClass(name) })),
  );
  const missing = present.filter(({ there }) => !there).map(({ name }) => `'${name}'`);
  if (missing.length > 0) throw new Error(`ComfyUI lacks the node ${missing.join(', ')}`);
  const id = randomUUID();
  const { upload } = await studio.prepare(id, await testPicture());
  try {
    const colours = await coloursOf(await studio.finish(id, await infer(upload, withinMs), 'readiness'));
    // The canary is of colours: a workflow that upscales, or denoises, has none to compare.
    if (canary && settings.workflow.output.coloured) compareColours(colours, canary);
    return colours;
  } finally {
    studio.discard(id);
  }
}

/**
 * A check that tells when the model proves to be another one: once for a machine, since whether it is one or all of them is
 * what somebody wants to know.
 */
export function reportOnce<Args extends unknown[], T>(
  check: (...args: Args) => Promise<T>,
  tell: () => void,
): (...args: Args) => Promise<T> {
  let told = false;
  return async (...args) => {
    try {
      return await check(...args);
    } catch (error) {
      if (error instanceof CanaryMismatch && !told) {
        told = true;
        tell();
      }
      throw error;
    }
  };
}

export interface RetryPolicy {
  /** Between two checks. */
  retryMs: number;
  /** After which the machine counts as lost. */
  limitMs: number;
  now: () => number;
  /**
   * Whether another check would find the same.
   *
   * @default never - what is wrong while a machine starts may come right by itself
   */
  isFatal?: (error: unknown) => boolean;
}

const PATIENCE: RetryPolicy = { retryMs: 1000, limitMs: 600_000, now: () => performance.now() };
const REPEAT_LOG_MS = 15_000;

/**
 * Checks again and again, and says what it waits for.
 *
 * @returns true when ready, false when `stop` was aborted before
 * @throws when it is still not ready after ten minutes, so that the machine is replaced instead of kept for nothing; the
 * reason itself when more checks are in vain
 */
export async function untilReady(
  check: () => Promise<unknown>,
  stop: AbortSignal,
  log: Log,
  { retryMs, limitMs, now, isFatal: inVain = () => false }: RetryPolicy = PATIENCE,
): Promise<boolean> {
  const startMs = now();
  const ended = aborted(stop).then(() => false);
  let said: { reason: string; atMs: number } | undefined;
  while (!stop.aborted) {
    try {
      // A check under way may take minutes, and whoever stops the worker is not interested in its outcome.
      if (await Promise.race([check().then(() => true), ended])) return true;
    } catch (error) {
      if (inVain(error)) throw error;
      const reason = describeError(error);
      const atMs = now();
      if (atMs - startMs >= limitMs) {
        throw new Error(`not ready after ${Math.round((atMs - startMs) / 1000)} s`, { cause: error });
      }
      if (said?.reason !== reason || atMs - said.atMs >= REPEAT_LOG_MS) {
        said = { reason, atMs };
        log('info', 'comfyui-awaited', { reason, waitedSeconds: Math.round((atMs - startMs) / 1000) });
      }
    }
    await pause(retryMs, stop);
  }
  return false;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
