/**
 * In which order the two groups are brought to a plan. Any call may be the last one that succeeds: after each of them the fleet is within its
 * limit, and no instance has ended in whose place one is still to be requested.
 */
import { lastingWith } from './lasting.ts';
import type { PoolName } from './pool-name.ts';
import type { PoolsMemory } from './pools.ts';

/** Desired capacities. */
export interface PoolSizes {
  spot: number;
  onDemand: number;
}

/** A call: the desired capacity of one group. */
export interface PoolChange {
  pool: PoolName;
  desired: number;
}

/** @param max instances of both groups at most @param isCertain whether `from` is what the groups have; else both are set */
export function changesTo(
  targets: PoolSizes,
  from: PoolSizes,
  { max, isCertain = true }: { max: number; isCertain?: boolean },
): PoolChange[] {
  const changes = [
    { pool: 'spot' as const, desired: targets.spot, more: targets.spot - from.spot },
    { pool: 'on-demand' as const, desired: targets.onDemand, more: targets.onDemand - from.onDemand },
  ].sort((a, b) => b.more - a.more);
  const [{ more }] = changes as [{ more: number }, ...unknown[]];
  // Else what shrinks has its replacements in service, or was never given: it makes room.
  if (from.spot + from.onDemand + Math.max(0, more) > max) changes.reverse();
  return changes
    .filter((change) => change.more !== 0 || !isCertain)
    .map(({ pool, desired }) => ({ pool, desired }));
}

/** Desired capacities after a call. */
export const sizesWith = (sizes: PoolSizes, { pool, desired }: PoolChange): PoolSizes =>
  pool === 'spot' ? { ...sizes, spot: desired } : { ...sizes, onDemand: desired };

/**
 * The memory of a plan whose calls failed on the way: what is beyond the need counts as a hand-over, so that the next tick neither moves it
 * again nor ends more than is replaced.
 *
 * @param memory of the whole plan @param total instances that are needed @param inService of Spot
 */
export function memoryAt(
  memory: PoolsMemory,
  sizes: PoolSizes,
  total: number,
  inService: number,
): PoolsMemory {
  const { spot, onDemand } = sizes;
  const coming = Math.max(0, spot - inService);
  const handover = Math.max(0, Math.min(spot + onDemand - total, spot, onDemand));
  return { ...memory, handover, coming, lasting: lastingWith(memory.lasting, onDemand, memory.at) };
}
