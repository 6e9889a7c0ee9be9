/** What has had no work: instances at each recent tick, and the queue. Only what was idle for a time is removed. */
import type { IdleCount } from './decision.ts';

/** A gap of more than this many ticks between two observations: something in between was missed. */
const MISSED_TICKS = 2.5;
const MOST_TICKS = 120;

/** Whether no tick was missed between two times, epoch seconds; false without an earlier one (NaN is not at most anything). */
export const isUnbroken = (before: number | undefined, now: number, tickSeconds: number): boolean =>
  now - (before ?? NaN) <= MISSED_TICKS * tickSeconds;

/**
 * Instances without work, or with so little that the others could do it.
 *
 * Where an instance works on one photo at a time there is none while a message is visible: SQS may count one that has just started as visible.
 * Where it works on several, some are visible for an instant at any rate of arrivals, and count as those in flight.
 *
 * @param held photos in flight of a busy instance
 */
export function idleInstances(visible: number, inService: number, inFlight: number, held = 1): number {
  if (held > 1) return Math.max(0, inService - Math.ceil((visible + inFlight) / held));
  return visible > 0 ? 0 : Math.max(0, inService - inFlight);
}

/** Photos of which an instance does this many in a tick are short: whether one is in progress at its instant says little. */
const SHORT = 10;
/** Clearing what waits takes less than this, seconds. */
const SOON_SECONDS = 1;
/** Part of an instance that must be idle beyond a whole one. */
const SURE = 0.3;

/**
 * Instances that short photos left idle, the mean over a tick. A message that is visible for an instant while all are
 * at work hides them from {@link idleInstances}.
 *
 * @param service seconds per photo
 */
export function idleByWork(
  { visible, inService }: { visible: number; inService: number },
  { seconds, busySeconds }: { seconds: number; busySeconds?: number },
  service: number,
): number {
  if (busySeconds === undefined || seconds < SHORT * service) return 0;
  if (visible * service > SOON_SECONDS * inService) return 0;
  return Math.max(0, Math.floor(inService - busySeconds / seconds - SURE));
}

/** Ticks that cover a time; 1 where the time between ticks is unknown. */
export const ticksFor = (seconds: number, tickSeconds: number): number =>
  Number.isFinite(tickSeconds)
    ? Math.min(MOST_TICKS, Math.max(1, Math.ceil(seconds / tickSeconds - 0.5)))
    : 1;

/**
 * The latest `ticks` counts, with this one. Counts later than this one are dropped: the clock was set back. Of two at
 * the same instant the smaller one stays.
 */
export function recordIdle(before: IdleCount[], now: IdleCount, ticks: number): IdleCount[] {
  const last = before.at(-1);
  if (last?.at === now.at) {
    return [...before.slice(0, -1), { at: now.at, count: Math.min(last.count, now.count) }];
  }
  const kept = before.slice(Math.max(0, before.length - ticks + 1));
  while (kept.length > 0 && (kept[kept.length - 1] as IdleCount).at > now.at) kept.pop();
  kept.push(now);
  return kept;
}

const meanCount = (idle: IdleCount[]): number =>
  idle.reduce((sum, { count }) => sum + count, 0) / Math.max(1, idle.length);

/**
 * Instances that were idle over the recorded ticks, on average, and are at the latest one: what is idle at every one of them depends
 * on how often one looks.
 *
 * @returns a whole number; 0 with fewer than `ticks` of them, or a missed one
 */
export function idleOver(idle: IdleCount[], ticks: number, tickSeconds: number): number {
  if (idle.length < ticks) return 0;
  for (let k = 1; k < idle.length; k++) {
    if (!isUnbroken((idle[k - 1] as IdleCount).at, (idle[k] as IdleCount).at, tickSeconds)) return 0;
  }
  return Math.min(Math.round(meanCount(idle)), Math.floor(idle.at(-1)?.count ?? 0));
}

/** The record once some of the idle instances were removed: as many fewer, on average too. */
export function withoutRemoved(idle: IdleCount[], removed: number): IdleCount[] {
  const mean = meanCount(idle);
  return idle.map(({ at, count }) => ({ at, count: Math.max(0, Math.min(count, mean) - removed) }));
}

/**
 * Since when every tick saw an empty queue, epoch seconds; undefined with a backlog. A missed tick starts it again, and
 * so does a clock that was set back.
 */
export function emptySinceOf(
  { at, backlog, tickSeconds }: { at: number; backlog: number; tickSeconds: number },
  before: { at: number | undefined; emptySince: number | undefined },
): number | undefined {
  if (backlog > 0) return undefined;
  return isUnbroken(before.at, at, tickSeconds) ? Math.min(before.emptySince ?? at, at) : at;
}
