/**
 * The arrival rate now and ahead. It is taken to hold a level and then jump to another one; what is above the long-run
 * mean is a burst, and is predicted to end as earlier bursts ended.
 */

/** The present level began `seconds` ago, and `photos` have arrived since. */
export interface Hypothesis {
  weight: number;
  photos: number;
  seconds: number;
}

export interface RateMemory {
  /** Most recent beginning first; weights add up to 1. */
  levels: Hypothesis[];
  /** Long-run mean, photos/s. */
  mean: number;
  /** Seconds observed so far. */
  observed: number;
  /** Bursts that ended, and seconds of observed bursts, both fading with time. */
  ended: number;
  watched: number;
  /** Photos/s below which the present burst has ended; 0 without a burst. */
  burst: number;
  /** Photos that arrive together, as counts scatter: see `dispersionAfter`. At least 1. @default 1 */
  dispersion?: number;
  /** The same for the next tick: with this tick's, one photo more could lower the rate. @default unchanged */
  dispersionNext?: number;
}

export const emptyRate = (): RateMemory => ({
  levels: [],
  mean: 0,
  observed: 0,
  ended: 0,
  watched: 0,
  burst: 0,
});

/** How long a burst lasts where nothing is known, seconds. */
const BURST_SECONDS = 600;
/** Weight of that guess, in bursts: a few albums of half a minute outweigh it. */
const GUESS_BURSTS = 0.3;
/** Shape of the gamma prior of levels: small, so that a level may be far from the mean. */
const SHAPE = 0.5;
/** The least mean of the prior, photos/s. */
const LEAST_RATE = 1 / 300;

/** Gamma prior of a new level: `shape` photos in `seconds`, around the long-run mean. */
export function priorOf({ mean, dispersion = 1 }: RateMemory): {
  around: number;
  shape: number;
  seconds: number;
} {
  const around = Math.max(mean, LEAST_RATE);
  const shape = SHAPE * dispersion;
  return { around, shape, seconds: shape / around };
}

/** Photos/s now: the mean over all hypotheses. */
export function levelOf(memory: RateMemory): number {
  const prior = priorOf(memory);
  let level = 0;
  for (const { weight, photos, seconds } of memory.levels) {
    level += (weight * (prior.shape + photos)) / (prior.seconds + seconds);
  }
  return level;
}

/** The median of the present level over all hypotheses, or its mean where that is higher: as likely too low as too high, photos/s. */
export function medianLevel(memory: RateMemory): number {
  const prior = priorOf(memory);
  const levels = memory.levels
    .map(({ weight, photos, seconds }) => ({
      weight,
      level: (prior.shape + photos) / (prior.seconds + seconds),
    }))
    .sort((a, b) => b.level - a.level);
  let above = 0;
  const median = levels.find(({ weight }) => (above += weight) >= 0.5);
  return Math.max(median?.level ?? 0, levelOf(memory));
}

/** Share of bursts that end per second: measured, weighted with the first guess. */
const endRate = ({ ended, watched }: RateMemory) =>
  (GUESS_BURSTS + ended) / (GUESS_BURSTS * BURST_SECONDS + watched);

/** Photos/s expected in `ahead` seconds: what is above the long-run mean m fades as bursts do, m + (λ - m) e^(-rt). */
export function rateAhead(memory: RateMemory, ahead: number): number {
  const level = levelOf(memory);
  const { around } = priorOf(memory);
  if (level <= around) return level;
  return around + (level - around) * Math.exp(-ahead * endRate(memory));
}

/** Photos expected within `seconds`: the integral of {@link rateAhead}. */
export function photosWithin(memory: RateMemory, seconds: number): number {
  const level = levelOf(memory);
  const { around } = priorOf(memory);
  if (level <= around) return level * seconds;
  const rate = endRate(memory);
  return around * seconds + ((level - around) * (1 - Math.exp(-rate * seconds))) / rate;
}
