/** Whether this machine can colour: asked before it is put in service, and again after a fault of its own. */
import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import type { WorkerSettings } from '../../contract/worker.ts';
import type { ComfyClient } from './comfy.ts';
import { describeError, type Log } from './log.ts';
import type { Studio } from './studio.ts';
import { pause } from './time.ts';
import { workflowClasses } from './workflow.ts';

export interface ReadinessPorts {
  client: Pick<ComfyClient, 'device' | 'hasClass'>;
  settings: Pick<WorkerSettings, 'device' | 'workflow'>;
  studio: Studio;
  infer: (png: Buffer, withinMs: number) => Promise<Buffer>;
}

/** The first inference reads the model from a disk that may itself still be loading. */
const FIRST_INFERENCE_MS = 240_000;

/** Resolves when the machine can colour. @throws the reason why it cannot, for people */
export async function checkReady({ client, settings, studio, infer }: ReadinessPorts): Promise<void> {
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
  const { upload } = await studio.prepare(id, await testCard());
  try {
    await studio.finish(id, await infer(upload, FIRST_INFERENCE_MS), 'readiness');
  } finally {
    studio.discard(id);
  }
}

/** A small grey picture with something in it: a sky getting lighter, a hill and a house. */
function testCard(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="192">
    <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#555"/><stop offset="1" stop-color="#ddd"/></linearGradient></defs>
    <rect width="256" height="192" fill="url(#sky)"/><ellipse cx="90" cy="190" rx="170" ry="70" fill="#444"/>
    <rect x="150" y="105" width="60" height="60" fill="#bbb"/><path d="M142 107 L180 75 L218 107 Z" fill="#333"/></svg>`;
  return sharp(Buffer.from(svg)).flatten().toColourspace('b-w').png().toBuffer();
}

export interface Patience {
  /** Between two checks. */
  retryMs: number;
  /** After which the machine counts as lost. */
  limitMs: number;
  now: () => number;
}

const PATIENCE: Patience = { retryMs: 1000, limitMs: 600_000, now: Date.now };
const REPEAT_LOG_MS = 15_000;

/**
 * Checks again and again, and says what it waits for.
 *
 * @returns true when ready, false when `stop` was aborted before
 * @throws when it is still not ready after ten minutes, so that the machine is replaced instead of kept for nothing
 */
export async function untilReady(
  check: () => Promise<void>,
  stop: AbortSignal,
  log: Log,
  { retryMs, limitMs, now }: Patience = PATIENCE,
): Promise<boolean> {
  const startMs = now();
  let said: { reason: string; atMs: number } | undefined;
  while (!stop.aborted) {
    try {
      // A check under way may take minutes, and whoever stops the worker is not interested in its outcome.
      if (await Promise.race([check().then(() => true), aborted(stop).then(() => false)])) return true;
    } catch (error) {
      const reason = describeError(error);
      const atMs = now();
      if (atMs - startMs >= limitMs) {
        throw new Error(`not ready after ${Math.round((atMs - startMs) / 1000)} s`, { cause: error });
      }
      if (said?.reason !== reason || atMs - said.atMs >= REPEAT_LOG_MS) {
        said = { reason, atMs };
        log('info', 'waiting-for-comfyui', { reason, waitedSeconds: Math.round((atMs - startMs) / 1000) });
      }
    }
    await pause(retryMs, stop);
  }
  return false;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
