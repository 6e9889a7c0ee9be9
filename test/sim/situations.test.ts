/** In which situation a wait is estimated. */
import { expect, it } from 'vitest';
import { situationsOf, type Situation } from '../../sim/situations.ts';
import type { DecisionRow } from '../../sim/engine/types.ts';
import { surgeOf } from '../../sim/traffic/surges.ts';

const decision = (at: number, more: Partial<DecisionRow> = {}): DecisionRow => ({
  ...{ at, visible: 0, inFlight: 0, desired: 1, inService: 1, pending: 0, draining: 0, min: 0, max: 9 },
  ...{ after: 1, reason: 'steady', needed: 1 },
  ...more,
});
const details = { unfulfilled: 0, bootFailures: 0 };
const times = (from: number, count: number, every: number) =>
  Array.from({ length: count }, (_, k) => from + every * k);

it('is that of the time: the fleet, its traffic, and its latest decision', () => {
  // Ten photos onto a fleet at zero, ten a minute with a surge to 60 a minute, two onto a fleet at zero.
  const arrivals = Float64Array.from([
    ...times(1000, 10, 2),
    ...times(1900, 150, 6),
    ...times(2800, 30, 1),
    ...times(9000, 2, 5),
  ]);
  const instance = (requested: number, stopped: number) => ({
    requested,
    ready: requested + 90,
    draining: stopped,
    stopped,
  });
  const situationAt = situationsOf({
    arrivals,
    ends: arrivals.map((at) => at + 100),
    instances: [instance(1030, 5000), instance(9030, 9999)],
    decisions: [
      decision(1400, { visible: 5 }),
      decision(1430),
      decision(1460, { reason: 'at-max', visible: 9 }),
      decision(1490, { details: { ...details, unfulfilled: 1 } }),
      decision(1520, { details: { ...details, bootFailures: 2 } }),
      decision(1550, { details }),
    ],
  });
  const rows: [at: number, Situation][] = [
    [1000, 'zero-surge'],
    [1180, 'zero-surge'],
    [1199, 'steady'],
    [1400, 'queue'],
    [1430, 'steady'],
    [1460, 'at-max'],
    [1490, 'shortage'],
    [1520, 'shortage'],
    [1550, 'steady'],
    // Ten photos in the first minute of a running fleet are one too.
    [1960, 'surge'],
    [2700, 'steady'],
    [2829, 'surge'],
    [3100, 'steady'],
    [9000, 'zero-few'],
  ];
  for (const [at, situation] of rows) expect([at, situationAt(at)]).toEqual([at, situation]);
});

it('a made-up surge is the same for a seed, and ten of its photos count', () => {
  const one = surgeOf(3, 'clean', { tick: 15 });
  expect(surgeOf(3, 'clean', { tick: 15 }).scenario).toEqual(one.scenario);
  expect(one.scenario.world).toMatchObject({ tick: 15, min: 0 });
  for (let seed = 1; seed <= 6; seed++) {
    const { scenario, isSampled } = surgeOf(seed, 'clean', {});
    const sampled = Array.from(scenario.arrivals.keys()).filter(isSampled);
    expect(sampled).toHaveLength(10);
    const first = scenario.arrivals[sampled[0] as number] as number;
    expect(scenario.arrivals.filter((at) => at > first - 4 * 3600 && at < first)).toHaveLength(0);
  }
});
