/** What a compromised worker may write as its counters: values that cannot be, and values that could. */
import fc from 'fast-check';
import { MAX, type Lie, type Scene } from './fleet-with-liar.ts';

/** Ticks before the lies, with them, and after the instance is gone: 14 minutes, of which ten may show what it said. */
export const FROM = 12;
export const UNTIL = 27;
export const TICKS = 56;
export const SETTLED = UNTIL + 21;

const phase = fc.record({ rate: fc.constantFrom(0, 1, 5, 10, 15, 20, 30, 50), noise: fc.nat(9) });
/** Levels of traffic, photos a tick, with some noise; fleets of none to many. */
export const scenes: fc.Arbitrary<Scene> = fc
  .record({ min: fc.constantFrom(0, 1, 3, 3, 6), phases: fc.array(phase, { minLength: 2, maxLength: 4 }) })
  .map(({ min, phases }) => ({
    min,
    until: UNTIL,
    arrivals: Array.from({ length: TICKS }, (_, k) => {
      const { rate, noise } = phases[Math.floor((k * phases.length) / TICKS)] as {
        rate: number;
        noise: number;
      };
      return Math.max(0, rate + ((k * 7 + noise) % 5) - 2);
    }),
  }));

type Value = (k: number) => unknown;
const impossible: Value[] = [
  (k) => -1 - k,
  () => NaN,
  () => Infinity,
  () => 1e308,
  (k) => 1e13 - 7 * k,
  (k) => 1e6 * (k + 1),
  () => '5',
  () => undefined,
  () => null,
  () => ({ toString: () => '5' }),
  () => '9'.repeat(38),
];
const values = fc.constantFrom(...impossible);

/** In each tick another one of some impossible values, or no item at all. */
export const impossibleLies: fc.Arbitrary<Lie> = fc
  .record({
    completed: fc.array(values, { minLength: 1, maxLength: 4 }),
    busySeconds: fc.option(fc.array(values, { minLength: 1, maxLength: 4 }), { nil: undefined }),
    absentEvery: fc.constantFrom(2, 3, 1000),
  })
  .map(({ completed, busySeconds, absentEvery }): Lie => (k, honest) => {
    if (k < FROM) return {};
    if (k % absentEvery === 1) return undefined;
    const [first, second] = [completed[k % completed.length], busySeconds?.[k % busySeconds.length]];
    return { completed: first?.(k), busySeconds: second ? second(k) : honest.busySeconds };
  });

/** Photos a tick that it claims, and the share of the time in which it was busy: as the others, many times or none. */
const claim = fc.record({
  photos: fc.oneof(
    fc.double({ min: 0, max: 12, noNaN: true }),
    fc.constantFrom(0, 1, 5, 9.9, 10, 14, 300, 600),
  ),
  busy: fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 1)),
  ticks: fc.integer({ min: 1, max: 16 }),
});

/** Claims that follow each other; the counters only rise, within what the time allows. */
export const plausibleLies: fc.Arbitrary<Lie> = fc
  .array(claim, { minLength: 1, maxLength: 4 })
  .map((claims): Lie => {
    const totals: { completed: number; busySeconds: number }[] = [];
    return (k, honest) => {
      if (k < FROM) return {};
      totals[FROM - 1] ??= honest as { completed: number; busySeconds: number };
      for (let at = FROM; at <= k; at++) {
        const whole = claims.reduce((sum, { ticks }) => sum + ticks, 0);
        let left = (at - FROM) % whole;
        const now = claims.find(({ ticks }) => (left -= ticks) < 0) ?? claims[0];
        const before = totals[at - 1];
        if (!now || !before) return undefined;
        totals[at] ??= {
          completed: before.completed + Math.round(now.photos),
          busySeconds: before.busySeconds + 30 * now.busy,
        };
      }
      return totals[k];
    };
  });

/** The most of the values within so many ticks of one. */
export const mostAround = (values: number[], k: number, ticks: number): number =>
  Math.min(MAX, Math.max(...values.slice(Math.max(0, k - ticks), k + ticks + 1)));
