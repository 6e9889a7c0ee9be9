/**
 * Capacity that was requested and that Auto Scaling cannot provide: no instance of it even boots.
 *
 * The desired capacity stays above what there is, so that Auto Scaling keeps trying, at its own slowing pace. A larger
 * one would bring nothing sooner, and too much once there is capacity again. So it does not grow meanwhile, and shrinks
 * to what is needed; never below what is in service or pending, since lowering it there terminates instances at work.
 */
import type { Observation } from './observation.ts';

export interface ShortageMemory {
  /** Last tick, epoch seconds. */
  at: number;
  /** Since when instances are unfulfilled and none was given, epoch seconds. */
  since: number;
  /** In service and pending at the last tick. */
  given: number;
  /** It lasts longer than a boot, or Auto Scaling reported a failed launch. */
  confirmed: boolean;
  /** Since when every tick needed less than the desired capacity, epoch seconds, and the most that one needed. */
  surplus?: { since: number; most: number };
}

/** Requested instances that do not even boot yet. */
export const unfulfilledOf = ({ desired, inService, pending }: Observation): number =>
  Math.max(0, desired - inService - pending);

/**
 * Starts, continues or ends a shortage. One more instance given starts it again.
 *
 * @param patience seconds from a request until an instance must at least be pending
 */
export function observeShortage(
  seen: Observation,
  before: ShortageMemory | undefined,
  patience: number,
): ShortageMemory | undefined {
  if (unfulfilledOf(seen) === 0) return undefined;
  const { at } = seen;
  if (before?.at === at) return before;
  const given = seen.inService + seen.pending;
  const continues = before !== undefined && given <= before.given && before.since <= at;
  const since = continues ? before.since : at;
  const confirmed =
    (continues && before.confirmed) || (seen.failedLaunches ?? 0) > 0 || at - since >= patience;
  return { at, since, given, confirmed, ...(before?.surplus ? { surplus: before.surplus } : {}) };
}

/** Compares what is needed with what is requested. @param needed undefined where the policy does not compute it */
export function observeSurplus(
  memory: ShortageMemory,
  desired: number,
  needed: number | undefined,
): ShortageMemory {
  const { surplus, ...rest } = memory;
  if (needed === undefined || needed >= desired) return rest;
  return {
    ...rest,
    surplus: { since: surplus?.since ?? rest.at, most: Math.max(surplus?.most ?? 0, needed) },
  };
}

/**
 * The desired capacity without instances that are neither given nor were needed at any tick of the hold time: a queue
 * that is empty once removes nothing. Infinity where there is nothing to remove.
 */
export function withoutSurplus(
  seen: Observation,
  { confirmed, surplus }: ShortageMemory,
  holdSeconds: number,
): number {
  if (!confirmed || !surplus || seen.at - surplus.since < holdSeconds) return Infinity;
  return Math.max(seen.min, seen.inService + seen.pending, surplus.most);
}
