/**
 * What became of the last plan: refused launches move to the other pool, and Spot instances that have come into service
 * take the place of on-demand ones. The rule that sizes the fleet then sees the two pools as one group.
 */
import type { FastTier } from '../observation.ts';
import type { PoolName } from './pool-name.ts';
import type { PoolCounts, PoolSettings, PoolsMemory, PoolsSeen, RefusedLaunch } from './pools.ts';
import { isClosed, rememberRefusals } from './refusals.ts';

/** Auto Scaling shows an instance as pending within seconds: what is missing for longer is refused, reported or not, seconds. */
export const SILENT_SECONDS = 60;

/** So long the last known number of stopped instances counts while it cannot be read; then none does, seconds. */
export const STOPPED_KNOWN_SECONDS = 120;

/** With a number of stopped instances that may be relied on. */
type PoolsKnown = PoolsSeen & { stopped: number };

export interface PoolsNow {
  seen: PoolsKnown;
  /** A second tick at the same instant: nothing moves again. */
  isRepeated: boolean;
  /** Desired capacity of each pool before the rule's decision, without what is replaced. */
  spot: number;
  onDemand: number;
  /** See {@link PoolsMemory}. */
  handover: number;
  /** On-demand instances that are not needed any more, since the Spot instances in their place are in service. */
  replaced: number;
  /** Spot instances that were in service at the last tick, or on their way, and are not any more. */
  lost: number;
  /** Missing instances that count as refused from now on, though no refusal is reported. */
  unlaunched: Record<PoolName, number>;
  /** Whether a pool may launch instances. */
  isOpen: Record<PoolName, boolean>;
  memory: PoolsMemory;
  /** The two pools as one group. */
  view: { desired: number; inService: number; pending: number; fastTier?: FastTier };
}

/** Requested instances that do not boot yet. */
export const missingOf = ({ desired, inService, pending }: PoolCounts): number =>
  Math.max(0, desired - inService - pending);

const FIRST: Omit<PoolsMemory, 'at'> = {
  handover: 0,
  coming: 0,
  refusals: [],
  isReturning: false,
  missingSince: {},
  lasting: [],
  boots: 0,
  bootSeconds: 0,
};

/** Boots after which the weight of earlier ones has fallen to 1/e. */
const BOOT_MEMORY = 20;

/** Seconds from requesting a Spot instance to its service: measured, weighted with a first guess. */
export const spotBootOf = (
  { boots, bootSeconds }: Pick<PoolsMemory, 'boots' | 'bootSeconds'>,
  guess: number,
): number => (bootSeconds + guess) / (boots + 1);

/** Seconds from requesting a stopped instance to its service, where none was measured: what an image with its model loaded takes. */
const RESUME_SECONDS = 50;

function fastTierOf(
  { stopped, onDemand: { inService, pending } }: PoolsKnown,
  { resumes, resumeSeconds, onDemand }: { resumes: number; resumeSeconds: number; onDemand: number },
): FastTier {
  const missing = Math.max(0, onDemand - inService - pending);
  return {
    stopped: Math.max(0, stopped - missing),
    resuming: Math.max(0, Math.min(onDemand - inService, pending + Math.min(missing, stopped))),
    resumeSeconds: (resumeSeconds + RESUME_SECONDS) / (resumes + 1),
  };
}

/** Missing instances of a pool that reports no refusal; a whole market that does not answer counts as refused. */
function silentRefusal(
  { at }: PoolsSeen,
  pool: PoolName,
  missing: number,
  before: number | undefined,
): { since: number | undefined; refused: RefusedLaunch[] } {
  if (missing === 0) return { since: undefined, refused: [] };
  const since = Math.min(before ?? at, at);
  return { since, refused: at - since >= SILENT_SECONDS ? [{ pool, at }] : [] };
}

/** Those that are known, with those that are asked to resume and do not yet: as the group counts them. */
function stoppedOf({ at, stopped, onDemand }: PoolsSeen, known: PoolsMemory['stopped']): number {
  if (stopped !== null) return stopped;
  const isRecent = known && at >= known.at && at - known.at <= STOPPED_KNOWN_SECONDS;
  return isRecent ? known.count + missingOf(onDemand) : 0;
}

export function observePools(
  read: PoolsSeen,
  remembered: PoolsMemory | undefined,
  settings: PoolSettings,
): PoolsNow {
  const { at } = read;
  const before = remembered ?? { at: -Infinity, ...FIRST };
  const seen = { ...read, stopped: stoppedOf(read, before.stopped) };
  const stoppedAt = read.stopped === null ? before.stopped?.at : at;
  const isRepeated = before.at === at;
  const missing = { spot: missingOf(seen.spot), onDemand: missingOf(seen.onDemand) };
  const silent = {
    spot: silentRefusal(seen, 'spot', missing.spot, before.missingSince.spot),
    onDemand: silentRefusal(seen, 'on-demand', missing.onDemand, before.missingSince.onDemand),
  };
  const refused = [...seen.refused, ...silent.spot.refused, ...silent.onDemand.refused];
  const refusals = rememberRefusals(before.refusals, refused, at, seen.spotGivenAt);
  const isOpenNow = (pool: PoolName) => !isClosed(refusals, pool, settings.types, settings.zones);
  const isOpen = { spot: isOpenNow('spot'), 'on-demand': isOpenNow('on-demand') };
  // A refusal since the last tick, of one type in one zone too: Auto Scaling has tried the others by now.
  const isRefused = (pool: PoolName) =>
    !isOpen[pool] || refused.some((one) => one.pool === pool && one.at > before.at);

  // Once for each time that it is remembered, and not beside a refusal that Auto Scaling has reported.
  const known = before.refusals.filter(({ until }) => until > at);
  const unlaunchedOf = (pool: PoolName, count: number, { refused: silently }: { refused: RefusedLaunch[] }) =>
    isRepeated || silently.length === 0 || isClosed(known, pool, settings.types, settings.zones) ? 0 : count;
  const unlaunched = {
    spot: unlaunchedOf('spot', missing.spot, silent.spot),
    'on-demand': unlaunchedOf('on-demand', missing.onDemand, silent.onDemand),
  };

  let { desired: spot } = seen.spot;
  let { desired: onDemand } = seen.onDemand;
  let handover = Math.min(before.handover, spot, onDemand);
  let moved = 0;
  let retried = 0;
  if (!isRepeated) {
    if (isRefused('spot')) {
      // What only was to take the place of an on-demand instance stays there.
      const kept = Math.min(handover, missing.spot);
      spot -= kept;
      handover -= kept;
      const room = isOpen['on-demand'] ? Math.max(0, seen.onDemand.max - onDemand) : 0;
      moved = Math.min(missing.spot - kept, room);
      spot -= moved;
      onDemand += moved;
    } else if (isRefused('on-demand') && isOpen.spot) {
      // Auto Scaling tries a stopped instance again sooner than Spot boots.
      const { since = at } = silent.onDemand;
      retried = at - since < SILENT_SECONDS ? Math.min(missing.onDemand, seen.stopped) : 0;
      moved = Math.min(missing.onDemand - retried, onDemand - handover, Math.max(0, seen.spot.max - spot));
      spot += moved;
      onDemand -= moved;
    }
  }
  const coming = Math.max(0, spot - seen.spot.inService);
  const replaced = Math.max(0, handover - coming);
  onDemand -= replaced;
  handover -= replaced;

  const booted = isRepeated ? [] : seen.booted;
  const resumed = isRepeated || settings.fastTier === 0 ? [] : (seen.resumed ?? []);
  const fading = Math.exp(-booted.length / BOOT_MEMORY);
  const shortAt = shortAtOf(seen, before, refused, isOpen.spot);
  const lost = remembered && !isRepeated && moved === 0 ? Math.max(0, coming - before.coming) : 0;
  const fadingOnDemand = Math.exp(-resumed.length / BOOT_MEMORY);
  const resumes = (before.resumes ?? 0) * fadingOnDemand + resumed.length;
  const resumeSeconds =
    (before.resumeSeconds ?? 0) * fadingOnDemand + resumed.reduce((sum, seconds) => sum + seconds, 0);
  const desired = spot + onDemand - handover;
  const inService = Math.min(
    desired,
    Math.min(spot, seen.spot.inService) + Math.min(onDemand, seen.onDemand.inService),
  );
  const onTheWay = seen.spot.pending + seen.onDemand.pending + moved + retried;
  return {
    ...{ seen, isRepeated, spot, onDemand, handover, replaced, lost, unlaunched, isOpen },
    memory: {
      ...{ at, handover, coming: before.coming, refusals, lasting: before.lasting },
      boots: before.boots * fading + booted.length,
      bootSeconds: before.bootSeconds * fading + booted.reduce((sum, seconds) => sum + seconds, 0),
      ...(shortAt === undefined ? {} : { shortAt }),
      ...(settings.fastTier > 0 && { resumes, resumeSeconds }),
      ...(settings.fastTier > 0 &&
        stoppedAt !== undefined && { stopped: { at: stoppedAt, count: seen.stopped } }),
      ...(before.bursts && { bursts: before.bursts }),
      isReturning: shortAt !== undefined || before.isReturning,
      missingSince: {
        ...(silent.spot.since === undefined ? {} : { spot: silent.spot.since }),
        ...(silent.onDemand.since === undefined ? {} : { onDemand: silent.onDemand.since }),
      },
    },
    view: {
      ...{ desired, inService, pending: Math.min(desired - inService, onTheWay) },
      ...(settings.fastTier > 0 && { fastTier: fastTierOf(seen, { resumes, resumeSeconds, onDemand }) }),
    },
  };
}

/** When Spot last refused a launch, while it has given none since. */
function shortAtOf(
  { at, spotGivenAt = -Infinity }: PoolsSeen,
  before: Pick<PoolsMemory, 'shortAt'>,
  refused: RefusedLaunch[],
  isOpen: boolean,
): number | undefined {
  const known = before.shortAt ?? -Infinity;
  const latest = Math.max(known, ...refused.filter(({ pool }) => pool === 'spot').map((one) => one.at));
  const shortAt = isOpen ? known : Math.min(at, latest);
  return spotGivenAt > shortAt || shortAt === -Infinity ? undefined : shortAt;
}
