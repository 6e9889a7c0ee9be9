/** Colours that the stand-in makes up: a and b of Lab, from nothing but lightness and place. */

/**
 * Computes a and b of a picture of `size` x `size`.
 *
 * @param lightness CIE L* of each pixel, row by row
 */
export type Palette = (lightness: Float32Array, size: number) => { a: Float32Array; b: Float32Array };

/** a and b by band of lightness; the sky is the bright part of the upper half. */
const BANDS: { upTo: number; a: number; b: number }[] = [
  { upTo: 30, a: 9, b: -20 },
  { upTo: 48, a: -20, b: 22 },
  { upTo: 66, a: 21, b: 24 },
  { upTo: 101, a: 6, b: 26 },
];
/** By whole lightness: their limits are whole. */
const BAND_OF = Array.from({ length: 101 }, (_, l) => BANDS.find(({ upTo }) => l < upTo)!);
const SKY = { from: 55, a: -6, b: -27 };

/** Radius in pixels of the mean over the patches of a and b: edges as soft as the network's, whose last layer upsamples four-fold. */
const SOFT = 2;

/** A few strong hues with edges between them: shifted, swapped or missing colours show. For tests and chaos runs. */
export const patches: Palette = (lightness, size) => {
  const broad = smooth(lightness, size, Math.max(1, Math.round(size / 100)));
  return painted(lightness, size, SOFT, (i) => {
    const l = broad[i]!;
    const isSky = i < lightness.length / 2 && l >= SKY.from;
    return isSky ? SKY : BAND_OF[Math.min(Math.max(Math.floor(l), 0), 100)]!;
  });
};

/**
 * Soft fields that are plausible on many photographs: blue where the upper part is bright, the tones of skin and wood in the
 * middle, green and earth below. For people who look at the results.
 */
export const fields: Palette = (lightness, size) => {
  const broad = smooth(lightness, size, Math.max(1, Math.round(size / 48)));
  return painted(lightness, size, Math.max(1, Math.round(size / 64)), (i) => {
    const l = broad[i]!;
    const height = Math.floor(i / size) / size;
    const sky = rise(42, 62, l) * fall(0.35, 0.62, height);
    const ground = rise(0.42, 0.7, height) * rise(6, 26, l) * fall(62, 82, l);
    const warm = rise(12, 45, l) * fall(84, 98, l) * (1 - sky) * (1 - 0.85 * ground);
    return { a: 8 * warm - 4 * sky - 8 * ground, b: 15 * warm - 20 * sky + 18 * ground };
  });
};

/** By name, as `--palette` takes them. */
export const PALETTES = { patches, fields };

/** Smoothstep from 0 to 1 between both values. */
function rise(from: number, to: number, value: number): number {
  const t = Math.min(Math.max((value - from) / (to - from), 0), 1);
  return t * t * (3 - 2 * t);
}
const fall = (from: number, to: number, value: number): number => 1 - rise(from, to, value);

function painted(
  lightness: Float32Array,
  size: number,
  radius: number,
  hueAt: (i: number) => { a: number; b: number },
): { a: Float32Array; b: Float32Array } {
  const a = new Float32Array(lightness.length);
  const b = new Float32Array(lightness.length);
  for (let i = 0; i < lightness.length; i++) {
    const hue = hueAt(i);
    // The sRGB gamut narrows towards black and white.
    const own = lightness[i]!;
    const room = Math.max(0, Math.min(1, own / 25, (100 - own) / 25));
    a[i] = hue.a * room;
    b[i] = hue.b * room;
  }
  return { a: smooth(a, size, radius), b: smooth(b, size, radius) };
}

/** Mean over a square window, so that grain does not change the hue. */
const smooth = (values: Float32Array, size: number, radius: number): Float32Array =>
  downwards(across(values, size, radius), size, radius);

/** Means along each row. */
function across(from: Float32Array, size: number, radius: number): Float32Array {
  const to = new Float32Array(from.length);
  for (let start = 0; start < from.length; start += size) {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < Math.min(radius, size); i++, count++) sum += from[start + i]!;
    for (let i = 0; i < size; i++) {
      if (i + radius < size) {
        sum += from[start + i + radius]!;
        count++;
      }
      if (i > radius) {
        sum -= from[start + i - radius - 1]!;
        count--;
      }
      to[start + i] = sum / count;
    }
  }
  return to;
}

/** Means along each column, row by row as they are in memory. */
function downwards(from: Float32Array, size: number, radius: number): Float32Array {
  const to = new Float32Array(from.length);
  const sums = new Float64Array(size);
  const add = (row: number, sign: 1 | -1) => {
    for (let x = 0, i = row * size; x < size; x++, i++) sums[x]! += sign * from[i]!;
  };
  let count = Math.min(radius, size);
  for (let row = 0; row < count; row++) add(row, 1);
  for (let row = 0; row < size; row++) {
    if (row + radius < size) {
      add(row + radius, 1);
      count++;
    }
    if (row > radius) {
      add(row - radius - 1, -1);
      count--;
    }
    for (let x = 0, i = row * size; x < size; x++, i++) to[i] = sums[x]! / count;
  }
  return to;
}
