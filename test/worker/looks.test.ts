/** Presets and strength of photos, through image processor, batcher and the stand-in ComfyUI. */
import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { chromaOfAb, withStrength } from '../../colour/chroma.ts';
import { mergeChroma } from '../../colour/merge.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { createBatcher } from '../../worker/comfyui/batches.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { PhotoDeadline } from '../../worker/photo/deadline.ts';
import { choiceOf } from '../../worker/photo/options.ts';
import { createPipeline, type PhotoMeasurements } from '../../worker/photo/pipeline.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { memoryLog } from './support/memory.ts';
import { Comfy, timing } from './support/stand-in-comfyui.ts';

/** Small, for speed: buildings are seen at one and a half times the size, as 2.25 photos. */
const [SIZE, LARGER] = [64, 96];
const text = readFileSync('ami/workflow/ddcolor.json', 'utf8');
const workflow = workflowSchema.parse(
  JSON.parse(text.replaceAll('512', `${SIZE}`).replaceAll('1024', `${LARGER}`)),
);
const [WIDTH, HEIGHT] = [48, 36];
const tones = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => 30 + ((i * 7) % 190));

let comfy: Comfy;
beforeAll(async () => {
  comfy = await Comfy.start();
});
afterAll(() => comfy.close());

function worker(path: 'chroma' | 'plain' = 'chroma') {
  const inference = { client: new ComfyuiClient(comfy.url), workflow, log: memoryLog(), timing } as const;
  const comfyuiSlots = new WeightedSemaphore(2);
  const batcher = createBatcher({ ...inference, path: 'chroma' }, comfyuiSlots, 8);
  const pipeline = createPipeline({
    images: new LocalImageProcessor({ maxMegapixels: 1, path, workflow }),
    infer: ({ upload }, acquireSlot, { options }) =>
      infer({ ...inference, path }, upload, 60_000, acquireSlot, options),
    batcherOf: () => batcher,
    comfyuiSlots,
    memory: new WeightedSemaphore(10),
    drainSignal: () => new AbortController().signal,
    now: () => performance.now(),
  });
  return async (metadata: Record<string, string> = {}, figures: PhotoMeasurements = {}) => {
    const image = sharp(tones, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } });
    const file = await image.toColourspace('b-w').png().toBuffer();
    const attempt = { figures, started: async () => undefined };
    const { body } = await pipeline(file, 'etag', attempt, choiceOf(workflow, metadata), new PhotoDeadline());
    const { data, info } = await sharp(body).raw().toBuffer({ resolveWithObject: true });
    return { data, ...info };
  };
}

describe('a preset', () => {
  it('is the side at which colours are computed', async () => {
    const colour = worker();
    expect((await colour({ output: 'chroma' })).width).toBe(SIZE);
    expect((await colour({ output: 'chroma', preset: 'people' })).width).toBe(SIZE);
    expect((await colour({ output: 'chroma', preset: 'buildings' })).width).toBe(LARGER);
  });

  it('changes the colours on each path, and the default changes none', async () => {
    for (const path of ['chroma', 'plain'] as const) {
      const colour = worker(path);
      const usual = (await colour()).data;
      expect((await colour({ preset: 'people' })).data.equals(usual)).toBe(true);
      expect((await colour({ preset: 'buildings' })).data.equals(usual)).toBe(false);
    }
  });

  it('shares no prompt with another, takes as many photos as have the same pixels, and strength parts none', async () => {
    const colour = worker();
    const open = comfy.holdInferences();
    const queued = async () => {
      const { queue_running, queue_pending } = (await comfy.get('/queue')) as Record<string, unknown[]>;
      return queue_running!.length + queue_pending!.length;
    };
    const first = [colour(), colour()];
    await vi.waitFor(async () => expect(await queued()).toBe(2), { interval: 2 });
    const asked = [
      ...Array.from({ length: 4 }, () => ({ preset: 'buildings' })),
      { preset: 'people' },
      { strength: '20' },
      { preset: 'people', strength: '90' },
    ];
    const figures = asked.map((): PhotoMeasurements => ({}));
    const others = asked.map((metadata, k) => colour(metadata as Record<string, string>, figures[k]));
    await vi.waitFor(() => expect(figures.every((one) => one.prepareSeconds !== undefined)).toBe(true));
    open();
    await Promise.all([...first, ...others]);
    // Eight photos of 64 x 64 have the pixels of three of 96 x 96.
    const photos = figures.map(({ batchPhotos }) => batchPhotos);
    expect(photos.slice(0, 4).sort()).toEqual([1, 3, 3, 3]);
    expect(photos.slice(4)).toEqual([3, 3, 3]);
  });
});

describe('a strength', () => {
  it('of 100 is what no strength is; 0 keeps the tones; between them is a part of the chroma', async () => {
    const colour = worker();
    const usual = (await colour()).data;
    expect((await colour({ strength: '100' })).data.equals(usual)).toBe(true);
    const none = (await colour({ strength: '0' })).data;
    none.forEach((value, i) => expect(Math.abs(value - tones[Math.floor(i / 3)]!)).toBeLessThan(2));
    const { data, width, height } = await colour({ output: 'chroma' });
    const chroma = chromaOfAb({ width, height, data });
    const half = mergeChroma(tones, WIDTH, HEIGHT, withStrength(chroma, 50));
    expect([...(await colour({ strength: '50' })).data]).toEqual([...half]);
  });

  it('holds on the plain path too', async () => {
    const colour = worker('plain');
    const [none, half, full] = await Promise.all(['0', '50', '100'].map((strength) => colour({ strength })));
    none!.data.forEach((value, i) => expect(Math.abs(value - tones[Math.floor(i / 3)]!)).toBeLessThan(2));
    const spread = ({ data }: { data: Buffer }) =>
      data.reduce((sum, _, i) => (i % 3 === 0 ? sum + Math.abs(data[i]! - data[i + 2]!) : sum), 0);
    expect(spread(half!) / spread(full!)).toBeGreaterThan(0.4);
    expect(spread(half!) / spread(full!)).toBeLessThan(0.6);
  });

  it('of a chroma is for the client that merges it', () => {
    expect(() => choiceOf(workflow, { output: 'chroma', strength: '80' })).toThrow(
      "The option 'strength' is '80', and the output 'chroma'; allowed is 100: the client that merges a chroma scales it.",
    );
    expect(choiceOf(workflow, { output: 'chroma', strength: '100' })).toEqual({
      output: 'chroma',
      options: {},
    });
  });
});
