/**
 * Random draws by cause and index: each depends only on seed, cause and index, not on earlier draws.
 *
 * So photo 17 has the same service time under every policy (common random numbers), and a fault under one policy does not
 * change those of another. Generator: MurmurHash3's 32-bit finaliser over the three, twice, for 53 bits (Appleby, public
 * domain).
 */

/** What a draw is for; each cause has its own stream. */
export type Cause =
  | 'arrivals'
  | 'service'
  | 'size'
  | 'boot'
  | 'boot-failure'
  | 'capacity'
  | 'pool'
  | 'spot'
  | 'notice'
  | 'notification'
  | 'duplicate'
  | 'counts'
  | 'false-zero'
  | 'phase'
  | 'jitter'
  | 'missed'
  | 'doubled'
  | 'victims'
  | 'renewal'
  | 'polls'
  | 'offering'
  | 'surge';

/** The draw of an index, uniform in [0, 1). */
export type Draw = (index: number) => number;

function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** The draws of one cause under one seed. */
export function draws(seed: number, cause: Cause | `${Cause}-on-demand` | `trace-${string}`): Draw {
  const key = mix(hashText(cause) ^ mix(seed + 0x9e3779b9));
  return (index) => {
    const low = mix(mix(index ^ key) + 0x6d2b79f5 + Math.floor(index / 0x100000000));
    const high = mix(low ^ Math.imul(index + 1, 0x27d4eb2f) ^ key);
    return (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;
  };
}

/** A standard normal value from a draw: Acklam's rational approximation of the inverse (error below 1.2e-9). */
export function normal(u: number): number {
  const p = Math.min(1 - 1e-12, Math.max(1e-12, u));
  if (p > 0.97575) return -normal(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    const top =
      ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) *
        q +
        4.374664141464968) *
        q +
      2.938163982698783;
    const bottom =
      (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) *
        q +
      1;
    return top / bottom;
  }
  const q = p - 0.5;
  const r = q * q;
  const top =
    ((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r -
      30.66479806614716) *
      r +
    2.506628277459239;
  const bottom =
    ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r -
      13.28068155288572) *
      r +
    1;
  return (top * q) / bottom;
}

/** A log-normal value of the given mean; sigma is the standard deviation of its logarithm. */
export const logNormal = (u: number, mean: number, sigma: number): number =>
  sigma === 0 ? mean : mean * Math.exp(sigma * normal(u) - (sigma * sigma) / 2);

/** An exponential value of the given mean. */
export const exponential = (u: number, mean: number): number => -mean * Math.log(1 - u);
