/** Three queues on one worker: interactive photos first, a fourth of their lane's starts to sidelined ones, a tenth of all to bulk; none starves. Receiving: queue-intake.test.ts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUEUES, type QueueName } from '../../contract/lanes.ts';
import { QueueShare } from '../../worker/photo/queue-share.ts';
import { WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';

const TWO = ['interactive', 'bulk'] as const;
const OF: Record<string, QueueName> = { i: 'interactive', s: 'sidelined', b: 'bulk' };
const queueOf = (name: string): QueueName => OF[name.charAt(0)] ?? 'interactive';
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the share of the queues', () => {
  /** Starts while photos of all queues wait, some of several photos. @returns queues of the photos in order */
  const starts = (sizes: number[], waiting: readonly QueueName[] = TWO): QueueName[] => {
    const share = new QueueShare();
    return sizes.flatMap((size) => {
      const queue = share.order.find((one) => waiting.includes(one))!;
      const photos = queue === 'interactive' ? size : 1;
      share.started(queue, photos, (one) => waiting.includes(one));
      return Array<QueueName>(photos).fill(queue);
    });
  };
  const ones = (count: number) => Array<number>(count).fill(1);
  const placesOf = (queue: QueueName, all: QueueName[]) =>
    all.flatMap((one, k) => (one === queue ? [k] : []));

  it('gives bulk every tenth start while both wait', () => {
    expect(placesOf('bulk', starts(ones(40)))).toEqual([9, 19, 29, 39]);
  });

  it.each<[string, QueueName[], Record<string, number>]>([
    ['all three', ['interactive', 'sidelined', 'bulk'], { interactive: 270, sidelined: 90, bulk: 40 }],
    ['sidelined beside interactive', ['interactive', 'sidelined'], { interactive: 300, sidelined: 100 }],
    ['bulk beside sidelined', ['sidelined', 'bulk'], { sidelined: 360, bulk: 40 }],
    ['sidelined alone', ['sidelined'], { sidelined: 400 }],
  ])('is kept over 400 starts with %s', (_name, waiting, expected) => {
    const all = starts(ones(400), waiting);
    const counts = QUEUES.map((queue) => [queue, placesOf(queue, all).length]);
    expect(Object.fromEntries(counts.filter(([, count]) => count !== 0))).toEqual(expected);
    if (waiting.includes('interactive') && waiting.includes('sidelined'))
      expect(placesOf('sidelined', all).slice(0, 2)).toEqual([3, 7]);
  });

  it('gives bulk a tenth of the photos whatever the size of the prompts', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 60, maxLength: 120 });
    fc.assert(
      fc.property(sizes, (each) => {
        const lanes = starts(each);
        const bulk = placesOf('bulk', lanes).length;
        // One prompt of eight beyond nine may have started last.
        expect(bulk).toBeGreaterThanOrEqual(Math.floor((lanes.length - 8) / 10) - 1);
        expect(bulk).toBeLessThanOrEqual(lanes.length / 10 + 1);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  it.each([
    ['bulk', 8],
    ['sidelined', 2],
  ] as const)(
    'keeps no claim of %s while none of its photos waits, nor after it had the idle GPU',
    (queue, photos) => {
      const share = new QueueShare();
      const turn = () => share.isTurnOf(queue);
      for (let k = 0; k < 50; k++) share.started('interactive', 1, () => false);
      expect(turn()).toBe(false);
      share.started('interactive', photos, () => true);
      share.started(queue, 8, () => true);
      share.started('interactive', photos, () => true);
      expect(turn()).toBe(false);
      share.started('interactive', 1, () => false);
      share.started('interactive', photos, () => true);
      expect(turn()).toBe(false);
      share.started('interactive', photos, () => true);
      expect(turn()).toBe(true);
      share.noneWaits(queue);
      expect(turn()).toBe(false);
    },
  );
});

describe('slots of several queues', () => {
  /** A semaphore whose holders are released by hand, with names such as `i1`, `s1` and `b1`. */
  function slots(capacity: number, bulkMayStart?: (holders: number) => boolean) {
    const semaphore = new WeightedSemaphore(capacity, undefined, bulkMayStart);
    const order: string[] = [];
    const releases = new Map<string, () => void>();
    const ask = (name: string, cancel?: AbortSignal) =>
      void semaphore.acquire(1, cancel, queueOf(name)).then(
        (release) => {
          order.push(name);
          releases.set(name, release);
        },
        () => order.push(`${name} cancelled`),
      );
    const release = async (name: string) => {
      releases.get(name)?.();
      await settled();
    };
    return { ask, release, order };
  }

  it('go to interactive photos before bulk ones that came earlier', async () => {
    const { ask, release, order } = slots(1);
    for (const name of ['i1', 'b1', 'b2', 'i2']) ask(name);
    await settled();
    await release('i1');
    await release('i2');
    await release('b1');
    expect(order).toEqual(['i1', 'i2', 'b1', 'b2']);
  });

  it('go to a sidelined photo after three interactive ones, and to it before bulk', async () => {
    const { ask, release, order } = slots(1);
    for (const name of ['i1', 'b1', 's1', 's2']) ask(name);
    for (let k = 2; k < 12; k++) ask(`i${k}`);
    await settled();
    for (let k = 0; k < 13; k++) await release(order.at(-1)!);
    expect(order.join(' ')).toBe('i1 i2 i3 i4 s1 i5 i6 i7 s2 i8 b1 i9 i10 i11');
  });

  it('go to sidelined photos beside what runs: a caller alone keeps the GPU busy', async () => {
    const { ask, order } = slots(2, (holders) => holders === 0);
    for (const name of ['s1', 's2', 'b1']) ask(name);
    await settled();
    expect(order).toEqual(['s1', 's2']);
  });

  it('go to a bulk photo in its turn beside one that runs', async () => {
    const { ask, release, order } = slots(2, (holders) => holders === 0);
    for (const name of ['i0', 'b1']) ask(name);
    for (let k = 1; k < 14; k++) ask(`i${k}`);
    await settled();
    for (let k = 1; k < 9; k++) await release(`i${k}`);
    // The first one runs all the time.
    expect(order).toHaveLength(10);
    await release('i9');
    expect(order.at(-1)).toBe('b1');
  });

  it('go to a bulk photo after nine interactive ones, however many wait', async () => {
    const { ask, release, order } = slots(1);
    ask('i0');
    ask('b1');
    for (let k = 1; k < 30; k++) ask(`i${k}`);
    await settled();
    for (let k = 0; k < 12; k++) await release(order.at(-1)!);
    expect(order.indexOf('b1')).toBe(10);
  });

  it('go to bulk only where nothing runs, unless it is its turn: an interactive photo would wait for both', async () => {
    const { ask, release, order } = slots(2, (holders) => holders === 0);
    ask('b1');
    ask('b2');
    await settled();
    expect(order).toEqual(['b1']);
    ask('i1');
    await settled();
    expect(order).toEqual(['b1', 'i1']);
    await release('b1');
    expect(order).toEqual(['b1', 'i1']);
    // Interactive photos that never wait keep a slot taken all the time.
    for (let k = 2; k < 12; k++) {
      ask(`i${k}`);
      await settled();
      await release(`i${k - 1}`);
    }
    expect(order.indexOf('b2')).toBeGreaterThan(5);
    expect(order.indexOf('b2')).toBeLessThanOrEqual(11);
  });

  it('are given to others when one that waits is cancelled', async () => {
    const { ask, release, order } = slots(1);
    const cancel = new AbortController();
    ask('i1');
    ask('i2', cancel.signal);
    ask('b1');
    await settled();
    cancel.abort();
    await release('i1');
    expect(order).toEqual(['i1', 'i2 cancelled', 'b1']);
  });

  it('are never left free while a photo waits, and each is given once', async () => {
    const steps = fc.array(fc.constantFrom('i', 's', 'b', 'end'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, fc.boolean(), async (all, strict) => {
        const { ask, release, order } = slots(2, strict ? (holders) => holders === 0 : undefined);
        let [asked, ended] = [0, 0];
        for (const step of all) {
          if (step !== 'end') ask(`${step}${asked++}`);
          else if (ended < order.length) await release(order[ended++]!);
          await settled();
          expect(new Set(order).size).toBe(order.length);
          expect(order.length - ended).toBeLessThanOrEqual(2);
          if (asked > order.length) expect(order.length - ended).toBeGreaterThanOrEqual(strict ? 1 : 2);
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });
});
