/** What a decision becomes for a fleet with two pools. */
import { expect, it } from 'vitest';
import { seePools, withPools } from '../../../lambda/scaler/split-tick.ts';
import type { FleetLaunch, FleetState } from '../../../lambda/scaler/ports.ts';

it('ends no instance of a group that has its minimum, which Auto Scaling refuses', () => {
  const at = 1_000_000;
  const group = { inService: 0, draining: 0, max: 9 };
  const spot = { ...group, desired: 1, pending: 1, min: 0 };
  const onDemand = { ...group, desired: 3, pending: 3, min: 2 };
  const fleet: FleetState = {
    ...{ ...group, desired: 4, pending: 4, min: 2 },
    pools: { spot, onDemand, stopped: 0 },
  };
  const launches = (['spot', 'on-demand', 'on-demand', 'on-demand'] as const).map((pool, k): FleetLaunch => ({
    ...{ id: `a-${k}`, instance: `i-${k}`, startedAt: at - 300, outcome: 'under-way', pool },
  }));
  const settings = { spotPriceShare: 0.5, fastTier: 0, bootSeconds: 100 };
  const input = {
    at,
    fleet,
    launches,
    memory: {},
    settings,
    controls: {},
    overBudget: false,
    tickSeconds: 30,
  };
  const failures = { at, failures: 3, counted: [], suspected: true, latest: [] };
  const made = withPools(
    {
      ...{ desired: 2, reason: 'boot-failure', ends: ['i-0', 'i-1', 'i-2'] },
      memory: { bootFailure: { ...failures, ended: ['a-0', 'a-1', 'a-2'] } },
    },
    seePools(input),
    input,
  );
  expect(made.ends).toEqual(['i-0', 'i-1']);
  expect(made.memory.bootFailure?.ended).toEqual(['a-0', 'a-1']);
  expect(made.pools).toMatchObject({ spot: 0, onDemand: 2 });
});
