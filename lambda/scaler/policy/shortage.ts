/**
 * Capacity that was asked for and is not given: Auto Scaling has no instance for it, not even one that boots.
 *
 * The desired capacity stays above what there is: that keeps Auto Scaling asking, at its own slowing pace. Asking for
 * more would bring nothing sooner and buy too much once there is capacity again, so the ask does not grow meanwhile and
 * shrinks to what is needed; never below what is in service or on its way, where lowering it ends instances at work.
 */
import type { Observation } from './observation.ts';

export interface ShortageMemory {
  /** When it was last looked at, epoch seconds. */
  at: number;
  /** Since when instances have been missing and none was given, epoch seconds. */
  since: number;
  /** In service and on their way at the last look. */
  given: number;
  /** It lasts longer than it should, or Auto Scaling said so itself: a launch failed. */
  confirmed: boolean;
  /** Since when each look asked for less than the desired capacity, epoch seconds, and the most that one asked for. */
  surplus?: { since: number; most: number };
}

/** Instances asked for of which there is no trace yet. */
export const unfulfilledOf = ({ desired, inService, pending }: Observation): number =>
  Math.max(0, desired - inService - pending);

/**
 * One more instance ends a shortage; whether another one follows is seen from there.
 *
 * @param patience seconds that may pass between asking and a sign of the instance
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
  const goesOn = before !== undefined && given <= before.given && before.since <= at;
  const since = goesOn ? before.since : at;
  const confirmed = (goesOn && before.confirmed) || (seen.failedLaunches ?? 0) > 0 || at - since >= patience;
  return { at, since, given, confirmed, ...(before?.surplus ? { surplus: before.surplus } : {}) };
}

/** What the policy needs, put beside what is asked for. */
export function observeSurplus(
  memory: ShortageMemory,
  desired: number,
  need: number | undefined,
): ShortageMemory {
  const { surplus, ...rest } = memory;
  if (need === undefined || need >= desired) return rest;
  return { ...rest, surplus: { since: surplus?.since ?? rest.at, most: Math.max(surplus?.most ?? 0, need) } };
}

/**
 * The desired capacity without what is neither given nor was needed at any look of the hold time: a queue that is empty
 * for once takes nothing back. Infinity where there is nothing to take back.
 */
export function withoutSurplus(
  seen: Observation,
  { confirmed, surplus }: ShortageMemory,
  holdSeconds: number,
): number {
  if (!confirmed || !surplus || seen.at - surplus.since < holdSeconds) return Infinity;
  return Math.max(seen.min, seen.inService + seen.pending, surplus.most);
}
