/** What a worker receives from its queues: room for each, their order, waits, errors. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type QueueName } from '../../contract/lanes.ts';
import { QueueIntake, type InFlightCounts } from '../../worker/photo/queue-intake.ts';
import { InFlightQuotaReached } from '../../worker/photo/queue.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { memoryLog, MemoryQueue } from './support/memory.ts';

const TWO = ['interactive', 'bulk'] as const;
afterEach(() => {
  vi.useRealTimers();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what a worker receives', () => {
  const intake = () =>
    new QueueIntake(TWO, { log: memoryLog(), random: () => 1, firstBackoffMs: 1000, now: () => 0 });
  const held = (interactive: Partial<InFlightCounts>, bulk: Partial<InFlightCounts>) => ({
    interactive: { prefetched: 0, count: 0, ...interactive },
    sidelined: { prefetched: 0, count: 0 },
    bulk: { prefetched: 0, count: 0, ...bulk },
  });
  const limits = { prefetched: 4, inFlight: 10 };

  it.each([
    ['nothing in flight', held({}, {}), ['interactive', 'bulk']],
    ['bulk fills the worker', held({}, { prefetched: 4, count: 10 }), ['interactive']],
    [
      'one bulk photo is prefetched beside interactive ones',
      held({ count: 1 }, { prefetched: 1, count: 1 }),
      ['interactive'],
    ],
    ['interactive photos are enough: bulk has its one', held({ prefetched: 4, count: 4 }, {}), ['bulk']],
    [
      'interactive photos fill the worker: bulk still has its one',
      held({ prefetched: 4, count: 10 }, {}),
      ['bulk'],
    ],
    ['both are full', held({ prefetched: 4, count: 10 }, { prefetched: 1, count: 1 }), []],
    [
      'bulk alone is prefetched like interactive photos',
      held({}, { prefetched: 3, count: 5 }),
      ['interactive', 'bulk'],
    ],
  ])('%s', (_name, counts, lanes) => {
    expect(intake().order(counts, limits)).toEqual(lanes);
  });

  it('is bulk’s after nine interactive messages in a row, unless it has none', () => {
    const one = intake();
    const nine = () => {
      for (let k = 0; k < 9; k++) one.received('interactive', () => true);
    };
    nine();
    expect(one.order(held({}, {}), limits)).toEqual(['bulk', 'interactive']);
    one.received('bulk', () => true);
    expect(one.order(held({}, {}), limits)).toEqual(['interactive', 'bulk']);
    nine();
    one.foundNone('bulk');
    expect(one.order(held({}, {}), limits)).toEqual(['interactive', 'bulk']);
  });

  /** A loop whose photos take a moment each, one at a time. */
  async function loop(queue: MemoryQueue, photos: number) {
    const controller = new AbortController();
    const handled: string[] = [];
    const waits: [QueueName, boolean][] = [];
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) => {
      waits.push([name, wait]);
      return receive(name, wait);
    };
    let gpu = Promise.resolve();
    const log = memoryLog();
    await receivePhotos({
      queue,
      handle: async (message, started) => {
        gpu = gpu.then(() => {
          started();
          return settled().then(settled).then(settled) as Promise<void>;
        });
        await gpu;
        await queue.delete(message);
        handled.push(message.body);
        if (handled.length === photos) controller.abort();
        return 'deleted';
      },
      untilAllowed: () => Promise.resolve(),
      recover: () => Promise.resolve(),
      limits: () => ({ prefetched: 2, inFlight: 4 }),
      stop: controller.signal,
      log,
      firstBackoffMs: 1,
    });
    return { handled, waits, log };
  }
  const filled = (interactive: number, bulk: number) => {
    const queue = new MemoryQueue(TWO);
    for (let k = 0; k < bulk; k++) queue.send(`b${k}`, 1, 'bulk');
    for (let k = 0; k < interactive; k++) queue.send(`i${k}`);
    return queue;
  };

  it('is every photo of both lanes, once, and a bulk photo never waits for the last interactive one', async () => {
    const { handled } = await loop(filled(60, 12), 72);
    expect(new Set(handled).size).toBe(72);
    const bulk = handled.slice(0, 60).filter((name) => name.startsWith('b')).length;
    expect(bulk).toBeGreaterThanOrEqual(4);
  });

  it('waits at the interactive queue only when the bulk queue has no message', async () => {
    const { handled, waits } = await loop(filled(0, 3), 3);
    expect(handled).toEqual(['b0', 'b1', 'b2']);
    expect(waits.slice(0, 2)).toEqual([
      ['interactive', false],
      ['bulk', false],
    ]);
    const queue = filled(0, 0);
    setTimeout(() => queue.send('i0'), 30);
    const idle = await loop(queue, 1);
    expect(idle.waits.slice(0, 4)).toEqual([
      ['interactive', false],
      ['bulk', false],
      ['interactive', true],
      ['bulk', false],
    ]);
  });

  it.each(TWO)(
    'is asked for with a wait by an idle worker while the queue of the other lane, %s, fails',
    (failing) => {
      const one = intake();
      const other = failing === 'bulk' ? 'interactive' : 'bulk';
      one.failed(failing, new Error('throttled'));
      one.foundNone(other);
      expect(one.mayWait(other)).toBe(true);
    },
  );

  it.each<[string, Error]>([
    ['fails', new Error('throttled')],
    ['is at its quota', new InFlightQuotaReached('too many')],
  ])('comes from the interactive queue while the bulk queue %s', async (_name, error) => {
    const queue = filled(20, 5);
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) => (name === 'bulk' ? Promise.reject(error) : receive(name, wait));
    const { handled, log } = await loop(queue, 20);
    expect(handled).toHaveLength(20);
    expect(log.lines.length).toBeGreaterThan(0);
  });

  it('comes from the interactive queue as soon as it has room, also while the bulk queue is left out for long', async () => {
    vi.useFakeTimers();
    const queue = filled(3, 1);
    const receive = queue.receive.bind(queue);
    queue.receive = (name, wait) =>
      name === 'bulk' ? Promise.reject(new Error('throttled')) : receive(name, wait);
    const controller = new AbortController();
    const start = Date.now();
    const handled: number[] = [];
    const done = receivePhotos({
      queue,
      handle: async (message, started) => {
        await new Promise((resolve) => setTimeout(resolve, 1000));
        started();
        await queue.delete(message);
        if (handled.push(Date.now() - start) === 3) controller.abort();
        return 'deleted';
      },
      untilAllowed: () => Promise.resolve(),
      recover: () => Promise.resolve(),
      limits: () => ({ prefetched: 1, inFlight: 2 }),
      stop: controller.signal,
      log: memoryLog(),
      firstBackoffMs: 20_000,
    });
    await vi.advanceTimersByTimeAsync(60_000);
    await done;
    expect(handled).toEqual([1000, 2000, 3000]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
