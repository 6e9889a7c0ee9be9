/** The deployed rule in the real world, and how that is measured. */
import { describe, expect, it } from 'vitest';
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

it('a shortage lasts from the look before it until a boot after its last look', () => {
  const missing = { inService: 2, pending: 1 };
  const rows = [row(0), row(30), row(60, missing), row(90, missing), row(120), row(570), row(600, missing)];
  expect(shortages(rows, 90)).toEqual([
    [30, 180],
    [570, 690],
  ]);
  expect(shortages([row(0), row(30, { inService: 1, pending: 3 })], 90)).toEqual([]);
});

it('a scale-in that is taken back within a boot is a reversal', () => {
  const rows = [
    row(0, { after: 3 }),
    row(60, { desired: 3 }),
    row(100, { after: 3 }),
    row(400, { desired: 3 }),
  ];
  expect(reversals(rows, 90)).toEqual({ scaleIns: 2, reversed: 1 });
});

describe('with everything that goes wrong', () => {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

  it.each(['steps', 'day'])(
    '%s: no job is lost, and those that Amazon did not keep waiting wait hardly longer',
    async (trace) => {
      const seeds = [1, 2, 3, 4];
      const real = await Promise.all(seeds.map((seed) => trial(trace, 'real', seed)));
      const clean = await Promise.all(seeds.map((seed) => trial(trace, 'clean', seed, 165)));
      for (const { jobs, done, peak } of real) {
        expect(done).toBe(jobs);
        expect(peak).toBeLessThanOrEqual(40);
      }
      const outside = mean(real.map(({ waitOutside }) => waitOutside));
      // Below the target, a second more or less is nobody's concern.
      expect(outside).toBeLessThan(Math.max(10, 1.5 * mean(clean.map(({ wait }) => wait))));
      const scaleIns = mean(real.map(({ scaleIns: count }) => count));
      expect(mean(real.map(({ reversed }) => reversed)) / scaleIns).toBeLessThan(0.35);
    },
  );
});

describe('on a load that stays as it is, the fleet comes to rest', () => {
  it.each([
    [0.05, 6, 90],
    [0.2, 6, 90],
    [0.5, 6, 90],
    [1.3, 6, 90],
    [2, 12, 200],
    [0.9, 2, 30],
    [0.01, 20, 300],
  ])('%f photos a second of %f s, boots of %f s', async (rate, service, boot) => {
    const horizon = 6 * 3600;
    const world = worldOf('clean', { service, boot });
    const { decisions } = await simulate({
      arrivals: Float64Array.from({ length: Math.floor(horizon * rate) }, (_, k) => k / rate),
      horizon,
      world,
      seed: 1,
      controller: policyOf('slo', [], world).make(),
      keepDecisions: true,
    });
    const late = decisions.filter(({ at }) => at > horizon - 7200 && at < horizon);
    expect(late.length).toBeGreaterThan(200);
    expect(new Set(late.map(({ after }) => after)).size).toBe(1);
    // Enough for the work, and hardly more.
    const load = rate * service;
    expect(late[0]?.after).toBeGreaterThanOrEqual(Math.max(1, Math.floor(load)));
    expect(late[0]?.after).toBeLessThanOrEqual(Math.ceil(load) + 1);
  });
});
