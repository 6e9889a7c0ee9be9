/**
 * When an instance that boots is in service. Boots are log-logistic: their spread is that of the real world's boots (75 to 420 s), their tail
 * has the boots that fail once, and the time that is left after some of it has a closed form.
 */

/** Shape of the distribution: about a log-normal of sigma 0.3, with a longer tail. */
const SHAPE = 6;
/** Sigma of the logarithm of one boot, and of the first guess of their mean. */
const SIGMA = 0.3;
const GUESS_SIGMA = 0.5;
/** Mean over median of the distribution: (π / SHAPE) / sin(π / SHAPE). */
const MEAN_OVER_MEDIAN = Math.PI / SHAPE / Math.sin(Math.PI / SHAPE);
/** Standard deviations to the ninth decile. */
const NINE_TENTHS = 1.2816;
/** Groups that the instances of a launch are taken in: their boots end one after the other. */
const MOST_GROUPS = 5;

/** Seconds from request to service within which a share of the boots are done, of those that have taken `age` already. */
const quantile = (median: number, age: number, share: number): number =>
  median * ((1 + (age / median) ** SHAPE) / (1 - share) - 1) ** (1 / SHAPE);

/**
 * How much longer boots take than expected at the ninth decile, as a factor: because of their spread, of which little is left in a sum of many, and because
 * few have been measured.
 */
export const lateFactor = (measured: number, instances: number): number =>
  Math.exp(NINE_TENTHS * Math.sqrt(GUESS_SIGMA ** 2 / (1 + measured) + SIGMA ** 2 / Math.max(1, instances)));

/**
 * When the instances of a launch are in service, soonest first, in seconds since its request.
 *
 * @param age seconds since the request
 * @param mean of a boot, seconds
 */
export function readyTimes(count: number, age: number, mean: number): { count: number; after: number }[] {
  const median = mean / MEAN_OVER_MEDIAN;
  const groups = Math.min(MOST_GROUPS, Math.ceil(count));
  return Array.from({ length: groups }, (_, k) => ({
    count: count / groups,
    after: quantile(median, age, (k + 0.5) / groups),
  }));
}
