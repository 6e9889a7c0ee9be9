/** The pipeline: the order of its steps, what limits them, what it measures, and what it frees. */
import sharp from 'sharp';
import { describe, expect, it, vi } from 'vitest';
import type { ImageProcessor } from '../../worker/imaging/image-processor.ts';
import { PhotoDeadline } from '../../worker/photo/deadline.ts';
import { createPipeline, type PhotoMeasurements } from '../../worker/photo/pipeline.ts';
import {
  CancelledBeforeStart,
  WeightedSemaphore,
  type AcquireSlot,
} from '../../worker/photo/weighted-semaphore.ts';

const photo = () =>
  sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#888' } })
    .png()
    .toBuffer();
const choice = { output: 'photo', options: { strength: 2 } } as const;
/** Resolves when a semaphore was asked so many times. */
const asked = (semaphore: WeightedSemaphore, times: number) => {
  const acquire = vi.spyOn(semaphore, 'acquire');
  return vi.waitFor(() => expect(acquire).toHaveBeenCalledTimes(times), { interval: 1 });
};

/** A pipeline whose steps take a second each by its clock, and are written down. */
function setUp(
  change: { prepare?: Error; infer?: Error; finish?: Error; isUnchanged?: true; loads?: number[] } = {},
) {
  const events: string[] = [];
  const ids = new Set<string>();
  let ms = 0;
  const step = async (name: string, error?: Error) => {
    events.push(name);
    ms += 1000;
    if (error) throw error;
  };
  const images: ImageProcessor = {
    colours: async () => ({ cells: [] }),
    prepare: async (id, body, output, _signal, _coloured, reserve) => {
      ids.add(id);
      for (const load of change.loads ?? [2]) await reserve?.(load);
      await step(`prepare ${output} of ${body.length > 0}`, change.prepare);
      const [upload, path] = [Buffer.from('upload'), 'chroma'] as const;
      return {
        id,
        format: 'webp',
        megapixels: 2,
        load: 2,
        upload,
        uploadMegapixels: 0.26,
        path,
        isUnchanged: change.isUnchanged,
      };
    },
    advance: () => Promise.reject(new Error('one workflow')),
    finish: async (id, saved, source) => {
      ids.add(id);
      await step(`finish ${saved.toString()} of ${source}`, change.finish);
      return { file: Buffer.from('result'), remarks: ['first-of-several'] };
    },
    discard: (id) => {
      ids.add(id);
      events.push('discard');
    },
  };
  const [comfyuiSlots, memory] = [new WeightedSemaphore(1), new WeightedSemaphore(3)];
  let drain = new AbortController();
  const colour = createPipeline({
    images,
    infer: async ({ upload }, acquireSlot: AcquireSlot, { options }) => {
      const release = await acquireSlot();
      await step(`infer ${upload.toString()} ${JSON.stringify(options)}`, change.infer);
      release();
      return Buffer.from('saved');
    },
    comfyuiSlots,
    memory,
    drainSignal: () => drain.signal,
    now: () => ms,
  });
  const run = async () => {
    const figures: PhotoMeasurements = {};
    const attempt = { figures, started: async () => void events.push('started') };
    return { result: await colour(await photo(), 'etag', attempt, choice, new PhotoDeadline()), figures };
  };
  const renewDrain = () => (drain = new AbortController());
  const pass = (by: number) => (ms += by);
  return { events, ids, comfyuiSlots, memory, run, drain: () => drain.abort('drain'), renewDrain, pass };
}

describe('the pipeline', () => {
  it('prepares, infers with a slot, and finishes; one id, and measurements of each step', async () => {
    const { events, ids, run } = setUp();
    const { result, figures } = await run();
    expect(result).toEqual({
      body: Buffer.from('result'),
      contentType: 'image/webp',
      remarks: ['first-of-several'],
    });
    expect(events).toEqual([
      'prepare photo of true',
      'started',
      'infer upload {"strength":2}',
      'finish saved of etag',
      'discard',
    ]);
    expect(ids.size).toBe(1);
    expect(figures).toEqual({
      megapixels: 2,
      prepareSeconds: 1,
      slotWaitSeconds: 0,
      comfySeconds: 1,
      finishSeconds: 1,
    });
  });

  it('does not start ComfyUI for a photo that stays as it is', async () => {
    const { events, run } = setUp({ isUnchanged: true });
    const { figures } = await run();
    expect(events).toEqual(['prepare photo of true', 'finish  of etag', 'discard']);
    expect(figures).toEqual({ megapixels: 2, prepareSeconds: 1, finishSeconds: 1 });
  });

  it.each(['prepare', 'infer', 'finish'] as const)('frees the photo when %s fails', async (name) => {
    const { events, memory, run } = setUp({ [name]: new Error('no') });
    await expect(run()).rejects.toThrow('no');
    expect(events.at(-1)).toBe('discard');
    (await memory.acquire(3, AbortSignal.timeout(1000)))();
  });

  it('waits for memory by its megapixels, and is cancelled by the drain signal meanwhile', async () => {
    const { events, memory, run, drain } = setUp();
    const release = await memory.acquire(1.5);
    const isWaiting = asked(memory, 1);
    const waiting = run();
    await isWaiting;
    expect(events).toEqual([]);
    drain();
    await expect(waiting).rejects.toBeInstanceOf(CancelledBeforeStart);
    expect(events).toEqual(['discard']);
    release();
  });

  it.each([
    ['more', [1, 2]],
    ['less', [3]],
  ])('holds memory for its load when its head promised %s', async (_name, loads) => {
    const { comfyuiSlots, memory, run } = setUp({ loads });
    const release = await comfyuiSlots.acquire();
    const isWaiting = asked(comfyuiSlots, 1);
    const coloured = run();
    await isWaiting;
    (await memory.acquire(1, AbortSignal.timeout(1000)))();
    await expect(memory.acquire(1.1, AbortSignal.timeout(10))).rejects.toBeInstanceOf(CancelledBeforeStart);
    release();
    await coloured;
  });

  it('does not count the wait for memory as preparing', async () => {
    const { memory, run, pass } = setUp();
    const release = await memory.acquire(1.5);
    const isWaiting = asked(memory, 1);
    const coloured = run();
    await isWaiting;
    pass(5000);
    release();
    expect((await coloured).figures).toMatchObject({ prepareSeconds: 1 });
  });

  it('starts when it has a ComfyUI slot, and is cancelled by the drain signal before', async () => {
    const { events, comfyuiSlots, memory, run, drain, renewDrain } = setUp();
    const release = await comfyuiSlots.acquire();
    const isWaiting = asked(comfyuiSlots, 1);
    const waiting = run();
    await isWaiting;
    expect(events).toEqual(['prepare photo of true']);
    drain();
    await expect(waiting).rejects.toBeInstanceOf(CancelledBeforeStart);
    expect(events).toEqual(['prepare photo of true', 'discard']);
    (await memory.acquire(3, AbortSignal.timeout(1000)))();
    release();
    renewDrain();
    await run();
    expect(events).toContain('started');
  });
});
