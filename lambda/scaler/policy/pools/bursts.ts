/**
 * How many stopped instances are worth their volumes: each one that a burst asks for saves waits, each one that is kept costs its
 * volume all the time. Bursts are counted by size, so that the answer is one of renewal and reward: bursts per second of at
 * least k instances, times what the k-th saves, against its cost per second.
 */

export interface BurstMemory {
  /** Last tick, epoch seconds. */
  at: number;
  /** Fading weight of the bursts seen, by size: see {@link SIZES}. */
  weights: number[];
  /** Fading seconds watched. */
  seconds: number;
  /** The burst under way: since when, in service then, and the most that was wanted within a boot. */
  now?: { since: number; inService: number; most: number };
}

/** Instances beyond those in service; a burst counts for the largest size that it reaches. */
export const SIZES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024];
/** Seconds after which the weight of a burst has fallen to 1/e: four weeks. */
const MEMORY_SECONDS = 28 * 86_400;

interface BurstLook {
  at: number;
  isBurst: boolean;
  /** Instances wanted, and in service. */
  total: number;
  inService: number;
  /** Seconds. */
  boot: number;
}

export function observeBursts(before: BurstMemory | undefined, look: BurstLook): BurstMemory {
  const { at, isBurst, total, inService, boot } = look;
  if (!before) return { at, weights: SIZES.map(() => 0), seconds: 0, ...begun(look) };
  const passed = at - before.at;
  // A second tick at the same instant learns nothing, and a clock that was set back says nothing of the time between.
  if (passed <= 0) return passed === 0 ? before : { ...before, at };
  const kept = Math.exp(-passed / MEMORY_SECONDS);
  const weights = SIZES.map((_, k) => (before.weights[k] ?? 0) * kept);
  const seconds = before.seconds * kept + passed;
  const { now } = before;
  if (!now) return { at, weights, seconds, ...begun(look) };
  const isYoung = at - now.since < boot;
  const most = isYoung ? Math.max(now.most, total) : now.most;
  // It is over once no photo waits for instances any more, and all that were wanted are in service.
  if (isYoung || isBurst || total > inService) return { at, weights, seconds, now: { ...now, most } };
  const size = SIZES.findLastIndex((least) => most - now.inService >= least);
  if (size >= 0) weights[size] = (weights[size] ?? 0) + 1;
  return { at, weights, seconds };
}

const begun = ({ at, isBurst, total, inService }: BurstLook): Pick<BurstMemory, 'now'> =>
  isBurst && total > inService ? { now: { since: at, inService, most: total } } : {};

export interface BurstPrices {
  /** What the k-th instance saves in a burst, in seconds of an on-demand instance. */
  saving: number;
  /** Cost of a volume over that of an on-demand instance. */
  volumeShare: number;
  /** Stopped instances at most. */
  limit: number;
}

/**
 * What an instance saves that comes into service sooner by the difference d of a boot and a resume: it finishes d / s photos meanwhile, each of
 * which would have waited until the queue is empty, half of d and the time that a queue of the cheapest size takes, √(2 b s / p).
 *
 * @param price instance-seconds per second of waiting
 */
export function savingOf(boot: number, resume: number, service: number, price: number): number {
  const sooner = Math.max(0, boot - resume);
  if (price <= 0) return 0;
  return ((price * sooner) / service) * (sooner / 2 + Math.sqrt((2 * boot * service) / price));
}

/**
 * Stopped instances to keep. One burst of the limit counts as seen at the start: so a stage keeps all of them until their volumes have cost what
 * that burst would have saved, which is at most twice the least possible (ski rental).
 */
export function stoppedWorth({ weights, seconds }: BurstMemory, prices: BurstPrices): number {
  const { saving, volumeShare, limit } = prices;
  const least = (volumeShare * seconds) / Math.max(saving, 1e-9);
  let bursts = Math.exp(-seconds / MEMORY_SECONDS);
  if (bursts >= least) return limit;
  for (let k = SIZES.length - 1; k >= 0; k--) {
    bursts += weights[k] ?? 0;
    const until = Math.min(limit, (SIZES[k + 1] ?? Infinity) - 1);
    if (bursts >= least && (SIZES[k] ?? 0) <= limit) return until;
  }
  return 0;
}
