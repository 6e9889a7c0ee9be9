/** Estimates of a burst that no tick has counted: what the API has announced, and what the scaler will request for it. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { aheadSince, announcedAhead, slotsBefore } from '../../../lambda/gateway/announced.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';
import { nextRequest, photosForMax } from '../../../lambda/gateway/next-request.ts';
import { AT, view } from './support/views.ts';

/** Median of boots with a mean of 90 s. */
const M = (90 * Math.sin(Math.PI / 6)) / (Math.PI / 6);
const slots = (...counts: [at: number, count: number][]) => counts.map(([at, count]) => ({ at, count }));
const sizing = { desired: 0, beside: 0.1, perQueued: 0.02, max: 10 };

describe('photos that were announced before one', () => {
  const all = slots([AT - 20, 3], [AT - 10, 0], [AT, 50], [AT + 10, 9]);

  it('are those of earlier slots, and of its own up to its place', () => {
    expect(slotsBefore(all, AT + 4, 8)).toEqual(slots([AT - 20, 3], [AT - 10, 0], [AT, 7]));
  });

  it('are all ahead where the queue was empty', () => {
    expect(announcedAhead(view({ history: [{ at: AT, backlog: 0, completed: 0 }] }), all)).toBe(59);
  });

  it('are ahead with those that a tick had counted before', () => {
    const history = [{ at: AT + 10, backlog: 40, completed: 0 }];
    expect(announcedAhead(view({ history }), all)).toBe(40 + 50 + 9);
  });

  it('are not counted twice where an earlier tick shows fewer', () => {
    const history = [
      { at: AT - 5, backlog: 0, completed: 0 },
      { at: AT + 10, backlog: 40, completed: 0 },
    ];
    expect(announcedAhead(view({ history }), all)).toBe(3 + 50 + 9);
  });

  it('are unknown without slots as old as the counts', () => {
    expect(announcedAhead(view(), [])).toBeUndefined();
    expect(announcedAhead(view(), slots([AT - 9, 5], [AT, 5]))).toBeUndefined();
  });
});

describe('photos ahead of one that came since the view, while instances work', () => {
  const at = AT;
  const working = view({ inService: 2, inFlight: 2, visible: 8, arrivalsPerSecond: 3 });
  const quiet = [{ at, arrived: 100, backlog: 10 }];
  const ahead = (all: ReturnType<typeof slots>, samples = quiet, given = working) =>
    aheadSince(given, samples, all, AT + 12, AT + 13.5);

  it('are those of the view and those announced since its counts, without what was finished meanwhile', () => {
    // Half of a slot is older than the counts; two instances have finished 5 / 3 photos since.
    const since = ahead(slots([AT - 10, 6], [AT, 20], [AT + 10, 4]));
    expect(since?.ahead).toBeCloseTo(10 + 3 + 20 + 4 - 5 / 3, 9);
    expect(since?.unannounced).toBe(0);
  });

  it('in the slot of the photo came until it was stored', () => {
    const late = { ...working, at: AT + 16 };
    // Of 8 photos in 8 s those of the last 7 s: the counts are of 11 s.
    const since = aheadSince(late, [], slots([AT, 5], [AT + 10, 8]), AT + 18, AT + 19.5);
    expect(since?.ahead).toBeCloseTo(10 + 7 - 5 / 3, 9);
  });

  it('include those that come without the API, at the rate by which the counts grew more than was announced', () => {
    const samples = [
      { at: AT - 20, arrived: 50, backlog: 10 },
      { at: AT, arrived: 130, backlog: 10 },
    ];
    // 40 of the 80 photos of 20 s were announced.
    const all = slots([AT - 30, 20], [AT - 20, 20], [AT - 10, 20], [AT, 0], [AT + 10, 0]);
    const since = ahead(all, samples);
    expect(since?.unannounced).toBeCloseTo(0.5, 9);
    expect(since?.ahead).toBeCloseTo(10 + 10 + 2 * 18.5 - 5 / 3, 9);
  });

  it('are never fewer than none', () => {
    expect(
      ahead(slots([AT - 10, 0], [AT, 0]), quiet, { ...working, visible: 0, inFlight: 2, serviceSeconds: 1 })
        ?.ahead,
    ).toBe(0);
  });

  it('are unknown without slots as old as the counts, or without a service time', () => {
    expect(ahead(slots([AT, 5]))).toBeUndefined();
    expect(ahead([])).toBeUndefined();
    expect(ahead(slots([AT - 10, 5]), quiet, { ...working, serviceSeconds: null })).toBeUndefined();
  });

  it('are in the estimate, whose upper limit has no surge where all were announced', () => {
    const history = [0, 1, 2, 3, 4].map((k) => ({
      at: AT - 30 * (4 - k),
      backlog: 10,
      completed: [0, 9, 99, 108, 117][k]!,
    }));
    const given = { ...working, arrivalsPerSecond: 0.3, history };
    const announced = slots([AT - 40, 0], [AT - 30, 9], [AT - 20, 0], [AT - 10, 0], [AT, 30], [AT + 10, 5]);
    const [known, unknown] = [announced, []].map((some) =>
      estimateWait(given, { storedAt: AT + 12, announced: some }, AT + 12),
    );
    expect(known!.seconds).toBeCloseTo(unknown!.seconds! + 3 * (35 - 5 / 3 - 0.3 * 13.5), 6);
    expect(known!.secondsAtMost! - 1.2 * known!.seconds!).toBeCloseTo(6, 6);
    expect(unknown!.secondsAtMost! - 1.2 * unknown!.seconds!).toBeGreaterThan(7);
  });
});

describe('what the scaler will request', () => {
  it.each<[string, Partial<View>, number, View['coming']]>([
    // The tick at 30 s may not count what came less than 10 s before it.
    ['is a line in the queue, a boot after the tick', { sizing }, 200, [{ count: 4, readyAt: AT + 30 + 90 }]],
    ['is at most the maximum', { sizing }, 1e6, [{ count: 9, readyAt: AT + 120 }]],
    [
      'comes beside what is requested',
      { sizing: { ...sizing, desired: 3 }, visible: 1 },
      200,
      [{ count: 2, readyAt: AT + 120 }],
    ],
    ['is nothing for a photo alone', { sizing }, 0, []],
    [
      'is nothing that the fleet finishes within a boot',
      { sizing: { ...sizing, desired: 1 }, inService: 1, visible: 1 },
      50,
      [],
    ],
    [
      'is nothing that capacity on its way finishes within a boot',
      { sizing, visible: 1, coming: [{ count: 2, readyAt: AT + 30 }] },
      20,
      [{ count: 1, readyAt: AT + 120 }],
    ],
    ['is unknown without the need', {}, 200, []],
    ['is unknown without a boot time', { sizing, bootSeconds: null }, 200, []],
  ])('%s', (_case, more, photos, expected) => {
    expect(nextRequest(view(more), photos, AT + 5)).toEqual(expected);
  });

  it('is requested a tick later for what a tick may not count yet', () => {
    expect(nextRequest(view({ sizing }), 200, AT + 20.5)).toEqual([{ count: 4, readyAt: AT + 60 + 90 }]);
  });

  it('reaches the maximum at a number of photos', () => {
    expect(photosForMax(view({ sizing }))).toBeCloseTo(9.9 / 0.02, 9);
    expect(photosForMax(view())).toBe(0);
    expect(photosForMax(view({ sizing: { ...sizing, perQueued: 0 } }))).toBe(0);
  });
});

describe('the estimate of a burst onto a fleet at zero', () => {
  const asleep = view({ sizing });
  const burst = (announced: { at: number; count: number }[]) =>
    estimateWait(asleep, { storedAt: AT + 5, announced }, AT + 5);
  const since = (count: number) => slots([AT - 10, 0], [AT, count]);

  it('has what was announced ahead of it, and the instances for twice as many', () => {
    const { ahead, seconds } = burst(since(100));
    expect(ahead).toBe(100);
    // The first instance is requested 3 s after the photo is in the queue, four more at the tick at 30 s.
    const [first, more] = [AT + 6.5 + 3 + M, AT + 30];
    const quarters = [0.125, 0.375, 0.625, 0.875].map((share) => M * (1 / (1 - share) - 1) ** (1 / 6));
    const starts = [first, ...quarters.map((after) => more + after)];
    // All five work when the photo starts: 5 / 2 + the sum of (t - r) / 6 = 100.5.
    const start = (98 * 6 + starts.reduce((sum, at) => sum + at, 0)) / 5;
    expect(seconds).toBeCloseTo(start + 6 - (AT + 5), 6);
  });

  it('is that of a photo alone where nothing was announced', () => {
    const alone = estimateWait(view(), { storedAt: AT + 5 }, AT + 5);
    expect(burst(since(0)).seconds).toBeCloseTo(alone.seconds!, 6);
    expect(burst(since(0)).secondsAtMost).toBeCloseTo(alone.secondsAtMost!, 6);
  });

  it('has an upper limit for as many photos as the maximum is for, where it is not known what was announced', () => {
    const unknown = burst([]);
    expect(unknown.seconds).toBeCloseTo(burst(since(0)).seconds!, 6);
    // 0.9 · 495 photos on ten instances.
    expect(unknown.secondsAtMost! - burst(since(0)).secondsAtMost!).toBeGreaterThan(200);
    expect(unknown.secondsAtMost).toBeLessThan(700);
  });

  it('does not use what was announced once a tick has counted the photo', () => {
    const announced = since(1000);
    const counted = view({ visible: 3, history: [{ at: AT, backlog: 3, completed: 0 }] });
    expect(estimateWait(counted, { storedAt: AT - 12, announced }, AT).ahead).toBeLessThan(3);
  });
});
