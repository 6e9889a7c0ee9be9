/**
 * The deployed policy in the real world, and the figures of a trial. The full form (FULL=1) has two traces and four seeds.
 */
import { describe, expect, it } from 'vitest';
import { mean } from '../../sim/measure.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { worldOf } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import { reversals, shortages, trial } from '../../sim/trial.ts';
import type { DecisionRow } from '../../sim/engine/types.ts';

const row = (at: number, more: Partial<DecisionRow> = {}): DecisionRow => ({
  at,
  visible: 0,
  inFlight: 0,
  desired: 4,
  after: 4,
  inService: 4,
  pending: 0,
  draining: 0,
  min: 0,
  max: 9,
  reason: 'steady',
  needed: 4,
  ...more,
});

it('a shortage lasts from the tick before it until a boot time after its last tick', () => {
  const missing = { inService: 2, pending: 1 };
  const rows = [row(0), row(30), row(60, missing), row(90, missing), row(120), row(570), row(600, missing)];
  expect(shortages(rows, 90)).toEqual([
    [30, 180],
    [570, 690],
  ]);
  expect(shortages([row(0), row(30, { inService: 1, pending: 3 })], 90)).toEqual([]);
});

it('a scale-out within a boot time after a scale-in is a reversal', () => {
  const rows = [
    row(0, { after: 3 }),
    row(60, { desired: 3 }),
    row(100, { after: 3 }),
    row(400, { desired: 3 }),
  ];
  expect(reversals(rows, 90)).toEqual({ scaleIns: 2, reversed: 1 });
});

describe('with all faults', () => {
  const [traces, seeds] = process.env.FULL
    ? [
        ['steps', 'day'],
        [1, 2, 3, 4],
      ]
    : [['steps'], [1]];

  it.each(traces)(
    '%s: every job is completed, and waits outside shortages are hardly longer',
    async (trace) => {
      const real = await Promise.all(seeds.map((seed) => trial(trace, 'real', seed)));
      const clean = await Promise.all(seeds.map((seed) => trial(trace, 'clean', seed, 165)));
      for (const { jobs, done, peak } of real) {
        expect(done).toBe(jobs);
        expect(peak).toBeLessThanOrEqual(40);
      }
      const outside = mean(real.map(({ waitOutside }) => waitOutside));
      // Below the target wait of 10 s the ratio does not matter.
      expect(outside).toBeLessThan(Math.max(10, 1.5 * mean(clean.map(({ wait }) => wait))));
      const scaleIns = mean(real.map(({ scaleIns: count }) => count));
      expect(mean(real.map(({ reversed }) => reversed)) / scaleIns).toBeLessThan(0.35);
    },
  );
});

describe('under constant load the fleet size becomes constant', () => {
  it.each([
    [0.05, 6, 90],
    [0.2, 6, 90],
    [0.5, 6, 90],
    [1.3, 6, 90],
    [2, 12, 200],
    [0.9, 2, 30],
    [0.01, 20, 300],
  ])('at %f photos/s, service %f s, boot %f s', async (rate, service, boot) => {
    const horizon = 6 * 3600;
    const world = worldOf('clean', { service, boot });
    const { decisions } = await simulate({
      arrivals: Float64Array.from({ length: Math.floor(horizon * rate) }, (_, k) => k / rate),
      horizon,
      world,
      seed: 1,
      controller: policyOf('slo', [['serviceSeconds', '6']], world).make(),
      keepDecisions: true,
    });
    const late = decisions.filter(({ at }) => at > horizon - 7200 && at < horizon);
    expect(late.length).toBeGreaterThan(200);
    expect(new Set(late.map(({ after }) => after)).size).toBe(1);
    // Enough instances for the load, and at most one more.
    const load = rate * service;
    expect(late[0]?.after).toBeGreaterThanOrEqual(Math.max(1, Math.floor(load)));
    expect(late[0]?.after).toBeLessThanOrEqual(Math.ceil(load) + 1);
  });
});

describe('after a burst the fleet is as large as the work needs', () => {
  it.each([1, 5, 10])('where an instance works on %d at a time', async (slots) => {
    const [rate, horizon, seconds] = [5, 5400, 0.3];
    const world = worldOf('clean', { service: seconds * slots, slots });
    const steady = Array.from({ length: horizon * rate }, (_, k) => k / rate);
    const burst = Array.from({ length: 3000 }, (_, k) => 1200 + k / 100);
    const { decisions } = await simulate({
      arrivals: Float64Array.from([...steady, ...burst]).sort(),
      horizon,
      world,
      seed: 1,
      controller: policyOf('slo', [], world).make(),
      keepDecisions: true,
    });
    const fleet = decisions.filter(({ at }) => at < horizon).map(({ after }) => after);
    expect(Math.max(...fleet)).toBeGreaterThan(10);
    expect(fleet.at(-1)).toBe(Math.ceil(rate * seconds));
  });
});
