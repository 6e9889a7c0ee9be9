/** Prompts of several photos through the stand-in ComfyUI, image processor included, with each fault that a batch can have. */
import { readFileSync } from 'node:fs';
import { setImmediate as quiet } from 'node:timers/promises';
import sharp from 'sharp';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { workflowSchema } from '../../contract/workflow.ts';
import type { BatchFault } from '../../local/comfyui/chroma-nodes.ts';
import { createBatcher } from '../../worker/comfyui/batches.ts';
import { ComfyuiClient } from '../../worker/comfyui/client.ts';
import { infer } from '../../worker/comfyui/inference.ts';
import { splitPlanes, stackPlanes } from '../../worker/comfyui/planes.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { PhotoDeadline } from '../../worker/photo/deadline.ts';
import { ComfyuiUnreachable, InstanceFault, NotFinite } from '../../worker/photo/faults.ts';
import { createPipeline, type PhotoMeasurements } from '../../worker/photo/pipeline.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { memoryLog } from './support/memory.ts';
import { Comfy, timing } from './support/stand-in-comfyui.ts';

/** Small, for speed. */
const SIZE = 64;
const shipped = workflowSchema.parse(JSON.parse(readFileSync('ami/workflow/ddcolor.json', 'utf8')));
const workflow = workflowSchema.parse(
  JSON.parse(
    JSON.stringify({ ...shipped, chroma: { ...shipped.chroma, size: SIZE } }).replaceAll('512', `${SIZE}`),
  ),
);
const PHOTOS = 5;

/** Grey ramps that differ, so that each gets colours of its own. */
const photo = (number: number) => {
  const data = Uint8Array.from({ length: 40 * 30 }, (_, i) => 30 + ((i * (3 + number)) % 190));
  return sharp(data, { raw: { width: 40, height: 30, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
};

let comfy: Comfy;
let singly: Buffer[];
beforeAll(async () => {
  comfy = await Comfy.start();
  const { colour } = worker(1);
  singly = await Promise.all(Array.from({ length: PHOTOS }, async (_, k) => (await colour(k)).body));
  await comfy.close();
});
beforeEach(async () => {
  comfy = await Comfy.start();
});
afterEach(() => comfy.close());

class CountingProcessor extends LocalImageProcessor {
  prepared = 0;

  override async prepare(...args: Parameters<LocalImageProcessor['prepare']>) {
    const prepared = await super.prepare(...args);
    this.prepared++;
    return prepared;
  }
}

function worker(max: number, url = comfy.url) {
  const log = memoryLog();
  const inference = { client: new ComfyuiClient(url), workflow, path: 'chroma', log, timing } as const;
  const comfyuiSlots = new WeightedSemaphore(2);
  const images = new CountingProcessor({ maxMegapixels: 1, path: 'chroma', workflow });
  const batcher = createBatcher(inference, comfyuiSlots, max);
  const pipeline = createPipeline({
    images,
    infer: ({ upload }, acquireSlot) => infer(inference, upload, 60_000, acquireSlot),
    batcherOf: () => batcher,
    comfyuiSlots,
    memory: new WeightedSemaphore(10),
    drainSignal: () => new AbortController().signal,
    now: () => performance.now(),
  });
  const colour = async (number: number, figures: PhotoMeasurements = {}, deadline = new PhotoDeadline()) =>
    pipeline(
      await photo(number),
      'etag',
      { figures, started: async () => undefined },
      { output: 'photo', options: {} },
      deadline,
    );
  return { colour, log, images };
}

/** Two photos go first, each alone, and hold both slots until the others are ready. */
async function batched(fault: BatchFault, url?: string) {
  const { colour, log, images } = worker(8, url);
  const open = comfy.holdInferences();
  const all = Array.from({ length: 2 }, (_, k) => colour(k));
  await vi.waitFor(async () => expect(await queued()).toBe(2), { interval: 2 });
  const figures = Array.from({ length: PHOTOS }, (): PhotoMeasurements => ({}));
  for (let k = 2; k < PHOTOS; k++) all.push(colour(k, figures[k]));
  await vi.waitFor(() => expect(images.prepared).toBe(PHOTOS), { interval: 2 });
  await quiet();
  comfy.standIn.faults.batch = fault;
  open();
  const outcomes = await Promise.allSettled(all);
  return { outcomes, figures, log };
}

async function queued(): Promise<number> {
  const { queue_running, queue_pending } = (await comfy.get('/queue')) as Record<string, unknown[]>;
  return queue_running!.length + queue_pending!.length;
}

/** Results that are byte for byte those of single prompts; faults of the others. */
const seen = (outcomes: PromiseSettledResult<{ body: Buffer }>[]) =>
  outcomes.map((one, k) =>
    one.status === 'fulfilled' ? one.value.body.equals(singly[k]!) : (one.reason as Error),
  );

describe('photos of one prompt', () => {
  it('get the results that they get alone', async () => {
    const { outcomes, figures, log } = await batched('none');
    expect(seen(outcomes)).toEqual([true, true, true, true, true]);
    expect(figures.slice(2).map(({ batchPhotos }) => batchPhotos)).toEqual([3, 3, 3]);
    expect(log.of('batch-failed')).toEqual([]);
    expect(new Set(singly.map((file) => file.toString('latin1'))).size).toBe(PHOTOS);
  });

  it.each<BatchFault>(['prompt-fails', 'cut', 'lost'])(
    'get them alone after the fault `%s`',
    async (fault) => {
      const { outcomes, figures, log } = await batched(fault);
      expect(seen(outcomes)).toEqual([true, true, true, true, true]);
      expect(figures.slice(2).map(({ batchPhotos }) => batchPhotos)).toEqual([1, 1, 1]);
      expect(log.of('batch-failed')).toHaveLength(1);
      expect(await comfy.get('/history')).toEqual({});
    },
  );

  it('fail only where they fail alone', async () => {
    const { outcomes } = await batched('photo-fails');
    const ends = seen(outcomes);
    expect(ends.filter((one) => one === true)).toHaveLength(PHOTOS - 1);
    expect(ends.filter((one) => one instanceof NotFinite)).toHaveLength(1);
  });

  it('all meet the fault of a ComfyUI that ends', async () => {
    const url = await comfy.instead(/^POST \/prompt/, (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (comfy.standIn.faults.batch === 'ended') return void request.socket.destroy();
        const body = Buffer.concat(chunks).toString();
        void fetch(`${comfy.url}/prompt`, { method: 'POST', body }).then(async (answer) =>
          response.end(await answer.text()),
        );
      });
    });
    const { outcomes } = await batched('ended', url);
    const gone = expect.any(ComfyuiUnreachable) as Error;
    expect(seen(outcomes)).toEqual([true, true, gone, gone, gone]);
  });
});

describe('the files of planes', () => {
  const planes = [1, 2, 3].map((value) => Buffer.alloc(4, value));

  it('have the photos from top to bottom', () => {
    expect(stackPlanes(planes, 2).toString('latin1')).toBe(
      'P5\n2 6\n255\n\x01\x01\x01\x01\x02\x02\x02\x02\x03\x03\x03\x03',
    );
    expect(() => stackPlanes([Buffer.alloc(5)], 2)).toThrow('a plane of 5 bytes instead of 2 x 2');
  });

  it.each([
    ['another format', 'P6\n2 4\n255\n', 8, /not an 8-bit PGM/],
    ['16 bits', 'P5\n2 4\n65535\n', 16, /not an 8-bit PGM/],
    ['another width', 'P5\n4 2\n255\n', 8, /planes of 4 x 2 instead of 2 x 4/],
    ['the planes of two photos', 'P5\n2 8\n255\n', 16, /planes of 2 x 8 instead of 2 x 4/],
    ['less than it says', 'P5\n2 4\n255\n', 7, /7 bytes of planes of 2 x 4/],
    ['more than it says', 'P5\n2 4\n255\n', 9, /9 bytes of planes of 2 x 4/],
    ['nothing', '', 0, /not an 8-bit PGM/],
  ])('with %s are refused', (_what, header, bytes, message) => {
    const file = Buffer.concat([Buffer.from(header), Buffer.alloc(bytes)]);
    const split = () => splitPlanes(file, 2, 1);
    expect(split).toThrow(InstanceFault);
    expect(split).toThrow(message);
  });

  it('give each photo its two planes', () => {
    const file = Buffer.concat([Buffer.from('P5\n1 4\n255\n'), Buffer.from([1, 2, 3, 4])]);
    expect(splitPlanes(file, 1, 2)).toEqual([Buffer.from([1, 2]), Buffer.from([3, 4])]);
  });
});
