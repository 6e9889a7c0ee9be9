/** What a waiting photo is told: a table of cases with a service of 6 s, and what holds whatever was published. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { View } from '../../../contract/view.ts';
import { estimateWait } from '../../../lambda/gateway/estimate.ts';

const AT = 10_000;
const view = (more: Partial<View> = {}): View => ({
  at: AT,
  tickSeconds: 30,
  visible: 0,
  inFlight: 0,
  inService: 0,
  coming: [],
  arrivalsPerSecond: 0,
  serviceSeconds: 6,
  bootSeconds: 90,
  history: [{ at: AT, backlog: (more.visible ?? 0) + (more.inFlight ?? 0), completed: 0 }],
  ...more,
});
/** Two looks with `come` photos between them, and `done` of them finished. */
const between = (before: number, come: number, done: number): View['history'] => [
  { at: AT - 30, backlog: before, completed: 100 },
  { at: AT, backlog: before + come - done, completed: 100 + done },
];
const none = { ahead: null, seconds: null, secondsAtMost: null };
/** Delivery. */
const D = 1.5;

describe('a photo that was just stored', () => {
  it.each<[string, View, number, { ahead: number; seconds: number }]>([
    [
      'to a fleet with nothing to do is done at once',
      view({ inService: 3 }),
      10,
      { ahead: 0, seconds: D + 6 },
    ],
    [
      'to a fleet that sleeps waits for the next tick and a boot',
      view(),
      10,
      // An instance is counted on half a tick before it would be seen.
      { ahead: 0, seconds: 20 + 90 - 15 + 6 },
    ],
    [
      'to a fleet that sleeps, just before a tick, is seen by the one after it',
      view(),
      29,
      { ahead: 0, seconds: 31 + 90 - 15 + 6 },
    ],
    [
      'to a busy fleet waits for all those before it',
      // 25 before it, of which five end in six seconds.
      view({ inService: 5, inFlight: 5, visible: 20 }),
      0,
      { ahead: 25, seconds: (20.5 / 5) * 6 + 6 },
    ],
    [
      'has those before it that have come since the view, and not those done since',
      view({ inService: 5, inFlight: 5, visible: 20, arrivalsPerSecond: 2 }),
      12,
      // 25 + 2 (12 + D) have come, and ten are done.
      { ahead: 42, seconds: ((20 + 2 * (12 + D) + 0.5) / 5) * 6 + 6 - 12 },
    ],
    [
      'waits for capacity on its way, the first of it half a tick early',
      view({ visible: 8, coming: [{ count: 2, readyAt: AT + 60 }] }),
      0,
      // One at 45 s, and two more by 60; the second then, and half of one by 63; four more by two instances in 12 s.
      { ahead: 8, seconds: 63 + 12 + 6 },
    ],
    [
      'waits less where more comes',
      view({ inService: 1, inFlight: 1, visible: 99, coming: [{ count: 20, readyAt: AT + 30 }] }),
      0,
      // 29 have started by 33 s, the other 71.5 by 21 instances.
      { ahead: 100, seconds: 33 + (71.5 / 21) * 6 + 6 },
    ],
  ])('%s', (_what, given, after, expected) => {
    const { ahead, seconds, secondsAtMost } = estimateWait(given, { storedAt: AT + after }, AT + after);
    expect(ahead).toBe(expected.ahead);
    expect(seconds).toBeCloseTo(expected.seconds, 6);
    expect(secondsAtMost).toBeGreaterThan(seconds ?? Infinity);
  });
});

describe('a photo that the view has seen', () => {
  it.each<[string, View, { storedAt: number; now?: number }, { ahead: number; seconds: number }]>([
    [
      'has those before it that came before it and are not done',
      // 41 came evenly in 30 s, it is one of them: 20 before it, and ten from before that. Six are done.
      view({ inService: 2, inFlight: 2, visible: 43, history: between(10, 41, 6) }),
      { storedAt: AT - 15 - D },
      { ahead: 10 + 20 - 6, seconds: (22.5 / 2) * 6 + 6 },
    ],
    [
      'has fewer before it as time passes',
      view({ inService: 2, inFlight: 2, visible: 43, history: between(10, 41, 6) }),
      { storedAt: AT - 15 - D, now: AT + 12 },
      { ahead: 24 - 4, seconds: (22.5 / 2) * 6 + 6 - 12 },
    ],
    [
      'that is the only one has nobody before it',
      view({ visible: 1, coming: [{ count: 1, readyAt: AT + 60 }], history: between(0, 1, 0) }),
      { storedAt: AT - 10 },
      { ahead: 0, seconds: 45 + 6 },
    ],
    [
      'that is in flight is done within the time of one photo',
      // Of four in flight it is the youngest, and half a photo behind the one before in the mean of all.
      view({ inService: 4, inFlight: 4, history: between(0, 4, 0) }),
      { storedAt: AT - D },
      { ahead: 3, seconds: 6 },
    ],
    [
      'that was in flight when it was seen may be nearly done',
      view({ inService: 4, inFlight: 4, history: between(0, 4, 0) }),
      { storedAt: AT - 30 - D + 0.1 },
      { ahead: 0, seconds: 2 },
    ],
    [
      'that is older than the history has those before it that came before it, by the rate',
      view({ inService: 2, inFlight: 2, visible: 98, arrivalsPerSecond: 0.5, history: between(90, 20, 10) }),
      { storedAt: AT - 30 - 60 - D },
      // 89 were there besides it, 30 of them behind it, and ten are done.
      { ahead: 89 - 30 - 10, seconds: (47.5 / 2) * 6 + 6 },
    ],
    [
      'that should long be done is next, and as late again in part',
      view({ inService: 2, inFlight: 2, visible: 98, arrivalsPerSecond: 1, history: between(90, 20, 10) }),
      { storedAt: AT - 600, now: AT + 20 },
      { ahead: 0, seconds: 0.4 * (20 - 0.25 * 6) },
    ],
    [
      'without anybody who tells what was finished, by the work of the fleet',
      view({
        inService: 2,
        inFlight: 2,
        visible: 40,
        arrivalsPerSecond: 1,
        history: [
          { at: AT - 30, backlog: 22, completed: null },
          { at: AT, backlog: 42, completed: null },
        ],
      }),
      { storedAt: AT - 18 - D },
      // 22 and twelve that came, of which two instances have done ten since.
      { ahead: 24, seconds: (22.5 / 2) * 6 + 6 },
    ],
    [
      'that only some looks tell of, by those',
      view({
        inService: 2,
        inFlight: 2,
        visible: 43,
        arrivalsPerSecond: 0.2,
        history: [
          ...between(10, 41, 6).map((look) => ({ ...look, at: look.at - 30 })),
          { at: AT, backlog: 45, completed: null },
        ],
      }),
      { storedAt: AT - 45 - D },
      // 21 of the 41, itself among them, and six that came since are not before it.
      { ahead: 45 - 21 - 6, seconds: (16.5 / 2) * 6 + 6 },
    ],
    [
      'that nothing is told of is the last one',
      view({ history: [], inService: 1, inFlight: 1, visible: 4 }),
      { storedAt: AT - 20 },
      { ahead: 4, seconds: 3.5 * 6 + 6 },
    ],
  ])('%s', (_what, given, { storedAt, now = AT }, expected) => {
    const { ahead, seconds, secondsAtMost } = estimateWait(given, { storedAt }, now);
    expect(ahead).toBe(expected.ahead);
    expect(seconds).toBeCloseTo(expected.seconds, 6);
    expect(secondsAtMost).toBeGreaterThan(seconds ?? Infinity);
  });
});

describe('what nobody knows is not told', () => {
  const unmeasured = { arrivalsPerSecond: null, serviceSeconds: null, bootSeconds: null };
  it.each<[string, View | undefined, object]>([
    ['without a view', undefined, none],
    ['with a view of ten ticks ago', view({ at: AT - 299, inService: 1 }), { ahead: 0, seconds: 7.5 }],
    ['with one that is older', view({ at: AT - 301, inService: 1 }), none],
    [
      'under a policy that measures nothing, but who is before it',
      view({ ...unmeasured, inService: 2, inFlight: 2, visible: 9 }),
      { ahead: 11, seconds: null, secondsAtMost: null },
    ],
    [
      'without a boot time, where a boot is needed',
      view({ bootSeconds: null, visible: 3 }),
      { ahead: 3, seconds: null, secondsAtMost: null },
    ],
    [
      'without a boot time, where none is needed',
      view({ bootSeconds: null, inService: 1 }),
      { ahead: 0, seconds: 7.5 },
    ],
  ])('%s', (_what, given, expected) => {
    expect(estimateWait(given, { storedAt: AT }, AT)).toMatchObject(expected);
  });

  it('a margin is as wide as the traffic of late was uneven', () => {
    const history = (come: number[]) =>
      come.map((_, k) => ({
        at: AT - 30 * (come.length - 1 - k),
        backlog: 0,
        completed: come.slice(0, k + 1).reduce((sum, count) => sum + count, 0),
      }));
    const most = (come: number[]) =>
      estimateWait(
        view({ inService: 2, arrivalsPerSecond: 0.2, history: history(come) }),
        { storedAt: AT + 20 },
        AT + 20,
      ).secondsAtMost as number;
    const even = most([0, 6, 6, 6, 6, 6]);
    expect(most([0, 0, 0, 120, 0, 0])).toBeGreaterThan(even + 20);
    expect(even).toBeCloseTo(1.2 * 7.5 + 6, 6);
  });
});

describe('whatever was published', () => {
  const count = fc.oneof(fc.nat(12), fc.nat(2000));
  const seconds = (max: number) => fc.double({ min: 0, max, noNaN: true });
  const looks = fc
    .array(fc.record({ after: fc.constantFrom(15, 30, 31.5, 90), come: count, done: count }), {
      maxLength: 12,
    })
    .map((steps) => {
      let at = AT - steps.reduce((sum, { after }) => sum + after, 0);
      let backlog = 0;
      let completed = 0;
      return steps.map(({ after, come, done }) => {
        at += after;
        const ended = Math.min(done, backlog + come);
        backlog += come - ended;
        completed += ended;
        return { at, backlog, completed };
      });
    });
  const views: fc.Arbitrary<View> = fc
    .record({
      history: looks,
      told: fc.boolean(),
      inFlight: fc.nat(12),
      inService: fc.nat(12),
      coming: fc.array(fc.record({ count: fc.integer({ min: 1, max: 9 }), after: seconds(90) }), {
        maxLength: 4,
      }),
      arrivalsPerSecond: seconds(20),
      serviceSeconds: fc.double({ min: 0.5, max: 60, noNaN: true }),
    })
    .map(({ history, told, inFlight, inService, coming, ...rest }) => {
      const backlog = history.at(-1)?.backlog ?? 0;
      const working = Math.min(inFlight, inService, backlog);
      return view({
        ...rest,
        history: told ? history : history.map((look) => ({ ...look, completed: null })),
        inFlight: working,
        visible: backlog - working,
        inService,
        coming: coming
          .map((one) => ({ count: one.count, readyAt: AT + one.after }))
          .sort((a, b) => a.readyAt - b.readyAt),
      });
    });
  /** Before the view, or after it; and asked at once or later. */
  const asked = fc.record({
    storedAt: fc.double({ min: AT - 400, max: AT + 200, noNaN: true }),
    later: seconds(90),
  });
  const tell = (given: View, { storedAt, later }: { storedAt: number; later: number }) => {
    const {
      ahead,
      seconds: told,
      secondsAtMost,
    } = estimateWait(given, { storedAt }, Math.max(AT, storedAt) + later);
    return { ahead: ahead as number, seconds: told as number, secondsAtMost: secondsAtMost as number };
  };
  const options = { seed: 20_261_123, numRuns: 3000 };
  /** Sums of floating point. */
  const SLACK = 1e-6;

  it('the numbers are ones: of photos whole, of seconds finite, and most is not less', () => {
    fc.assert(
      fc.property(views, asked, (given, when) => {
        const { ahead, seconds: told, secondsAtMost } = tell(given, when);
        expect(Number.isInteger(ahead) && ahead >= 0).toBe(true);
        expect(Number.isFinite(told) && told > 0).toBe(true);
        expect(Number.isFinite(secondsAtMost)).toBe(true);
        expect(secondsAtMost).toBeGreaterThanOrEqual(told);
      }),
      options,
    );
  });

  // Asked at the time of the view, or when it was stored: what is overdue later on is told a part of that instead.
  const soon = fc.record({
    storedAt: fc.double({ min: AT - 400, max: AT + 200, noNaN: true }),
    later: fc.constant(0),
  });

  it('more photos before it never mean sooner', () => {
    fc.assert(
      fc.property(views, soon, fc.integer({ min: 1, max: 500 }), (given, when, more) => {
        const longer = {
          ...given,
          visible: given.visible + more,
          // They were there from the start.
          history: given.history.map((look) => ({ ...look, backlog: look.backlog + more })),
        };
        const [few, many] = [tell(given, when), tell(longer, when)];
        expect(many.ahead).toBeGreaterThanOrEqual(few.ahead);
        expect(many.seconds).toBeGreaterThanOrEqual(few.seconds - SLACK);
      }),
      options,
    );
  });

  it('one that is stored later is not done sooner', () => {
    fc.assert(
      fc.property(views, seconds(150), seconds(140), (given, first, gap) => {
        const doneAt = (storedAt: number) => storedAt + tell(given, { storedAt, later: 0 }).seconds;
        expect(doneAt(AT + first + gap)).toBeGreaterThanOrEqual(doneAt(AT + first) - SLACK);
      }),
      options,
    );
  });

  it('more capacity never means later, in service or on its way', () => {
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
        expect(tell(larger, when).seconds).toBeLessThanOrEqual(tell(given, when).seconds + SLACK);
      }),
      options,
    );
  });

  it('what was told is told again a moment later, less the moment', () => {
    fc.assert(
      fc.property(views, soon, seconds(10), (given, when, later) => {
        const [before, after] = [tell(given, when), tell(given, { ...when, later })];
        expect(after.seconds).toBeGreaterThanOrEqual(before.seconds - later - SLACK);
        // A photo that should be done is as long overdue as it is, and a next tick may have passed.
        const left = Math.max(before.seconds - later, given.serviceSeconds! / 3, 0.4 * later);
        expect(after.seconds).toBeLessThanOrEqual(left + given.tickSeconds + SLACK);
        expect(after.ahead).toBeLessThanOrEqual(before.ahead);
      }),
      options,
    );
  });
});
