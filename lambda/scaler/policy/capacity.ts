/** Capacity on its way: requested and not in service yet, when it should be, and how long a boot takes. */
import type { Observation } from './observation.ts';

/** Instances requested at the same time. */
export interface Launch {
  /** Epoch seconds. */
  at: number;
  count: number;
}

export interface CapacityMemory {
  /** Oldest first. */
  launches: Launch[];
  inService: number;
  /** Recent measured boots, and their seconds. */
  boots: number;
  bootSeconds: number;
}

export const emptyCapacity = (): CapacityMemory => ({ launches: [], inService: 0, boots: 0, bootSeconds: 0 });

/** Boots after which the weight of earlier ones has fallen to 1/e, and the weight of the first guess. */
const BOOT_MEMORY = 20;
export const GUESS_BOOTS = 1;
/** Multiple of the boot time after which an instance is late and no longer counted on. */
export const LATE = 2;
/** Share of a boot that a launch is expected to need still, once it has taken longer than a boot. */
export const REMAINING = 0.1;
/** Launches beyond this number are merged, the oldest first. */
const MOST_LAUNCHES = 32;

/** Seconds from requesting an instance to its service: measured, weighted with a first guess. */
export function bootOf({ boots, bootSeconds }: CapacityMemory, guess: number): number {
  return (bootSeconds + GUESS_BOOTS * guess) / (boots + GUESS_BOOTS);
}

/**
 * Matches the launches with what the group shows. The oldest launches are the first in service. Capacity on its way
 * that no launch accounts for was requested outside the scaler, or replaces an instance that was lost.
 */
export function observeCapacity(seen: Observation, before: CapacityMemory): CapacityMemory {
  const after: CapacityMemory = {
    ...before,
    launches: before.launches.filter(({ at }) => at <= seen.at).map((launch) => ({ ...launch })),
    inService: seen.inService,
  };
  // What is made again now must not count as late, nor as one long boot in the end.
  const relaunched = cancelOldest(after.launches, seen.relaunched ?? 0);
  if (relaunched > 0) after.launches.push({ at: seen.at, count: relaunched });
  const coming = Math.max(0, seen.desired - seen.inService);
  let known = after.launches.reduce((sum, { count }) => sum + count, 0);
  let arrived = Math.max(0, seen.inService - before.inService);
  while (known > coming) {
    const [oldest] = after.launches;
    if (!oldest) break;
    const gone = Math.min(oldest.count, known - coming);
    const ready = Math.min(gone, arrived);
    arrived -= ready;
    learnBoot(after, seen.at - oldest.at, ready);
    oldest.count -= gone;
    known -= gone;
    if (oldest.count === 0) after.launches.shift();
  }
  // Unfulfilled capacity counts as requested now: it is not counted on, and a shortage is not measured as a long boot.
  const unfulfilled = Math.min(coming, seen.unfulfilled ?? 0);
  known -= cancelNewest(after.launches, unfulfilled);
  if (coming > known) after.launches.push({ at: seen.at, count: coming - known });
  return after;
}

/** Adds `count` boots, which may be none. */
function learnBoot(memory: CapacityMemory, seconds: number, count: number): void {
  const fading = Math.exp(-count / BOOT_MEMORY);
  memory.boots = memory.boots * fading + count;
  memory.bootSeconds = memory.bootSeconds * fading + count * seconds;
}

/**
 * After the desired capacity was set: a launch more, or the newest launches cancelled once no idle instance is left.
 *
 * @param idle instances without work. @default those beyond the messages in flight
 */
export function withDesired(
  memory: CapacityMemory,
  seen: Observation,
  desired: number,
  idle = Math.max(0, seen.inService - seen.inFlight),
): CapacityMemory {
  const launches = memory.launches.map((launch) => ({ ...launch }));
  if (desired > seen.desired) launches.push({ at: seen.at, count: desired - seen.desired });
  cancelNewest(launches, seen.desired - desired - idle);
  while (launches.length > MOST_LAUNCHES) {
    const [first, second] = launches.splice(0, 2) as [Launch, Launch];
    launches.unshift({ at: second.at, count: first.count + second.count });
  }
  return { ...memory, launches };
}

/** Cancels instances of launches in this order. @param count none when it is negative @returns instances cancelled */
function cancel(launches: Launch[], inOrder: Launch[], count: number): number {
  let left = Math.max(0, count);
  const wanted = left;
  for (const launch of inOrder) {
    const less = Math.min(left, launch.count);
    launch.count -= less;
    left -= less;
  }
  launches.splice(0, launches.length, ...launches.filter((launch) => launch.count > 0));
  return wanted - left;
}
const cancelOldest = (launches: Launch[], count: number): number => cancel(launches, launches, count);
const cancelNewest = (launches: Launch[], count: number): number =>
  cancel(launches, launches.toReversed(), count);

/** Instance-seconds that capacity in service and on its way offers within the next boot time. */
export function secondsWithinBoot(memory: CapacityMemory, seen: Observation, boot: number): number {
  let seconds = seen.inService * boot;
  let { launches } = memory;
  if (seen.fastTier) {
    // Which of the launches resume is unknown; resumes come first, so that what is late boots.
    const { resuming, resumeSeconds } = seen.fastTier;
    launches = launches.map((launch) => ({ ...launch }));
    seconds += cancelNewest(launches, resuming) * Math.max(0, boot - resumeSeconds / 2);
  }
  for (const { at, count } of launches) {
    const age = seen.at - at;
    if (age > LATE * boot) continue;
    seconds += count * (boot - Math.max(boot - age, REMAINING * boot));
  }
  return seconds;
}

/** Instances on their way, and when they should be in service: a boot after their request, epoch seconds. */
export interface Coming {
  count: number;
  readyAt: number;
}

/**
 * Capacity on its way that is counted on, soonest first, as the launches are.
 *
 * @param expected instances on their way at most; launches beyond them, newest first, are left out
 */
export function comingOf(memory: CapacityMemory, at: number, boot: number, expected: number): Coming[] {
  const coming: Coming[] = [];
  let left = expected;
  for (const launch of memory.launches) {
    const count = Math.min(left, launch.count);
    if (count <= 0) break;
    left -= count;
    const age = at - launch.at;
    if (age <= LATE * boot) coming.push({ count, readyAt: launch.at + boot });
  }
  return coming;
}

/** Instances that should be in service by now and are not. */
export function lateOf(memory: CapacityMemory, at: number, boot: number): number {
  return memory.launches.reduce((sum, launch) => sum + (at - launch.at > LATE * boot ? launch.count : 0), 0);
}
