/**
 * Whether a picture is in colour, or in tones of one colour: a tint such as sepia or cyanotype follows the lightness of the picture, and
 * so does the yellow of old paper; the colours of things do not.
 */
import { abOf } from './chroma.ts';
import { lightness } from './lightness.ts';
import type { Bytes } from './srgb.ts';

/** Means over so many cells along the longer side: noise of scanners and of JPEG is finer. */
const CELLS = 64;
/** Lightness is divided into so many ranges of equal width; a tint has one colour in each. */
const RANGES = 16;
/**
 * Lab units that a pixel is away from the colour of its range, and the part of the pixels from which on that is colour. Stains, fading and
 * JPEG stay below 8; hand-coloured cheeks are 10 to 20 away, on 2 to 5 % of a portrait.
 */
const [AWAY, LEAST_PART] = [10, 0.02];
/** Of two ranges that have different hues: two toners differ, but neither is strong. Lab units, part of the pixels, degrees. */
const [STRONG, LEAST_RANGE, DIFFERENT_HUE] = [20, 0.05, 60];

type Ab = readonly [a: number, b: number];

interface Range {
  count: number;
  mean: Ab;
}

/**
 * @param rgb interleaved 8-bit sRGB
 * @returns false for a grey picture and for one in tones of one colour
 */
export function isInColour(rgb: Bytes, width: number, height: number): boolean {
  const cells = cellsOf(rgb, width, height);
  const count = cells.length / 3;
  const grey = lightness(cells, 3);
  const colours = Array.from({ length: count }, (_, k) =>
    abOf(cells[3 * k]!, cells[3 * k + 1]!, cells[3 * k + 2]!),
  );
  const rangeOf = (k: number) => Math.floor((grey[k]! * RANGES) / 256);
  const ranges = Array.from({ length: RANGES }, (_, range) =>
    meanOf(colours.filter((_, k) => rangeOf(k) === range)),
  );
  // Between two toners a range has both: the next ones have one each.
  const near = (range: number) =>
    ranges.slice(Math.max(0, range - 1), range + 2).filter(({ count }) => count > 0);
  const away = colours.filter((ab, k) =>
    near(rangeOf(k)).every(({ mean }) => distance(ab, mean) > AWAY),
  ).length;
  return away >= Math.max(1, LEAST_PART * count) || hasTwoHues(ranges, count);
}

const distance = (one: Ab, other: Ab) => Math.hypot(one[0] - other[0], one[1] - other[1]);

function meanOf(colours: readonly Ab[]): Range {
  const count = colours.length;
  const sum = colours.reduce<Ab>(([a, b], one) => [a + one[0], b + one[1]], [0, 0]);
  return { count, mean: count === 0 ? [0, 0] : [sum[0] / count, sum[1] / count] };
}

function hasTwoHues(ranges: readonly Range[], pixels: number): boolean {
  const strong = ranges.filter(
    ({ count, mean }) => count >= LEAST_RANGE * pixels && Math.hypot(...mean) >= STRONG,
  );
  const hues = strong.map(({ mean: [a, b] }) => (Math.atan2(b, a) * 180) / Math.PI);
  return hues.some((hue) => {
    const difference = Math.abs(hue - hues[0]!);
    return Math.min(difference, 360 - difference) >= DIFFERENT_HUE;
  });
}

/** Means over cells of equal size, as a picture of three channels. */
function cellsOf(rgb: Bytes, width: number, height: number): Uint8Array {
  const scale = Math.max(1, Math.max(width, height) / CELLS);
  const [columns, rows] = [Math.max(1, Math.round(width / scale)), Math.max(1, Math.round(height / scale))];
  const sums = new Float64Array(4 * columns * rows);
  for (let y = 0, p = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++, p += 3) {
      const at = 4 * (row + Math.floor((x * columns) / width));
      sums[at]! += rgb[p]!;
      sums[at + 1]! += rgb[p + 1]!;
      sums[at + 2]! += rgb[p + 2]!;
      sums[at + 3]!++;
    }
  }
  return Uint8Array.from({ length: 3 * columns * rows }, (_, k) => {
    const at = 4 * Math.floor(k / 3);
    return Math.round(sums[at + (k % 3)]! / sums[at + 3]!);
  });
}
