/**
 * At which rate photos arrive: a level that now and then changes for another, seen through Poisson noise.
 *
 * Bayesian online changepoint detection (Adams and MacKay, 2007) with the conjugate gamma prior: each hypothesis says
 * since when the present level has held, and knows the photos since then. A burst makes the young hypotheses win within
 * a tick, noise does not, and no smoothing constant has to be chosen. New levels are drawn from a gamma distribution
 * around the long-run mean; how long bursts above it last is measured, since only what lasts is worth a boot.
 */

/** The level has held for `seconds`, in which `photos` arrived. */
export interface Hypothesis {
  weight: number;
  photos: number;
  seconds: number;
}

export interface RateMemory {
  /** Youngest first; weights add up to 1. */
  levels: Hypothesis[];
  /** Long-run mean, photos a second. */
  mean: number;
  /** Seconds observed so far. */
  observed: number;
  /** Bursts that ended, and seconds that they were watched, both forgotten with time. */
  ended: number;
  watched: number;
  /** The rate that a burst must fall below to have ended; 0 while there is none. */
  burst: number;
}

export const emptyRate = (): RateMemory => ({
  levels: [],
  mean: 0,
  observed: 0,
  ended: 0,
  watched: 0,
  burst: 0,
});

/** A level lasts about this long where nothing is known, seconds. */
const LEVEL_SECONDS = 600;
/** Shape of the prior of levels: small, so that a level may be far from the mean. */
const SHAPE = 0.5;
/** The long-run mean looks back about this far, seconds. */
const MEAN_SECONDS = 1800;
/** The least mean that a prior is drawn around, photos a second. */
const LEAST_RATE = 1 / 300;
/** Hypotheses that are kept; the two oldest are merged beyond. */
const KEPT = 24;
/** Seconds of watched bursts after which what was seen of earlier ones has faded by 1/e. */
const BURST_MEMORY_SECONDS = 3000;
/** A burst is a rate above the mean by this factor, and by this many deviations of a tick's noise. */
const BURST_FACTOR = 1.3;
const BURST_DEVIATIONS = 2;

const HALF_LOG_TWO_PI = 0.918938533204673;

/** Logarithm of the gamma function by Stirling's series; exact to 1e-7 for x > 0. */
function logGamma(x: number): number {
  let y = x;
  let product = 1;
  while (y < 7) {
    product *= y;
    y += 1;
  }
  const inverse = 1 / y;
  const series =
    (y - 0.5) * Math.log(y) - y + HALF_LOG_TWO_PI + inverse * (1 / 12 - (inverse * inverse) / 360);
  return product === 1 ? series : series - Math.log(product);
}

const priorOf = (memory: RateMemory) => {
  const around = Math.max(memory.mean, LEAST_RATE);
  return { around, shape: SHAPE, seconds: SHAPE / around };
};

/** Mean of the present level over all hypotheses, photos a second. */
export function levelOf(memory: RateMemory): number {
  const prior = priorOf(memory);
  let level = 0;
  for (const { weight, photos, seconds } of memory.levels) {
    level += (weight * (prior.shape + photos)) / (prior.seconds + seconds);
  }
  return level;
}

/** Share per second at which bursts end, measured. */
const endRate = ({ ended, watched }: RateMemory) => (1 + ended) / (LEVEL_SECONDS + watched);

/**
 * The rate to expect `ahead` seconds from now: what is above the mean fades as bursts did before.
 *
 * @returns photos a second
 */
export function rateAhead(memory: RateMemory, ahead: number): number {
  const level = levelOf(memory);
  const { around } = priorOf(memory);
  if (level <= around) return level;
  return around + (level - around) * Math.exp(-ahead * endRate(memory));
}

/** Photos to expect within the next `seconds`. */
export function photosWithin(memory: RateMemory, seconds: number): number {
  const level = levelOf(memory);
  const { around } = priorOf(memory);
  if (level <= around) return level * seconds;
  const rate = endRate(memory);
  return around * seconds + ((level - around) * (1 - Math.exp(-rate * seconds))) / rate;
}

/** What is known once `photos` more have arrived within `seconds`. */
export function observeArrivals(memory: RateMemory, photos: number, seconds: number): RateMemory {
  const prior = priorOf(memory);
  const change = 1 - Math.exp(-seconds / LEVEL_SECONDS);
  // Negative binomial, without the factor that all hypotheses share.
  const likelihood = (seen: number, during: number) => {
    const shape = prior.shape + seen;
    const inverse = prior.seconds + during;
    return (
      logGamma(shape + photos) -
      logGamma(shape) +
      shape * Math.log(inverse / (inverse + seconds)) +
      photos * Math.log(seconds / (inverse + seconds))
    );
  };
  // Weights are multiplied as logarithms: a surprise makes all of them too small for a number.
  const fresh = likelihood(0, 0) + Math.log(memory.levels.length > 0 ? change : 1);
  const logs = memory.levels.map(
    ({ weight, photos: before, seconds: during }) =>
      likelihood(before, during) + Math.log(weight * (1 - change)),
  );
  let top = fresh;
  for (const log of logs) top = Math.max(top, log);
  const levels: Hypothesis[] = [{ weight: Math.exp(fresh - top), photos, seconds }];
  memory.levels.forEach((one, k) =>
    levels.push({
      weight: Math.exp((logs[k] as number) - top),
      photos: one.photos + photos,
      seconds: one.seconds + seconds,
    }),
  );
  const total = levels.reduce((sum, { weight }) => sum + weight, 0);
  for (const level of levels) level.weight /= total;
  if (levels.length > KEPT) mergeOldest(levels);

  const observed = memory.observed + seconds;
  const share = 1 - Math.exp(-seconds / Math.min(MEAN_SECONDS, observed));
  const rate = photos / seconds;
  const mean = memory.observed === 0 ? rate : memory.mean + share * (rate - memory.mean);
  return watchBursts(
    memory,
    { levels, mean, observed, ended: memory.ended, watched: memory.watched, burst: 0 },
    rate,
    seconds,
  );
}

function mergeOldest(levels: Hypothesis[]): void {
  const [older, oldest] = levels.splice(-2) as [Hypothesis, Hypothesis];
  const weight = older.weight + oldest.weight;
  const part = weight > 0 ? older.weight / weight : 0.5;
  levels.push({
    weight,
    photos: part * older.photos + (1 - part) * oldest.photos,
    seconds: part * older.seconds + (1 - part) * oldest.seconds,
  });
}

function watchBursts(before: RateMemory, after: RateMemory, rate: number, seconds: number): RateMemory {
  if (before.burst > 0) {
    const kept = Math.exp(-seconds / BURST_MEMORY_SECONDS);
    after.ended = before.ended * kept + (rate > before.burst ? 0 : 1);
    after.watched = before.watched * kept + seconds;
  }
  const { around } = priorOf(after);
  const level = levelOf(after);
  const noise = BURST_DEVIATIONS * Math.sqrt(around / seconds);
  if (level > around * BURST_FACTOR && level > around + noise) after.burst = (level + around) / 2;
  return after;
}
