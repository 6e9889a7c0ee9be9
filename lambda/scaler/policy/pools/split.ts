/**
 * Splits the size of the fleet between its pools: the cheapest plan that has as many instances in service, or on their way, as
 * the rule wants at any time.
 *
 * Spot is the cheaper market, so an instance is on demand for one of two reasons: Spot refuses launches, or a stopped
 * instance resumes sooner than Spot boots. Either ends in a hand-over: a Spot instance is launched beside it, and once that is in
 * service the on-demand group shrinks by one. So no work is stopped, and each need has one instance that works and at most
 * one that boots.
 */
import { observeBursts, savingOf, stoppedWorth, type BurstMemory } from './bursts.ts';
import { lastedUntil, lastingWith } from './lasting.ts';
import { missingOf, spotBootOf, type PoolsNow } from './observe-pools.ts';
import type { PoolSettings, PoolsMemory } from './pools.ts';

export interface PoolsDecision {
  /** Instances that the rule wants, in service or on their way. */
  total: number;
  /** Whether photos would wait for instances that boot. */
  isBurst: boolean;
  /** Whether more instances than `total` may run for a hand-over. */
  canOverlap: boolean;
  /** Instances under way that are ended, each of which lowers its group's desired capacity. */
  ended: { spot: number; onDemand: number };
  /** Seconds per photo, and the price of waiting. @default unknown: no stopped instance is worth its volume */
  waiting?: { service: number; price: number } | undefined;
}

export interface PoolsPlan {
  /** Desired capacity of each group. */
  spot: number;
  onDemand: number;
  /** Stopped instances to keep. */
  stopped: number;
  memory: PoolsMemory;
}

/** Desired capacities, and how many of the Spot instances are for a hand-over. */
interface Sizes {
  spot: number;
  onDemand: number;
  handover: number;
}

/**
 * After so long an on-demand instance is handed over, seconds: the boot of a Spot instance then costs as much as on-demand has
 * cost more than Spot. Whatever comes, that is at most twice the least possible (ski rental; Karlin, Manasse, Rudolph and
 * Sleator 1988).
 */
export const handoverSeconds = (spotPriceShare: number, bootSeconds: number): number =>
  spotPriceShare < 1 ? (bootSeconds * spotPriceShare) / (1 - spotPriceShare) : Infinity;

export function splitFleet(now: PoolsNow, decision: PoolsDecision, settings: PoolSettings): PoolsPlan {
  const { seen, memory: before } = now;
  const { at, max } = seen;
  const sizes: Sizes = { spot: now.spot, onDemand: now.onDemand, handover: now.handover };
  const extra = decision.total - (sizes.spot + sizes.onDemand - sizes.handover);
  if (extra > 0) grow(sizes, extra, now, decision, settings);
  else shrink(sizes, -extra, now, decision);

  const lasting = lastingWith(before.lasting, sizes.onDemand, at);
  if (decision.canOverlap && !now.isRepeated) {
    bridge(sizes, now);
    const boot = spotBootOf(before, settings.bootSeconds);
    const since = at - handoverSeconds(settings.spotPriceShare, boot);
    startHandover(sizes, now, lastedUntil(lasting, since));
  }
  // A limit that was lowered ends a hand-over first.
  const beyond = Math.min(sizes.handover, Math.max(0, sizes.spot + sizes.onDemand - max));
  sizes.spot -= beyond;
  sizes.handover -= beyond;
  const { spot, onDemand, handover } = sizes;
  const isReturning = before.isReturning && onDemand > handover;
  const learned = learnStopped(now, decision, settings);
  const resuming = Math.max(0, onDemand - seen.onDemand.inService - seen.onDemand.pending);
  const { stopped: known } = now.memory;
  return {
    ...{ spot, onDemand, stopped: learned?.stopped ?? settings.fastTier },
    memory: {
      ...before,
      ...(learned && { bursts: learned.bursts }),
      ...{ handover, isReturning, lasting: lastingWith(lasting, onDemand, at) },
      ...(known && { stopped: { ...known, count: Math.max(0, known.count - resuming) } }),
      coming: Math.max(0, spot - seen.spot.inService),
    },
  };
}

/** @returns undefined where the number of stopped instances is fixed */
function learnStopped(
  { seen, view, memory }: PoolsNow,
  { total, isBurst, waiting = { service: 1, price: 0 } }: PoolsDecision,
  { fastTier, learned, bootSeconds }: PoolSettings,
): { bursts: BurstMemory; stopped: number } | undefined {
  if (!learned) return undefined;
  const boot = spotBootOf(memory, bootSeconds);
  const look = { at: seen.at, isBurst, total, inService: view.inService, boot };
  const bursts = observeBursts(memory.bursts, look);
  const saving = savingOf(boot, view.fastTier?.resumeSeconds ?? boot, waiting.service, waiting.price);
  const stopped = stoppedWorth(bursts, { saving, volumeShare: learned.volumeShare, limit: fastTier });
  return { bursts, stopped };
}

/** Spot launches that may be made now: after a shortage one, to try, while none is missing. */
const spotAllowed = ({ seen, isOpen, memory, isRepeated }: PoolsNow): number => {
  if (!isOpen.spot) return 0;
  if (memory.shortAt === undefined) return Infinity;
  return isRepeated || missingOf(seen.spot) > 0 ? 0 : 1;
};

function grow(
  sizes: Sizes,
  extra: number,
  now: PoolsNow,
  { isBurst }: PoolsDecision,
  { spotPriceShare }: PoolSettings,
): void {
  const { seen, isOpen } = now;
  let left = extra;
  const add = (pool: 'spot' | 'onDemand', most: number): number => {
    const count = Math.min(left, Math.max(0, most), Math.max(0, seen[pool].max - sizes[pool]));
    sizes[pool] += count;
    left -= count;
    return count;
  };
  // On-demand instances that were replaced, or were to be, are needed themselves.
  add('onDemand', now.replaced);
  const kept = Math.min(left, sizes.handover);
  sizes.handover -= kept;
  left -= kept;
  const resuming = Math.max(0, sizes.onDemand - seen.onDemand.inService - seen.onDemand.pending);
  if (isBurst && isOpen['on-demand']) add('onDemand', seen.stopped - resuming);
  if (spotPriceShare < 1) add('spot', spotAllowed(now));
  if (isOpen['on-demand']) add('onDemand', Infinity);
  // Where both refuse, Auto Scaling goes on trying the cheaper one.
  add('spot', Infinity);
  add('onDemand', Infinity);
}

/** Instances that are ended go first, then the missing, then the more expensive ones; none in service in the place of one that boots. */
function shrink(sizes: Sizes, count: number, { seen }: PoolsNow, { ended, total }: PoolsDecision): void {
  let left = count;
  const take = (pool: 'spot' | 'onDemand', most: number): void => {
    const least = pool === 'spot' ? Math.max(seen.spot.min, sizes.handover) : seen.onDemand.min;
    const less = Math.min(left, Math.max(0, most), Math.max(0, sizes[pool] - least));
    sizes[pool] -= less;
    left -= less;
    sizes.handover = Math.min(sizes.handover, sizes.onDemand);
  };
  take('spot', ended.spot);
  take('onDemand', Math.min(ended.onDemand, sizes.onDemand - sizes.handover));
  take('spot', missingOf({ ...seen.spot, desired: sizes.spot }) - sizes.handover);
  const inService =
    Math.min(sizes.spot, seen.spot.inService) + Math.min(sizes.onDemand, seen.onDemand.inService);
  const unpaired = () => sizes.onDemand - sizes.handover;
  take('onDemand', Math.min(unpaired(), inService - total));
  take('onDemand', Math.min(unpaired(), sizes.onDemand - seen.onDemand.inService));
  take('spot', sizes.spot - seen.spot.inService - sizes.handover);
  take('onDemand', unpaired());
  // An on-demand instance and the one that was to replace it.
  const pairs = Math.min(left, sizes.handover, Math.max(0, sizes.onDemand - seen.onDemand.min));
  sizes.spot -= pairs;
  sizes.onDemand -= pairs;
  sizes.handover -= pairs;
  left -= pairs;
  take('spot', Infinity);
}

/** Stopped instances resume in the place of Spot instances that were lost, until Auto Scaling has replaced them. */
function bridge(sizes: Sizes, { seen, lost, isOpen }: PoolsNow): void {
  if (!isOpen['on-demand']) return;
  const { spot, onDemand, handover } = sizes;
  const coming = Math.max(0, spot - seen.spot.inService) - handover;
  const room = Math.min(seen.max - spot - onDemand, seen.onDemand.max - onDemand);
  const count = Math.max(0, Math.min(lost, coming, seen.stopped, room));
  sizes.onDemand += count;
  sizes.handover += count;
}

/** @param lasted on-demand instances that have been requested for long enough */
function startHandover(sizes: Sizes, now: PoolsNow, lasted: number): void {
  const { seen, memory } = now;
  const { spot, onDemand, handover } = sizes;
  const launched = Math.max(0, spot - now.spot);
  const allowed = memory.isReturning ? Math.min(1, spotAllowed(now)) - launched : spotAllowed(now);
  const room = Math.min(seen.max - spot - onDemand, seen.spot.max - spot);
  const inService = Math.min(onDemand, seen.onDemand.inService);
  const count = Math.max(0, Math.min(allowed, room, Math.min(lasted, inService) - handover));
  sizes.spot += count;
  sizes.handover += count;
}
