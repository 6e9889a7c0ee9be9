/** Busy seconds of an instance: those of its busier part, however photos overlap. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageProcessor } from '../../worker/imaging/image-processor.ts';
import { BusyTime } from '../../worker/telemetry/busy-time.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';

const PROCESSES = 4;
let at: number;
let busy: BusyTime;
/** Calls of the image processor that have not ended. */
let open: ((error?: Error) => void)[];
let images: ImageProcessor;

beforeEach(() => {
  at = 0;
  open = [];
  busy = new BusyTime(PROCESSES, () => at * 1000);
  const pending = () =>
    new Promise<never>((resolve, reject) =>
      open.push((error) => (error ? reject(error) : resolve(0 as never))),
    );
  images = busy.counting({
    prepare: (...[, , , , , reserve]: Parameters<ImageProcessor['prepare']>) =>
      reserve ? reserve(1).then(pending) : pending(),
    finish: pending,
    discard: () => undefined,
    colours: async () => [],
  } as unknown as ImageProcessor);
});

const prepare = () => images.prepare('id', Buffer.alloc(0));
const finish = () => images.finish('id', Buffer.alloc(0), 'etag');

describe('an instance is busy', () => {
  it('while ComfyUI has prompts, once however many', () => {
    busy.setPrompts(1);
    at = 2;
    busy.setPrompts(2);
    at = 3;
    busy.setPrompts(0);
    at = 10;
    expect([busy.take(), busy.take()]).toEqual([3, 0]);
  });

  it('for its share while some of the image processes have a photo, and wholly when all have', async () => {
    const one = prepare();
    at = 4;
    expect(busy.take()).toBe(1);
    const others = [finish(), prepare(), finish(), prepare(), prepare()];
    at = 6;
    expect(busy.take()).toBe(2);
    for (const end of open) end();
    await Promise.all([one, ...others]);
    at = 100;
    expect(busy.take()).toBe(0);
  });

  it('not while a photo waits for memory', async () => {
    let reserved: () => void = () => undefined;
    const reserve = () => new Promise<void>((resolve) => (reserved = resolve));
    const photo = images.prepare('id', Buffer.alloc(0), 'photo', undefined, 'recolour', reserve);
    at = 10;
    expect(busy.take()).toBe(0);
    reserved();
    await new Promise((resolve) => setImmediate(resolve));
    at = 14;
    for (const end of open) end();
    await photo;
    expect([busy.take(), busy.takeImages(), busy.takeImages()]).toEqual([1, 1, 0]);
  });

  it('as its busier part is', async () => {
    busy.setPrompts(1);
    const one = prepare();
    at = 4;
    // 4 s of ComfyUI, 1 s of the processes.
    expect(busy.take()).toBe(4);
    busy.setPrompts(0);
    at = 8;
    // 4 s and 2 s: the processes are behind.
    expect(busy.take()).toBe(0);
    at = 20;
    expect(busy.take()).toBe(1);
    open[0]!();
    await one;
  });

  it('until a photo fails', async () => {
    const one = prepare();
    at = 4;
    open[0]!(new Error('unreadable'));
    await expect(one).rejects.toThrow('unreadable');
    at = 8;
    expect(busy.take()).toBe(1);
  });

  it('never for longer than the time that passed', () => {
    void prepare();
    busy.setPrompts(1);
    for (at = 1; at < 50; at++) expect(busy.take()).toBeLessThanOrEqual(1);
    // A clock that is set back.
    at = 0;
    expect(busy.take()).toBe(0);
  });
});

it('slots tell how many hold them', async () => {
  const told: number[] = [];
  const slots = new WeightedSemaphore(2, (holders) => told.push(holders));
  const [first, second] = [await slots.acquire(), await slots.acquire()];
  const third = slots.acquire();
  first();
  (await third)();
  second();
  second();
  expect(told).toEqual([1, 2, 1, 2, 1, 0]);
});
