/**
 * Instances that the deadlines of bulk photos need beside interactive work: docs/lanes.md, "What a deadline buys".
 *
 * Bulk fills what interactive photos leave. Only what that is not enough for is bought, and as late as the deadline allows: capacity that
 * interactive photos leave meanwhile costs nothing.
 */
import type { BulkArrival } from './profile.ts';

/** Share of the deadline before which all is to be done: boots vary and fail, and interactive photos may need the fleet just then. */
export const MARGIN_SHARE = 0.2;
/** Work that is bought, over what was measured. */
export const ERROR = 1.1;

export interface BulkWork {
  /** Epoch seconds. */
  at: number;
  /** Oldest first. */
  waiting: readonly BulkArrival[];
  /** Busy seconds of an instance for a bulk photo. */
  service: number;
  /** Seconds from requesting an instance to its service. */
  boot: number;
  /** From a photo's arrival to its outcome, seconds. */
  deadline: number;
  /** Instances in service, or on their way and counted on. */
  counted: number;
  /** What these offer within so many seconds, in the order in which they would be removed. */
  offers: (seconds: number) => readonly Offer[];
  /** Instance-seconds that interactive photos take of that. */
  taken: (seconds: number) => number;
}

export interface Offer {
  count: number;
  /** Seconds that each of them offers. */
  seconds: number;
}

export interface BulkNeed {
  /** Busy seconds of an instance for all of them. */
  workSeconds: number;
  /** When the first of them is due, epoch seconds. @default there is none */
  dueAt?: number;
  /** Instances to have at least; 0 while those there are enough, or there is time to buy them later. */
  needed: number;
  /** Instances to keep at least of those there are: without them the work would not be done in time. */
  kept: number;
}

/**
 * For each photo: all that is due until then must be done until then, and what the fleet cannot do is bought.
 *
 *     n = (work due + taken by interactive photos - offered) / (time left - boot)
 *
 * Whole instances of n are bought at once, since waiting would only need more of them; a part of one only when the time that is left
 * is about a boot.
 */
export function bulkNeed(work: BulkWork): BulkNeed {
  const { at, waiting, service, boot, deadline, counted, offers, taken } = work;
  const margin = MARGIN_SHARE * deadline;
  // The shortest time for which instances are bought. Photos that are late are to be done as soon.
  const least = Math.max(margin, boot) / 2;
  let photos = 0;
  let extra = 0;
  let removable = counted;
  for (const one of waiting) {
    photos += one.count;
    const left = Math.max(one.at + deadline - margin - at, boot + least);
    const demand = ERROR * photos * service + taken(left);
    const each = left - boot;
    const offered = offers(left);
    const spare = offered.reduce((sum, { count, seconds }) => sum + count * seconds, 0) - demand;
    const missing = Math.max(0, -spare) / each;
    // A rounding error is no part of an instance.
    extra = Math.max(extra, each > least ? Math.floor(missing) : Math.ceil(missing - 1e-9));
    removable = Math.min(removable, spareInstances(offered, spare));
  }
  const [oldest] = waiting;
  return {
    workSeconds: photos * service,
    ...(oldest ? { dueAt: oldest.at + deadline } : {}),
    needed: extra > 0 ? counted + extra : 0,
    kept: counted + extra - removable,
  };
}

/**
 * Instances whose time is not needed. One that comes into service late offers little, so more of these are spare: counted as whole ones,
 * a second look would find more to remove.
 */
function spareInstances(offers: readonly Offer[], spare: number): number {
  let left = spare;
  let instances = 0;
  for (const { count, seconds } of offers) {
    if (left < 0) break;
    // A rounding error is no instance.
    const removed = seconds > 0 ? Math.min(count, Math.max(0, Math.floor(left / seconds - 1e-9))) : count;
    instances += removed;
    if (removed < count) break;
    left -= removed * seconds;
  }
  return instances;
}
