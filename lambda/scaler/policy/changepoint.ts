/**
 * Learns the arrival rate: Bayesian online changepoint detection (Adams and MacKay, 2007) of Poisson counts with the
 * conjugate gamma prior. Each hypothesis says when the present level began. After a jump the recent ones win within a
 * tick, noise does not make them win, and there is no smoothing constant to choose.
 */
import { levelOf, priorOf, type Hypothesis, type RateMemory } from './rate.ts';

/** How long a level lasts, seconds. Shorter ones make of noise a rise, the more often one looks. */
const LEVEL_SECONDS = 1200;
/** Time over which the long-run mean is taken, seconds. */
const MEAN_SECONDS = 1800;
/** Hypotheses that are kept; beyond, the two whose ages are closest are merged, so that they reach back as far at any tick. */
const KEPT = 24;
/** Seconds of observed bursts after which the weight of earlier ones has fallen to 1/e. */
const BURST_MEMORY_SECONDS = 3000;
/** A burst is a rate above the mean by this factor, and by this many standard deviations of the count of half a minute. */
const BURST_FACTOR = 1.3;
const BURST_DEVIATIONS = 2;
const BURST_NOISE_SECONDS = 30;

const HALF_LOG_TWO_PI = 0.918938533204673;

/** Logarithm of the gamma function by Stirling's series; exact to 1e-7 for x > 0. */
export function logGamma(x: number): number {
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

/** The memory once `photos` more have arrived within `seconds`. */
export function observeArrivals(memory: RateMemory, photos: number, seconds: number): RateMemory {
  const observed = memory.observed + seconds;
  const rate = photos / seconds;
  const share = 1 - Math.exp(-seconds / Math.min(MEAN_SECONDS, observed));
  const mean = memory.observed === 0 ? rate : memory.mean + share * (rate - memory.mean);
  const { ended, watched } = memory;
  const after = { levels: observeLevels(memory, photos, seconds), mean, observed, ended, watched, burst: 0 };
  return observeBurst(memory, after, seconds);
}

function observeLevels(memory: RateMemory, photos: number, seconds: number): Hypothesis[] {
  const prior = priorOf(memory);
  /** Negative binomial, without the factor that all hypotheses share. */
  const likelihood = (before: number, during: number) => {
    const shape = prior.shape + before;
    const inverse = prior.seconds + during;
    return (
      logGamma(shape + photos) -
      logGamma(shape) +
      shape * Math.log(inverse / (inverse + seconds)) +
      photos * Math.log(seconds / (inverse + seconds))
    );
  };
  // In logarithms: a count that none of the hypotheses expects would make every weight underflow.
  const change = 1 - Math.exp(-seconds / LEVEL_SECONDS);
  const fresh = likelihood(0, 0) + Math.log(memory.levels.length > 0 ? change : 1);
  const logs = memory.levels.map(
    (level) => likelihood(level.photos, level.seconds) + Math.log(level.weight * (1 - change)),
  );
  let top = fresh;
  for (const log of logs) top = Math.max(top, log);
  const levels: Hypothesis[] = [{ weight: Math.exp(fresh - top), photos, seconds }];
  memory.levels.forEach((level, k) =>
    levels.push({
      weight: Math.exp((logs[k] as number) - top),
      photos: level.photos + photos,
      seconds: level.seconds + seconds,
    }),
  );
  const total = levels.reduce((sum, { weight }) => sum + weight, 0);
  for (const level of levels) level.weight /= total;
  if (levels.length > KEPT) mergeClosest(levels);
  return levels;
}

/** Merges the two neighbours, except the newest, whose ages have the smallest ratio. */
function mergeClosest(levels: Hypothesis[]): void {
  let closest = levels.length - 2;
  let least = Infinity;
  for (let k = 1; k < levels.length - 1; k++) {
    const ratio = (levels[k + 1] as Hypothesis).seconds / (levels[k] as Hypothesis).seconds;
    if (ratio >= least) continue;
    least = ratio;
    closest = k;
  }
  const [newer, older] = levels.slice(closest, closest + 2) as [Hypothesis, Hypothesis];
  const weight = newer.weight + older.weight;
  const part = weight > 0 ? newer.weight / weight : 0.5;
  levels.splice(closest, 2, {
    weight,
    photos: part * newer.photos + (1 - part) * older.photos,
    seconds: part * newer.seconds + (1 - part) * older.seconds,
  });
}

/**
 * Measures how long bursts last: only what lasts is worth a boot. A burst ends when the level has fallen half-way from its
 * peak to the mean; the count of one tick is too noisy for that, the more so the shorter the tick.
 */
function observeBurst(before: RateMemory, after: RateMemory, seconds: number): RateMemory {
  const { around } = priorOf(after);
  const level = levelOf(after);
  const isLasting = level > before.burst;
  if (before.burst > 0) {
    const kept = Math.exp(-seconds / BURST_MEMORY_SECONDS);
    after.ended = before.ended * kept + (isLasting ? 0 : 1);
    after.watched = before.watched * kept + seconds;
  }
  const noise = BURST_DEVIATIONS * Math.sqrt(around / BURST_NOISE_SECONDS);
  const isBurst = level > around * BURST_FACTOR && level > around + noise;
  const halfWay = isBurst ? (level + around) / 2 : 0;
  if (before.burst > 0) after.burst = isLasting ? Math.max(before.burst, halfWay) : 0;
  // What is left of one that has ended is no other one.
  else if (level > levelOf(before)) after.burst = halfWay;
  return after;
}
