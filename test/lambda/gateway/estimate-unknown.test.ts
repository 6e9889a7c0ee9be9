/** What a wait estimate says where a value is unknown. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';
import { AT, between, view } from './support/views.ts';

const none = { ahead: null, seconds: null, secondsAtMost: null };
/** Seconds of event delivery. */
const D = 1.5;

describe('unknown values are null', () => {
  const unmeasured = { arrivalsPerSecond: null, serviceSeconds: null, bootSeconds: null };
  it.each<[string, View | undefined, object]>([
    ['without a view', undefined, none],
    ['with a view that is ten ticks old', view({ at: AT - 300, inService: 1 }), { ahead: 0, seconds: 7.5 }],
    ['with an older view', view({ at: AT - 301, inService: 1 }), none],
    [
      'without measurements, except the photos ahead',
      view({ ...unmeasured, inService: 2, inFlight: 2, visible: 9 }),
      { ahead: 11, seconds: null, secondsAtMost: null },
    ],
    [
      'without a boot time when a boot is needed',
      view({ bootSeconds: null, visible: 3 }),
      { ahead: 3, seconds: null, secondsAtMost: null },
    ],
    [
      'without a boot time when none is needed',
      view({ bootSeconds: null, inService: 1 }),
      { ahead: 0, seconds: 7.5 },
    ],
  ])('%s', (_case, given, expected) => {
    expect(estimateWait(given, { storedAt: AT }, AT)).toMatchObject(expected);
  });

  it('except the photos ahead, without measurements and completed counts', () => {
    const history = [{ at: AT - 30, backlog: 22, completed: null }];
    const given = view({ ...unmeasured, arrivalsPerSecond: 1, inService: 2, visible: 42, history });
    expect(estimateWait(given, { storedAt: AT - 18 - D }, AT)).toEqual({ ...none, ahead: 34 });
  });

  it('the p90 grows with the variation of recent arrivals', () => {
    const history = (arrivals: number[]) =>
      arrivals.map((_, k) => ({
        at: AT - 30 * (arrivals.length - 1 - k),
        backlog: 0,
        completed: arrivals.slice(0, k + 1).reduce((sum, count) => sum + count, 0),
      }));
    const p90 = (arrivals: number[]) =>
      estimateWait(
        view({ inService: 2, arrivalsPerSecond: 0.2, history: history(arrivals) }),
        { storedAt: AT + 20 },
        AT + 20,
      ).secondsAtMost as number;
    const even = p90([0, 6, 6, 6, 6, 6]);
    expect(even).toBeCloseTo(1.2 * 7.5 + 6, 6);
    // 4 photos/s at the p90, 0.2 on average: 3.8 (20 + D) more ahead, started by 2 / 6 photos/s from 3 s after the view.
    const surge = 0.2 * (20 + D) + 3.8 * (20 + D) + 0.5 - 2;
    expect(p90([0, 0, 0, 120, 0, 0])).toBeCloseTo(1.2 * 7.5 + 6 + 3 + 3 * surge - (20 + D), 6);
    // Fewer arrivals than on average do not lower it.
    expect(p90([0, 0, 0, 0, 0, 0])).toBeCloseTo(even, 6);
    expect(p90([0])).toBeCloseTo(even, 6);
    // Nor does a peak in a tenth of the time raise it.
    expect(p90([0, 6, 6, 6, 6, 6, 6, 6, 6, 6, 120])).toBeCloseTo(even, 6);
  });

  it('the p90 of an overdue photo grows by the time that it is overdue', () => {
    const overdue = view({ inService: 1, inFlight: 1, history: between(0, 1, 0) });
    const { seconds, secondsAtMost } = estimateWait(overdue, { storedAt: AT - 100 }, AT + 100);
    expect(seconds).toBeCloseTo(0.4 * 97, 6);
    expect(secondsAtMost).toBeCloseTo(1.2 * 0.4 * 97 + 6 + 97, 6);
  });
});
