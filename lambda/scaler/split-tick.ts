/** A tick's part for a fleet with two pools: the rule sees them as one group, and what it decides is split between them. */
import type { Controls } from './policy/controls.ts';
import type { Decision, PolicyMemory } from './policy/decision.ts';
import { observePools, type PoolsNow } from './policy/pools/observe-pools.ts';
import { changesTo } from './policy/pools/order.ts';
import type { PoolName } from './policy/pools/pool-name.ts';
import type { PoolSettings } from './policy/pools/pools.ts';
import { splitFleet } from './policy/pools/split.ts';
import type { FleetLaunch, FleetState } from './ports.ts';

interface PoolsInput {
  at: number;
  fleet: FleetState;
  launches: FleetLaunch[];
  memory: PolicyMemory;
  settings: PoolSettings;
  controls: Controls;
}

/** After a launch, seconds: by then Auto Scaling shows whether EC2 has refused it. */
const LOOK_SECONDS = 5;

/**
 * Instances of both pools at most. A ceiling limits what is needed, and like there none goes below the minimum. One instance may come beyond it
 * for a hand-over: without room none would end, and what a shortage of Spot left on demand would stay there, at a higher price.
 */
export const limitOf = ({ min, max }: Pick<FleetState, 'min' | 'max'>, { ceiling }: Controls): number =>
  Math.min(max, Math.max(min, ceiling?.instances ?? Infinity) + 1);

/** @returns undefined where the fleet has one group */
export function seePools({
  at,
  fleet,
  launches,
  memory,
  settings,
  controls,
}: PoolsInput): PoolsNow | undefined {
  const { pools } = fleet;
  if (!pools) return undefined;
  const ofSpot = launches.filter(({ pool }) => pool === 'spot');
  const given = ofSpot.filter(({ outcome }) => outcome !== 'refused').map(({ startedAt }) => startedAt);
  const before = memory.pools?.at ?? -Infinity;
  const bootsOf = (name: PoolName) =>
    launches.flatMap(({ pool, outcome, startedAt, endedAt = startedAt }) =>
      pool === name && outcome === 'in-service' && endedAt > before && endedAt <= at
        ? [endedAt - startedAt]
        : [],
    );
  const seen = {
    ...{ at, ...pools },
    max: limitOf(fleet, controls),
    spotGivenAt: Math.max(-Infinity, ...given),
    refused: launches.flatMap(({ pool, outcome, startedAt, endedAt = startedAt, failure }) => {
      if (outcome !== 'refused' || pool === undefined) return [];
      return [{ pool, at: endedAt, type: failure?.instanceType, zone: failure?.availabilityZone }];
    }),
    booted: bootsOf('spot'),
    resumed: bootsOf('on-demand'),
  };
  return observePools(seen, memory.pools, settings);
}

interface SplitInput extends Pick<PoolsInput, 'launches' | 'settings' | 'controls'> {
  overBudget: boolean;
  /** Of the stage. */
  tickSeconds: number;
}

/** Without the ends that EC2 Auto Scaling refuses, since the group has its minimum. A tick that tries one of them does nothing else. */
function withinMinimums(
  decision: Decision,
  { seen: { spot, onDemand } }: PoolsNow,
  launches: FleetLaunch[],
): Decision {
  const { ends, memory } = decision;
  if (!ends) return decision;
  const room: Record<PoolName, number> = {
    spot: spot.desired - spot.min,
    'on-demand': onDemand.desired - onDemand.min,
  };
  const ofInstance = (id: string) => launches.find(({ instance }) => instance === id);
  const kept = ends.filter((id) => {
    const { pool } = ofInstance(id) ?? {};
    return pool === undefined || room[pool]-- > 0;
  });
  const { bootFailure } = memory;
  if (kept.length === ends.length || !bootFailure) return { ...decision, ends: kept };
  const refused = ends.filter((id) => !kept.includes(id)).map((id) => ofInstance(id)?.id);
  const ended = bootFailure.ended.filter((id) => !refused.includes(id));
  return { ...decision, ends: kept, memory: { ...memory, bootFailure: { ...bootFailure, ended } } };
}

/** The decision with the desired capacity of each pool. */
export function withPools(
  decided: Decision,
  now: PoolsNow | undefined,
  { launches, settings, controls, overBudget, tickSeconds }: SplitInput,
): Decision {
  if (!now) return decided;
  const decision = withinMinimums(decided, now, launches);
  const { ends = [], memory, calculation } = decision;
  const endedOf = (name: PoolName) =>
    launches.filter(({ instance, pool }) => pool === name && ends.includes(instance ?? '')).length;
  const ended = { spot: endedOf('spot'), onDemand: endedOf('on-demand') };
  const { memory: pools, ...targets } = splitFleet(
    now,
    {
      total: decision.desired,
      isBurst: (calculation?.queuedThen ?? 1) > 0,
      canOverlap: !controls.pauseScaleOut && !overBudget && !memory.bootFailure?.suspected,
      ended,
      waiting: calculation && { service: calculation.serviceSeconds, price: calculation.price },
    },
    settings,
  );
  const { spot, onDemand } = now.seen;
  const from = { spot: spot.desired - ended.spot, onDemand: onDemand.desired - ended.onDemand };
  const changes = changesTo(targets, from, { max: now.seen.max, isCertain: ends.length === 0 });
  const hasGrown = targets.spot + targets.onDemand > now.spot + now.onDemand;
  return {
    ...{ ...decision, memory: { ...memory, pools } },
    pools: { ...targets, from, changes, unlaunched: now.unlaunched },
    ...(hasGrown && { nextSeconds: Math.min(decision.nextSeconds ?? Infinity, tickSeconds, LOOK_SECONDS) }),
  };
}
