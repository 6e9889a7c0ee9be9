/** Capacity on its way: what was asked for and is not in service yet, when it should be, and how long that takes. */
import type { Observation } from './observation.ts';

/** Asked for at the same time. */
export interface Launch {
  at: number;
  count: number;
}

export interface CapacityMemory {
  /** Oldest first. */
  launches: Launch[];
  inService: number;
  /** Measured boots of late, and their seconds. */
  boots: number;
  bootSeconds: number;
}

export const emptyCapacity = (): CapacityMemory => ({ launches: [], inService: 0, boots: 0, bootSeconds: 0 });

/** Boots after which earlier ones have faded by 1/e, and boots that the first guess counts for. */
const BOOT_MEMORY = 20;
const GUESS_BOOTS = 1;
/** Multiple of the boot time after which an instance is late: it is counted on no more. */
export const LATE = 2;
/** A late launch is not yet lost: this share of a boot is what it seems to need still. */
const REMAINING = 0.1;
/** Launches are remembered one by one up to here; older ones are put together. */
const MOST_LAUNCHES = 32;

/** Seconds from asking for an instance to its service: measured, or a first guess until then. */
export function bootOf({ boots, bootSeconds }: CapacityMemory, guess: number): number {
  return (bootSeconds + GUESS_BOOTS * guess) / (boots + GUESS_BOOTS);
}

/**
 * What the group shows, put beside what was asked for: the oldest launches are the first in service. More on its way
 * than remembered was asked for by somebody else, or stands in for an instance that was lost.
 */
export function observeCapacity(seen: Observation, before: CapacityMemory): CapacityMemory {
  const after: CapacityMemory = {
    ...before,
    launches: before.launches.filter(({ at }) => at <= seen.at).map((launch) => ({ ...launch })),
    inService: seen.inService,
  };
  const coming = Math.max(0, seen.desired - seen.inService);
  let known = after.launches.reduce((sum, { count }) => sum + count, 0);
  let arrived = Math.max(0, seen.inService - before.inService);
  while (known > coming) {
    const [oldest] = after.launches;
    if (!oldest) break;
    const gone = Math.min(oldest.count, known - coming);
    const ready = Math.min(gone, arrived);
    arrived -= ready;
    if (ready > 0) learnBoot(after, seen.at - oldest.at, ready);
    oldest.count -= gone;
    known -= gone;
    if (oldest.count === 0) after.launches.shift();
  }
  // What is not given counts as asked for just now: nobody counts on it, and no boot looks as long as a shortage.
  const missing = Math.min(coming, seen.unfulfilled ?? 0);
  known -= callOff(after.launches, missing);
  if (coming > known) after.launches.push({ at: seen.at, count: coming - known });
  return after;
}

function learnBoot(memory: CapacityMemory, seconds: number, count: number): void {
  const fading = Math.exp(-count / BOOT_MEMORY);
  memory.boots = memory.boots * fading + count;
  memory.bootSeconds = memory.bootSeconds * fading + count * seconds;
}

/** After the desired capacity changed from what was seen: more is on its way, or the newest launches are called off. */
export function withDesired(memory: CapacityMemory, seen: Observation, desired: number): CapacityMemory {
  const launches = memory.launches.map((launch) => ({ ...launch }));
  if (desired > seen.desired) launches.push({ at: seen.at, count: desired - seen.desired });
  callOff(launches, seen.desired - desired - Math.max(0, seen.inService - seen.inFlight));
  while (launches.length > MOST_LAUNCHES) {
    const [first, second] = launches.splice(0, 2) as [Launch, Launch];
    launches.unshift({ at: second.at, count: first.count + second.count });
  }
  return { ...memory, launches };
}

/** The newest launches go first. */
function callOff(launches: Launch[], count: number): number {
  let left = count;
  while (left > 0) {
    const newest = launches.at(-1);
    if (!newest) break;
    const less = Math.min(left, newest.count);
    newest.count -= less;
    left -= less;
    if (newest.count === 0) launches.pop();
  }
  return count - left;
}

/** Instance-seconds that capacity in service and on its way has to offer within the next boot time. */
export function secondsWithinBoot(memory: CapacityMemory, seen: Observation, boot: number): number {
  let seconds = seen.inService * boot;
  for (const { at, count } of memory.launches) {
    const age = seen.at - at;
    if (age > LATE * boot) continue;
    seconds += count * (boot - Math.max(boot - age, REMAINING * boot));
  }
  return seconds;
}

/** Instances on their way, and when they should be in service, epoch seconds. */
export interface Coming {
  count: number;
  readyAt: number;
}

/**
 * Capacity on its way that can be counted on, soonest first. What is late by more than another boot is left out, as the
 * rule itself leaves it out.
 *
 * @param expected instances on their way at most; what was remembered beyond them, newest first, is not really coming
 */
export function comingOf(memory: CapacityMemory, at: number, boot: number, expected: number): Coming[] {
  const coming: Coming[] = [];
  let left = expected;
  for (const launch of memory.launches) {
    const count = Math.min(left, launch.count);
    if (count <= 0) break;
    left -= count;
    const age = at - launch.at;
    if (age <= LATE * boot) coming.push({ count, readyAt: at + Math.max(boot - age, REMAINING * boot) });
  }
  return coming.sort((a, b) => a.readyAt - b.readyAt);
}

/** Instances that were asked for longer ago than a launch should take. */
export function lateOf(memory: CapacityMemory, at: number, boot: number): number {
  return memory.launches.reduce((sum, launch) => sum + (at - launch.at > LATE * boot ? launch.count : 0), 0);
}
