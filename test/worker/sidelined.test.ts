/** A caller's thousand photos in the sidelined queue, on one worker with its real intake and slots: another caller's photo starts at once. */
import { describe, expect, it } from 'vitest';
import { QUEUES, type QueueName } from '../../contract/lanes.ts';
import { QueueIntake, type InFlightCounts } from '../../worker/photo/queue-intake.ts';
import { receivePhotos } from '../../worker/photo/receive-loop.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';
import { memoryLog, MemoryQueue } from './support/memory.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('what a worker receives of the sidelined queue', () => {
  const intake = () =>
    new QueueIntake(QUEUES, { log: memoryLog(), random: () => 1, firstBackoffMs: 1000, now: () => 0 });
  const held = (counts: Partial<Record<QueueName, Partial<InFlightCounts>>>) => {
    const of = (queue: QueueName) => ({ prefetched: 0, count: 0, ...counts[queue] });
    return { interactive: of('interactive'), sidelined: of('sidelined'), bulk: of('bulk') };
  };
  const limits = { prefetched: 6, inFlight: 10 };

  it.each<[string, ReturnType<typeof held>, QueueName[]]>([
    ['nothing in flight: all, in order', held({}), ['interactive', 'sidelined', 'bulk']],
    [
      'sidelined photos alone are prefetched like interactive ones',
      held({ sidelined: { prefetched: 5, count: 9 } }),
      ['interactive', 'sidelined', 'bulk'],
    ],
    [
      'sidelined photos that fill the worker take no place of an interactive one',
      held({ sidelined: { prefetched: 6, count: 10 } }),
      ['interactive', 'bulk'],
    ],
    [
      'beside interactive photos: what starts in its turns',
      held({ interactive: { count: 1 }, sidelined: { prefetched: 1, count: 1 } }),
      ['interactive', 'sidelined', 'bulk'],
    ],
    [
      'and no more',
      held({ interactive: { count: 1 }, sidelined: { prefetched: 2, count: 2 } }),
      ['interactive', 'bulk'],
    ],
    [
      'interactive photos fill the worker: the others have a place each',
      held({ interactive: { prefetched: 6, count: 10 } }),
      ['sidelined', 'bulk'],
    ],
    [
      'interactive photos fill the worker, and each of the others has its place',
      held({ interactive: { count: 10 }, sidelined: { count: 1 }, bulk: { count: 1 } }),
      [],
    ],
    [
      'bulk has its one beside sidelined photos',
      held({ sidelined: { count: 2 }, bulk: { prefetched: 1, count: 1 } }),
      ['interactive', 'sidelined'],
    ],
  ])('%s', (_name, counts, queues) => {
    expect(intake().order(counts, limits)).toEqual(queues);
  });

  it('is its message after three of the first queue, and waits only at the first queue that works', () => {
    const one = intake();
    for (let k = 0; k < 3; k++) one.received('interactive', () => true);
    expect(one.order(held({}), limits)[0]).toBe('sidelined');
    one.foundNone('sidelined');
    expect(one.order(held({}), limits)[0]).toBe('interactive');
    expect(one.mayWait('interactive')).toBe(false);
    one.foundNone('bulk');
    expect(one.mayWait('interactive')).toBe(true);
    expect(one.mayWait('sidelined')).toBe(false);
    one.failed('interactive', new Error('throttled'));
    expect(one.mayWait('sidelined')).toBe(true);
  });

  it('is waited for no more where the last receive found one', () => {
    const one = intake();
    for (const queue of ['sidelined', 'bulk'] as const) one.foundNone(queue);
    one.received('sidelined', () => true);
    expect(one.mayWait('interactive')).toBe(false);
  });

  it('has no turn while it has no room', () => {
    const one = intake();
    for (let k = 0; k < 20; k++) one.received('interactive', () => false);
    expect(one.order(held({}), limits)).toEqual(['interactive', 'sidelined', 'bulk']);
  });

  it('is fewer messages at the quota of its queue, and of no other', () => {
    const one = intake();
    const some = held({ sidelined: { prefetched: 3, count: 3 } });
    expect(one.order(some, limits)).toContain('sidelined');
    one.refused('sidelined', limits);
    expect(one.order(some, limits)).toEqual(['interactive', 'bulk']);
    expect(one.order(held({ bulk: { prefetched: 3, count: 3 } }), limits)).toContain('sidelined');
  });

  it('that fails is named in the log, with a backoff that grows until SQS answers', () => {
    const log = memoryLog();
    const one = new QueueIntake(QUEUES, { log, random: () => 1, firstBackoffMs: 1000, now: () => 0 });
    const fail = (queue: QueueName) => one.failed(queue, new Error('throttled'));
    fail('sidelined');
    fail('sidelined');
    one.foundNone('sidelined');
    for (const queue of QUEUES) fail(queue);
    const fields = log.lines.map(({ fields: { error: _, ...rest } }) => rest);
    expect(fields).toEqual([
      { queue: 'sidelined', retrySeconds: 1 },
      { queue: 'sidelined', retrySeconds: 2 },
      { retrySeconds: 1 },
      { queue: 'sidelined', retrySeconds: 1 },
      { lane: 'bulk', retrySeconds: 1 },
    ]);
  });
});

/** Photos that share one GPU and take a moment each: names in the order in which they start. */
async function startsOf(queue: MemoryQueue, photos: number, onStart: (started: string[]) => void) {
  const controller = new AbortController();
  const slots = new WeightedSemaphore(1);
  const starts: string[] = [];
  await receivePhotos({
    queue,
    handle: async (message, started) => {
      const release = await slots.acquire(1, undefined, message.queue);
      started();
      starts.push(message.body);
      onStart(starts);
      await settled().then(settled).then(settled).then(settled);
      release();
      await queue.delete(message);
      if (starts.length === photos) controller.abort();
      return 'deleted';
    },
    untilAllowed: () => Promise.resolve(),
    recover: () => Promise.resolve(),
    limits: () => ({ prefetched: 3, inFlight: 6 }),
    stop: controller.signal,
    log: memoryLog(),
    firstBackoffMs: 1,
  });
  return starts;
}

describe('a thousand sidelined photos and one of another caller', () => {
  it('start in an order that lets the one wait for what has started alone', async () => {
    const queue = new MemoryQueue(QUEUES);
    for (let k = 0; k < 200; k++) queue.send(`s${k}`, 1, 'sidelined');
    let sentAfter = 0;
    const starts = await startsOf(queue, 201, ({ length }) => {
      if (length === 100) {
        queue.send('single');
        sentAfter = length;
      }
    });
    expect(new Set(starts).size).toBe(201);
    // A receive that is under way may bring one more.
    expect(starts.indexOf('single')).toBeLessThanOrEqual(sentAfter + 1);
    const rest = starts.filter((name) => name !== 'single');
    expect(rest).toEqual(Array.from({ length: 200 }, (_, k) => `s${k}`));
  });

  it('start at one in four while interactive photos keep coming', async () => {
    const queue = new MemoryQueue(QUEUES);
    for (let k = 0; k < 80; k++) queue.send(`s${k}`, 1, 'sidelined');
    for (let k = 0; k < 80; k++) queue.send(`i${k}`);
    const starts = await startsOf(queue, 160, () => undefined);
    const early = starts.slice(0, 80).filter((name) => name.startsWith('s')).length;
    expect(early).toBeGreaterThanOrEqual(16);
    expect(early).toBeLessThanOrEqual(24);
  });
});
