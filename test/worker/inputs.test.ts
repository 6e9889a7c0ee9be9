/**
 * Every kind of upload through the worker's pipeline, several at a time: each gets the outcome that is listed, within its
 * deadline, and none changes another photo. The full form (FULL=1) runs in image processes.
 */
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { createPipeline } from '../../worker/photo/pipeline.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { handleMessage } from '../../worker/photo/handle-message.ts';
import { processPhoto } from '../../worker/photo/process-photo.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { ImageProcesses } from '../../worker/imaging/image-processes.ts';
import { failureSchema } from '../../contract/failure.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import type { Workflow } from '../../contract/workflow.ts';
import { Comfy, timing, workflow as whole } from './support/stand-in-comfyui.ts';
import { ordinary } from './support/input-files.ts';
import { INPUTS } from './support/inputs.ts';
import {
  attemptPorts,
  body,
  event,
  MemoryBucket,
  memoryLog,
  MemoryQueue,
  unlimited,
} from './support/memory.ts';

/** Far beyond what a photo takes, also on a busy machine: what exceeds it hangs. */
const DEADLINE_MS = 120_000;
/** A square of 64 pixels, not 512: what is tested here is the photo's own files. */
const SIZE = 64;
const workflow: Workflow = {
  ...whole,
  chroma: { ...whole.chroma!, size: SIZE },
  graph: {
    ...whole.graph,
    '2': { ...whole.graph['2']!, inputs: { ...whole.graph['2']!.inputs, model_input_size: SIZE } },
  },
};
const keyOf = (number: number, name?: string) => `incoming/${name ?? `input-${number}`}`;

describe(`${INPUTS.length} kinds of input`, () => {
  const bucket = new MemoryBucket();
  const took = new Map<string, number>();
  const handled: string[] = [];
  let comfy: Comfy;
  let processes: ImageProcesses | undefined;

  beforeAll(async () => {
    comfy = await Comfy.start();
    const imageSettings = { maxMegapixels: 100, path: 'chroma', workflow } as const;
    if (process.env.FULL) processes = new ImageProcesses(imageSettings, 2, () => undefined);
    const images = processes ?? new LocalImageProcessor(imageSettings);
    const log = memoryLog();
    const client = new ComfyuiClient(comfy.url);
    const colour = createPipeline({
      images,
      infer: ({ upload, path }, acquireSlot) =>
        infer({ client, workflow, path, log, timing }, upload, DEADLINE_MS, acquireSlot),
      comfyuiSlots: new WeightedSemaphore(2),
      memory: new WeightedSemaphore(100),
      drainSignal: () => new AbortController().signal,
      now: Date.now,
    });
    const settings = { maxMegapixels: 100, workflow };
    const queue = new MemoryQueue();
    const one = async (key: string, photo: Buffer) => {
      const etag = bucket.upload(key, photo);
      const encoded = encodeURIComponent(key).replace(/%20/g, '+');
      const started = performance.now();
      handled.push(
        await handleMessage(queue.send(body(event('photos', encoded, etag))), {
          queue,
          bucketName: 'photos',
          visibilityTimeoutSeconds: 30,
          maxReceiveCount: 5,
          attempts: attemptPorts({ log }),
          process: (job, attempt) =>
            processPhoto(job, attempt, { bucket, settings, colour, ...unlimited(), log, now: Date.now }),
          giveUp: () => Promise.reject(new Error('not to be called')),
          started: () => () => undefined,
          log,
          now: Date.now,
          clock: () => performance.now(),
        }),
      );
      took.set(key, performance.now() - started);
    };
    // Three at a time, and an ordinary photo after each.
    const waiting = INPUTS.map((input, k) => ({ input, k }));
    const processAll = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        await one(keyOf(next.k, next.input.key), await next.input.make());
        await one(`incoming/ordinary-${next.k}.jpg`, await ordinary());
      }
    };
    await Promise.all([processAll(), processAll(), processAll()]);
  }, 600_000);
  afterAll(async () => {
    processes?.close();
    await comfy.close();
  });

  it.each(INPUTS.map((input, k) => [input.name, input.outcome, input, k] as const))(
    '%s: %s',
    async (name, outcome, { format, key: file }, k) => {
      const key = keyOf(k, file);
      const result = bucket.objects.get(resultKey(key));
      const failed = bucket.objects.get(failedKey(key));
      expect([result !== undefined, failed !== undefined]).toEqual([
        outcome === 'succeeded',
        outcome !== 'succeeded',
      ]);
      expect(took.get(key)).toBeLessThan(DEADLINE_MS);
      if (failed) {
        const failure = failureSchema.parse(JSON.parse(failed.body.toString()));
        expect(failure).toMatchObject({ code: outcome, retryable: false, key });
        expect(failure.message).not.toMatch(/\/tmp|\/work|node_modules|vips|Vips/);
        return;
      }
      const metadata = await sharp(result!.body).metadata();
      const stored = /^(PNG|TIFF), 16 bit/.test(name)
        ? { space: 'rgb16', depth: 'ushort' }
        : { space: 'srgb', depth: 'uchar' };
      expect(metadata).toMatchObject({ mediaType: `image/${format}`, ...stored, hasProfile: true });
      expect(metadata.pages ?? 1).toBe(1);
      await sharp(result!.body, { failOn: 'warning' }).raw().toBuffer();
    },
  );

  it('are all deleted from the queue, since each has its outcome', () => {
    expect(new Set(handled)).toEqual(new Set(['deleted']));
  });

  it('do not change the results of the ordinary photos between them', async () => {
    const results = INPUTS.map((_, k) => bucket.objects.get(`results/ordinary-${k}.jpg`)!.body);
    const pixels = await Promise.all(results.map((one) => sharp(one).raw().toBuffer()));
    expect(pixels.every((one) => one.equals(pixels[0]!))).toBe(true);
    const { channels } = await sharp(results[0]).stats();
    expect(new Set(channels.map(({ mean }) => Math.round(mean))).size).toBeGreaterThan(1);
  });
});
