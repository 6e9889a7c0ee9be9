/** Properties of the estimated wait for every view. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';
import { AT, view } from './support/views.ts';

describe('for every view', () => {
  const count = fc.oneof(fc.nat(12), fc.nat(2000));
  const seconds = (max: number) => fc.double({ min: 0, max, noNaN: true });
  const histories = fc
    .array(fc.record({ after: fc.constantFrom(15, 30, 31.5, 90), arrived: count, completed: count }), {
      maxLength: 12,
    })
    .map((steps) => {
      let at = AT - steps.reduce((sum, { after }) => sum + after, 0);
      let backlog = 0;
      let total = 0;
      return steps.map(({ after, arrived, completed: finished }) => {
        at += after;
        const completed = Math.min(finished, backlog + arrived);
        backlog += arrived - completed;
        total += completed;
        return { at, backlog, completed: total };
      });
    });
  const views: fc.Arbitrary<View> = fc
    .record({
      history: histories,
      reported: fc.boolean(),
      inFlight: fc.nat(12),
      inService: fc.nat(12),
      coming: fc.array(fc.record({ count: fc.integer({ min: 1, max: 9 }), after: seconds(90) }), {
        maxLength: 4,
      }),
      arrivalsPerSecond: seconds(20),
      serviceSeconds: fc.double({ min: 0.5, max: 60, noNaN: true }),
    })
    .map(({ history, reported, inFlight, inService, coming, ...rest }) => {
      const backlog = history.at(-1)?.backlog ?? 0;
      const working = Math.min(inFlight, inService, backlog);
      return view({
        ...rest,
        history: reported ? history : history.map((sample) => ({ ...sample, completed: null })),
        inFlight: working,
        visible: backlog - working,
        inService,
        coming: coming
          .map((one) => ({ count: one.count, readyAt: AT + one.after }))
          .sort((a, b) => a.readyAt - b.readyAt),
      });
    });
  /** Stored before the view or after it; requested at once or later. */
  const requests = fc.record({
    storedAt: fc.double({ min: AT - 400, max: AT + 200, noNaN: true }),
    later: seconds(90),
  });
  const estimate = (given: View, { storedAt, later }: { storedAt: number; later: number }) => {
    const {
      ahead,
      seconds: median,
      secondsAtMost,
    } = estimateWait(given, { storedAt }, Math.max(AT, storedAt) + later);
    return { ahead: ahead as number, seconds: median as number, secondsAtMost: secondsAtMost as number };
  };
  const options = { seed: 20_261_123, numRuns: process.env.FULL ? 3000 : 600 };
  /** Sums of floating point. */
  const SLACK = 1e-6;

  it('ahead is whole, seconds are finite and p90 is at least the median', () => {
    fc.assert(
      fc.property(views, requests, (given, when) => {
        const { ahead, seconds: median, secondsAtMost } = estimate(given, when);
        expect(Number.isInteger(ahead) && ahead >= 0).toBe(true);
        expect(Number.isFinite(median) && median > 0).toBe(true);
        expect(Number.isFinite(secondsAtMost)).toBe(true);
        expect(secondsAtMost).toBeGreaterThanOrEqual(median);
      }),
      options,
    );
  });

  // Requested at the time of the view or of the upload: an overdue photo has another formula.
  const soon = fc.record({
    storedAt: fc.double({ min: AT - 400, max: AT + 200, noNaN: true }),
    later: fc.constant(0),
  });

  it('more photos ahead never mean sooner', () => {
    fc.assert(
      fc.property(views, soon, fc.integer({ min: 1, max: 500 }), (given, when, more) => {
        const longer = (photos: number) => ({
          ...given,
          visible: given.visible + photos,
          // In the backlog from the start: an empty one would show that the photo was not counted yet.
          history: given.history.map((sample) => ({ ...sample, backlog: sample.backlog + photos })),
        });
        const [few, many] = [estimate(longer(1), when), estimate(longer(1 + more), when)];
        expect(many.ahead).toBeGreaterThanOrEqual(few.ahead);
        expect(many.seconds).toBeGreaterThanOrEqual(few.seconds - SLACK);
      }),
      options,
    );
  });

  it('a photo that is stored later is not completed sooner', () => {
    fc.assert(
      fc.property(views, seconds(150), seconds(140), (given, first, gap) => {
        const completedAt = (storedAt: number) => storedAt + estimate(given, { storedAt, later: 0 }).seconds;
        expect(completedAt(AT + first + gap)).toBeGreaterThanOrEqual(completedAt(AT + first) - SLACK);
      }),
      options,
    );
  });

  it('more instances in service or on their way never mean later', () => {
    const extra = fc.oneof(
      fc.record({ inService: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ count: fc.integer({ min: 1, max: 5 }), after: seconds(90) }),
    );
    fc.assert(
      fc.property(views, soon, extra, (given, when, more) => {
        const larger = { ...given };
        if ('inService' in more) larger.inService += more.inService;
        else {
          const coming = [...given.coming, { count: more.count, readyAt: AT + more.after }];
          larger.coming = coming.sort((a, b) => a.readyAt - b.readyAt);
        }
        expect(estimate(larger, when).seconds).toBeLessThanOrEqual(estimate(given, when).seconds + SLACK);
      }),
      options,
    );
  });

  it('a later estimate is the earlier one minus the time between', () => {
    fc.assert(
      fc.property(views, soon, seconds(10), (given, when, later) => {
        const [before, after] = [estimate(given, when), estimate(given, { ...when, later })];
        expect(after.seconds).toBeGreaterThanOrEqual(before.seconds - later - SLACK);
        // The photo may be overdue, and a tick may have passed.
        const left = Math.max(before.seconds - later, given.serviceSeconds! / 3, 0.4 * later);
        expect(after.seconds).toBeLessThanOrEqual(left + given.tickSeconds + SLACK);
        expect(after.ahead).toBeLessThanOrEqual(before.ahead);
      }),
      options,
    );
  });
});
