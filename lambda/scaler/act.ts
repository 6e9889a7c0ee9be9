/** The step of a tick that changes the fleet: instances that end, and desired capacities. */
import { ALLOWANCE_SECONDS, type Context } from './context.ts';
import type { Controls } from './policy/controls.ts';
import type { Decision } from './policy/decision.ts';
import { withinLimits } from './policy/pools/limits.ts';
import { changesTo, memoryAt, sizesWith, type PoolChange, type PoolSizes } from './policy/pools/order.ts';
import type { PoolsMemory } from './policy/pools/pools.ts';
import { isClosed } from './policy/pools/refusals.ts';
import type { FleetState, MemoryState } from './ports.ts';

export interface Action {
  /** Whether the decision was carried out. */
  acted: boolean;
  /** Desired capacity now. */
  desired: number | undefined;
  /** The same of each pool. @default as read, or the fleet has one group */
  pools?: PoolSizes | undefined;
  /** What holds of the pools where calls failed on the way. @default nothing was changed, or all of it */
  partly?: PoolsMemory | undefined;
}

/** Ends and replaces instances, and sets the desired capacity where it changes. */
export async function act(
  context: Context,
  state: MemoryState | undefined,
  fleet: FleetState | undefined,
  decision: Decision | undefined,
  controls: Controls,
): Promise<Action> {
  const { ports, attempt } = context;
  const before = fleet?.desired;
  if (controls.dryRun || !decision || before === undefined)
    return { acted: !controls.dryRun, desired: before, ...(await keepLimits(context, state, fleet)) };
  const { desired, ends = [], replaces = [] } = decision;
  let now = before;
  for (const [instances, isReplaced] of [
    [replaces, true],
    [ends, false],
  ] as const) {
    for (const instance of instances) {
      const hasEnded = await attempt(() => ports.fleet.end(instance, isReplaced).then(() => true));
      // Without it a lower capacity would take an instance that Auto Scaling chooses, at work or not.
      if (!hasEnded) return { acted: false, desired: now };
      if (!isReplaced) now--;
    }
  }
  if (decision.pools) return setPlan(context, decision, fleet, now);
  if (desired === now) return { acted: true, desired };
  const acted = (await attempt(() => ports.fleet.setDesired(desired).then(() => true))) ?? false;
  return { acted, desired: acted ? desired : now };
}

/** @param before desired capacity of the fleet */
async function setPlan(
  context: Context,
  { desired, pools, memory }: Decision,
  fleet: FleetState | undefined,
  before: number,
): Promise<Action> {
  const { ports, attempt } = context;
  if (!pools) return { acted: true, desired };
  const { from, changes, stopped, spot, onDemand } = pools;
  await attempt(() => ports.fleet.keepStopped?.(stopped));
  const { reached, failed } = await setPools(context, from, changes);
  if (!failed) return { acted: true, desired, pools: { spot, onDemand } };
  if (failed === changes[0] || !memory.pools) return { acted: false, desired: before };
  const partly = memoryAt(memory.pools, reached, desired, fleet?.pools?.spot.inService ?? 0);
  const { spot: ofSpot, onDemand: ofOnDemand } = reached;
  return { acted: false, desired: ofSpot + ofOnDemand - partly.handover, pools: reached, partly };
}

/** Makes one change after the other, until one fails. */
async function setPools(
  { ports, attempt }: Context,
  from: PoolSizes,
  changes: PoolChange[],
): Promise<{ reached: PoolSizes; failed?: PoolChange }> {
  let reached = from;
  for (const change of changes) {
    const isSet = await attempt(async () => {
      if (!ports.fleet.setPool) throw new Error('the fleet has one group: its pools cannot be set');
      await ports.fleet.setPool(change.pool, change.desired);
      return true;
    });
    if (!isSet) return { reached, failed: change };
    reached = sizesWith(reached, change);
  }
  return { reached };
}

/**
 * A fleet of one group has at least its minimum and at most its maximum whatever the scaler does, since Auto Scaling sees to it. No
 * group knows the limits of two, so a tick that carries out no decision, as in a dry run, still keeps them.
 */
async function keepLimits(
  context: Context,
  state: MemoryState | undefined,
  fleet: FleetState | undefined,
): Promise<Partial<Action>> {
  const { run, at } = context;
  // Without the memory another run may have the lease, and after the allowance another one may have taken it.
  if (!state || !fleet?.pools || !run.pools || run.now() - at > ALLOWANCE_SECONDS) return {};
  const { spotPriceShare, types, zones } = run.pools;
  const refusals = state.policy.pools?.refusals.filter(({ until }) => until > at) ?? [];
  const isSpotFirst = spotPriceShare < 1 && !isClosed(refusals, 'spot', types, zones);
  const { spot, onDemand } = fleet.pools;
  const targets = withinLimits({ spot, onDemand }, fleet, isSpotFirst ? 'spot' : 'on-demand');
  if (!targets) return {};
  const from = { spot: spot.desired, onDemand: onDemand.desired };
  const { reached } = await setPools(context, from, changesTo(targets, from, fleet));
  return { desired: reached.spot + reached.onDemand, pools: reached };
}
