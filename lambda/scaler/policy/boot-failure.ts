/**
 * Launches that never came into service: an image that does not boot, a GPU that does not answer.
 *
 * Auto Scaling replaces such an instance at once, for ever. After three in a row without a success the fleet therefore asks
 * for one instance at a time, with growing pauses, until one comes into service (a circuit breaker). A failure counts once,
 * by its scaling activity, and only if it started after the latest success: beside others that boot it is a straggler.
 */
import { LATE } from './capacity.ts';
import type { InstanceLaunch, Observation } from './observation.ts';

export interface BootFailureMemory {
  /** Last tick that read the launches, epoch seconds. */
  at: number;
  /** Launches in a row that never came into service. */
  failures: number;
  /** Activities of recent launches that are known to have failed. */
  counted: string[];
  /** Activities of recent launches whose instance the scaler has ended. */
  ended: string[];
  /** When a launch last came into service, epoch seconds; absent if that is not known. */
  succeededAt?: number;
  /** Whether launches probably fail: with those that are late, there are {@link BREAKER_FAILURES} in a row. */
  suspected: boolean;
  /** After the latest failure; from {@link BREAKER_FAILURES} in a row. */
  pause?: { seconds: number; until: number };
  /** The latest failures, oldest first. */
  latest: BootFailure[];
}

export interface BootFailure {
  /** When it was noticed, epoch seconds. */
  at: number;
  instance?: string;
  /** In the words of the instance's worker, or of Auto Scaling. */
  why?: string;
}

/** What a tick sees of launches. */
export type LaunchesSeen = Pick<Observation, 'at' | 'launches' | 'tickSeconds' | 'launchTimeoutSeconds'>;

/** After a failure, each twice as long as the one before, seconds. */
export interface Pauses {
  firstSeconds: number;
  longestSeconds: number;
}

/** What the breaker allows. */
export interface BootLimit {
  /** Instances. */
  max: number;
  /** Launches under way to end, so that Auto Scaling does not replace them. */
  ends: InstanceLaunch[];
}

/** Failures in a row from which the fleet asks for one instance at a time. */
export const BREAKER_FAILURES = 3;
export const FIRST_PAUSE_SECONDS = 30;
export const LONGEST_PAUSE_SECONDS = 900;
const FLEET_PAUSES: Pauses = { firstSeconds: FIRST_PAUSE_SECONDS, longestSeconds: LONGEST_PAUSE_SECONDS };
/** No instance boots within this: one that is launched in the pause is in service after it. */
const SHORT_PAUSE_SECONDS = 60;
/** How many of the latest failures are remembered. */
export const KEPT_FAILURES = 3;
/** Launches are read this far back: a hook's time, and that of a scaler that was away, seconds. */
export const LAUNCHES_SECONDS = 1800;
/** Activities that are remembered, and characters of a reason. */
export const MOST_LAUNCHES = 300;
export const MOST_REASON_CHARACTERS = 300;
/** Where the time between ticks is longer, or unknown, seconds. */
const LONGEST_TICK_SECONDS = 60;

const tickOf = ({ tickSeconds = Infinity }: Pick<Observation, 'tickSeconds'>) =>
  Math.min(LONGEST_TICK_SECONDS, tickSeconds);
/** Whether the fleet asks for one instance at a time. */
export const isOpen = (memory: BootFailureMemory | undefined): boolean =>
  (memory?.failures ?? 0) >= BREAKER_FAILURES;

/** Launches under way that the scaler has not ended, oldest first. */
export const underWay = (
  { launches = [] }: Pick<Observation, 'launches'>,
  memory: BootFailureMemory | undefined,
) =>
  launches
    .filter(({ id, outcome }) => outcome === 'under-way' && !memory?.ended.includes(id))
    .sort((a, b) => a.startedAt - b.startedAt);

/** End of a launch's hook; Auto Scaling then launches another instance at once. */
const hookEnd = (seen: LaunchesSeen, { startedAt }: InstanceLaunch) =>
  startedAt + (seen.launchTimeoutSeconds ?? Infinity);

/**
 * Brings the memory up to a tick; undefined while there is nothing to remember.
 *
 * @param boot seconds
 */
export function observeBootFailures(
  seen: LaunchesSeen,
  before: BootFailureMemory | undefined,
  boot: number,
  pauses = FLEET_PAUSES,
): BootFailureMemory | undefined {
  const { at, launches } = seen;
  // A second tick at the same instant learns nothing, and neither does one that could not read the launches.
  if (!launches || before?.at === at) return before;
  const succeeded = succeededAt(seen, before);
  const row = succeeded > (before?.succeededAt ?? -Infinity) ? undefined : before;
  const known = new Set(launches.map(({ id }) => id));
  const counted = before?.counted.filter((id) => known.has(id)) ?? [];
  const ended = before?.ended.filter((id) => known.has(id)) ?? [];

  const fresh = launches.filter(({ id }) => !counted.includes(id));
  const failed = fresh.filter(({ outcome }) => outcome === 'boot-failed');
  // Given up before the hook's end: after it another launch, for which no pause was made, would be under way.
  const overdue = underWay({ ...seen, launches: fresh }, before).filter(
    (launch) => at + tickOf(seen) >= hookEnd(seen, launch),
  );
  const isOfRow = ({ startedAt }: InstanceLaunch) => startedAt > succeeded;
  const together = [...failed, ...overdue].filter(isOfRow);
  const opens = (row?.failures ?? 0) + together.length >= BREAKER_FAILURES;
  const added = opens ? together : failed.filter(isOfRow);
  const failures = (row?.failures ?? 0) + added.length;
  const all = [...counted, ...new Set([...failed, ...added].map(({ id }) => id))];
  const late = underWay(seen, before).filter(
    (launch) => isOfRow(launch) && at - launch.startedAt > LATE * boot && !all.includes(launch.id),
  );
  const suspected = failures + late.length >= BREAKER_FAILURES;
  const isIdle = failures + all.length + ended.length === 0 && !suspected;
  // A success that has left the activities still tells which launches are no row.
  if (isIdle && (!before || succeeded < at - LAUNCHES_SECONDS)) return undefined;
  const pause = opens && added.length > 0 ? pauseAfter(seen, added, row, pauses) : row?.pause;
  const noticed = added.map(({ instance, why }) => ({
    at,
    ...(instance && { instance }),
    ...(why && { why: why.slice(0, MOST_REASON_CHARACTERS) }),
  }));
  return {
    at,
    failures,
    counted: all.slice(-MOST_LAUNCHES),
    ended,
    suspected,
    ...(succeeded > -Infinity && { succeededAt: succeeded }),
    ...(pause && { pause }),
    latest: [...(row?.latest ?? []), ...noticed].slice(-KEPT_FAILURES),
  };
}

/** The pause from the end of the hook on, also where the launch is given up a little before. */
function pauseAfter(
  seen: LaunchesSeen,
  failed: InstanceLaunch[],
  row: BootFailureMemory | undefined,
  { firstSeconds, longestSeconds }: Pauses,
) {
  const seconds = row?.pause ? Math.min(longestSeconds, 2 * row.pause.seconds) : firstSeconds;
  const ends = failed.map((launch) => (launch.outcome === 'under-way' ? hookEnd(seen, launch) : seen.at));
  return { seconds, until: Math.max(...ends) + seconds };
}

/**
 * Limits the fleet to what is in service and one launch, after the pause. While it is only probable that launches fail,
 * since three are late and none has come into service since, the fleet does not grow.
 *
 * @param min of the group: Auto Scaling launches up to it by itself
 */
export function bootLimit(seen: Observation, memory: BootFailureMemory | undefined, min: number): BootLimit {
  const { at, desired, inService, pending } = seen;
  const launches = underWay(seen, memory);
  const held = Math.max(min, desired);
  if (!memory || !isOpen(memory)) return { max: memory?.suspected ? held : Infinity, ends: [] };
  // Unknown launches are not ended, and no more are made.
  if (!seen.launches) return { max: held, ends: [] };
  const { pause, latest, counted } = memory;
  const until = pause?.until ?? -Infinity;
  const failedAt = latest.at(-1)?.at ?? -Infinity;
  const hopeful = launches.filter(({ id }) => !counted.includes(id));
  // Auto Scaling's own replacement of a failed launch is kept if it cannot be in service before the pause is over anyway.
  const isReplacement = ({ startedAt }: InstanceLaunch) => startedAt >= failedAt - tickOf(seen);
  const isShort = until - at <= SHORT_PAUSE_SECONDS;
  const probe = hopeful.find((one) => isShort || !isReplacement(one));
  const allowed = Math.max(min, inService + (probe || at >= until ? 1 : 0));
  // Those that are given up come last, and are ended first.
  const surplus = [...hopeful, ...launches.filter(({ id }) => counted.includes(id))].filter(
    (one) => one !== probe && one.instance !== undefined,
  );
  // What is in service stays: a lower capacity that names no instance could terminate one that works.
  const unlaunched = Math.max(0, desired - inService - pending);
  const removable = inService === 0 ? Infinity : surplus.length + unlaunched;
  const max = Math.max(allowed, desired - removable);
  const excess = Math.max(0, desired - unlaunched - max);
  return { max, ends: excess > 0 ? surplus.slice(-excess) : [] };
}

/** When a launch last came into service, epoch seconds. */
export const succeededAt = (
  { at, launches = [] }: Pick<Observation, 'at' | 'launches'>,
  memory: BootFailureMemory | undefined,
): number =>
  Math.max(
    memory?.succeededAt ?? -Infinity,
    ...launches.flatMap(({ outcome, endedAt = at }) => (outcome === 'in-service' ? endedAt : [])),
  );
