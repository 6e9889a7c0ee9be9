/**
 * Learns the arrival rate: Bayesian online changepoint detection (Adams and MacKay, 2007) of Poisson counts with the
 * conjugate gamma prior. Each hypothesis says when the present level began. After a jump the recent ones win within a
 * tick, noise does not make them win, and there is no smoothing constant to choose.
 */
import { levelOf, priorOf, type Hypothesis, type RateMemory } from './rate.ts';

/** How long a level lasts, seconds. Shorter ones make of noise a rise, the more often one looks. */
const LEVEL_SECONDS = 1200;
/** One photo in the first second is no rate: the first mean is over this time at least, seconds. */
const FIRST_SECONDS = 30;
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

/** The logarithm of the dispersion moves by this much in this time, seconds: by half in about ten ticks of 30 s. */
const DISPERSION_STEP = 0.06;
const DISPERSION_SECONDS = 30;
const MOST_DISPERSION = 1000;

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
  const mean =
    memory.observed === 0
      ? photos / Math.max(seconds, FIRST_SECONDS)
      : memory.mean + share * (rate - memory.mean);
  const { ended, watched } = memory;
  const dispersion = memory.dispersionNext ?? memory.dispersion ?? 1;
  const dispersionNext = dispersionAfter(dispersion, memory.levels[0], { photos, seconds });
  const levels = observeLevels({ ...memory, dispersion }, photos, seconds);
  const after = { levels, mean, observed, ended, watched, burst: 0, dispersion, dispersionNext };
  return observeBurst(memory, after, seconds);
}

/**
 * Photos that arrive together: albums, or the shots of a second. Two counts of photos that come one by one differ by a
 * square of d, whose mean is 1, over what Poisson counts scatter; of batches of n by n of it. Where d is above
 * the dispersion, that rises, else it falls: a change of the rate, which is one count of many, moves it by one step.
 */
function dispersionAfter(
  before: number,
  last: Pick<Hypothesis, 'photos' | 'seconds'> | undefined,
  { photos, seconds }: Pick<Hypothesis, 'photos' | 'seconds'>,
): number {
  if (!last || last.photos + photos === 0) return before;
  const scatter = ((last.photos + photos) / (last.seconds + seconds)) * (1 / last.seconds + 1 / seconds);
  const squared = (last.photos / last.seconds - photos / seconds) ** 2 / scatter;
  const step = DISPERSION_STEP * Math.min(1, seconds / DISPERSION_SECONDS);
  return Math.min(MOST_DISPERSION, Math.max(1, before * Math.exp(squared > before ? step : -step)));
}

function observeLevels(memory: RateMemory, photos: number, seconds: number): Hypothesis[] {
  const { dispersion = 1 } = memory;
  const prior = priorOf(memory);
  const batches = photos / dispersion;
  /** Negative binomial of batches, without the factor that all hypotheses share. */
  const likelihood = (before: number, during: number) => {
    const shape = (prior.shape + before) / dispersion;
    const inverse = prior.seconds + during;
    const none = shape * Math.log(inverse / (inverse + seconds));
    if (batches === 0) return none;
    return (
      logGamma(shape + batches) - logGamma(shape) + none + batches * Math.log(seconds / (inverse + seconds))
    );
  };
  // In logarithms: a count that none of the hypotheses expects would make every weight underflow.
  const change = 1 - Math.exp(-seconds / LEVEL_SECONDS);
  const fresh = likelihood(0, 0) + Math.log(memory.levels.length > 0 ? change : 1);
  const levels: Hypothesis[] = [{ weight: fresh, photos, seconds }];
  let top = fresh;
  for (const level of memory.levels) {
    const weight = likelihood(level.photos, level.seconds) + Math.log(level.weight * (1 - change));
    levels.push({ weight, photos: level.photos + photos, seconds: level.seconds + seconds });
    top = Math.max(top, weight);
  }
  let total = 0;
  for (const level of levels) total += level.weight = Math.exp(level.weight - top);
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
  const { dispersion = 1 } = after;
  const isLasting = level > before.burst;
  if (before.burst > 0) {
    const kept = Math.exp(-seconds / BURST_MEMORY_SECONDS);
    after.ended = before.ended * kept + (isLasting ? 0 : 1);
    after.watched = before.watched * kept + seconds;
  }
  const noise = BURST_DEVIATIONS * Math.sqrt((dispersion * around) / BURST_NOISE_SECONDS);
  const isBurst = level > around * BURST_FACTOR && level > around + noise;
  const halfWay = isBurst ? (level + around) / 2 : 0;
  if (before.burst > 0) after.burst = isLasting ? Math.max(before.burst, halfWay) : 0;
  // What is left of one that has ended is no other one.
  else if (level > levelOf(before)) after.burst = halfWay;
  return after;
}
