/** Lightness and merge at 16 bits by the definition: the reference of the kernels, and the fallback where they do not run. */
import { EPSILON, f, SLOPE, WHITE_X, WHITE_Z, type Chroma } from '../chroma.ts';
import { WEIGHTS } from './lightness.ts';
import { between } from './merge.ts';
import { axis, type Axis } from '../resample.ts';
import { encoded, linear } from '../srgb.ts';

const MAX = 65_535;
const [RED, GREEN, BLUE] = WEIGHTS;

/** Tables of a megabyte together, made when a picture of 16 bits needs them. */
interface Tables {
  /** Linear value of each stored one. */
  linear: Float64Array;
  /** Lab's f of it. */
  f: Float64Array;
  /** Stored value, in steps, at each {@link STEPS} of each power of two. */
  encoded: Float64Array;
}
let made: Tables | undefined;

/** Intervals of a power of two; between them, interpolation is off by a thousandth of a step. */
const STEP_BITS = 11;
const SHIFT = 23 - STEP_BITS;
const REST = 2 ** SHIFT;
/** Below it, sRGB is a line. */
export const LOWEST = 2 ** -9;
const exact = new Float32Array(1);
const bits = new Uint32Array(exact.buffer);
const keyOf = (y: number): number => {
  exact[0] = y;
  return bits[0]! >>> SHIFT;
};
const LOWEST_KEY = keyOf(LOWEST);

export function tables16(): Tables {
  if (made) return made;
  const lines = Float64Array.from({ length: MAX + 1 }, (_, v) => linear(v / MAX));
  const steps = keyOf(1) - LOWEST_KEY + 2;
  const valueOf = (key: number) => {
    bits[0] = (LOWEST_KEY + key) << SHIFT;
    return exact[0]!;
  };
  const stored = Float64Array.from({ length: steps }, (_, key) => MAX * encoded(valueOf(key)));
  made = { linear: lines, f: lines.map(f), encoded: stored };
  return made;
}

/** @returns the stored value of 16 bits, as a whole number */
export function encoded16(y: number, { encoded: stored }: Tables = tables16()): number {
  if (y < LOWEST) return y <= 0 ? 0 : Math.round(12.92 * MAX * y);
  if (y >= 1) return MAX;
  exact[0] = y;
  const key = (bits[0]! >>> SHIFT) - LOWEST_KEY;
  const low = stored[key]!;
  return Math.round(low + ((stored[key + 1]! - low) * (bits[0]! & (REST - 1))) / REST);
}

/** As `lightness16` in `colour/depth16.ts`. */
export function scalarLightness16(pixels: Uint16Array, channels: number): Uint16Array {
  const all = tables16();
  const lines = all.linear;
  const grey = new Uint16Array(pixels.length / channels);
  for (let i = 0, p = 0; i < grey.length; i++, p += channels) {
    const y = RED * lines[pixels[p]!]! + GREEN * lines[pixels[p + 1]!]! + BLUE * lines[pixels[p + 2]!]!;
    grey[i] = encoded16(y, all);
  }
  return grey;
}

/** As `mergeChroma16` in `colour/depth16.ts`. */
export function scalarMerge16(grey: Uint16Array, width: number, height: number, small: Chroma): Uint16Array {
  const out = new Uint16Array(3 * grey.length);
  const [columns, rows] = [axis(small.width, width), axis(small.height, height)];
  const [x, z] = [new Float32Array(small.width), new Float32Array(small.width)];
  for (let y = 0; y < height; y++) {
    const [upper, lower] = [rows.low[y]! * small.width, rows.high[y]! * small.width];
    between(small.x, upper, lower, rows.part[y]!, x);
    between(small.z, upper, lower, rows.part[y]!, z);
    mergeRow(grey, y * width, columns, x, z, out);
  }
  return out;
}

function mergeRow(
  grey: Uint16Array,
  start: number,
  { low, high, part }: Axis,
  rowX: Float32Array,
  rowZ: Float32Array,
  out: Uint16Array,
): void {
  const all = tables16();
  const { linear: lines, f: fs } = all;
  for (let x = 0, i = start, p = 3 * start; x < low.length; x++, i++, p += 3) {
    const [left, right, t] = [low[x]!, high[x]!, part[x]!];
    const value = grey[i]!;
    const capY = lines[value]!;
    const fy = fs[value]!;
    const fx = fy + rowX[left]! + (rowX[right]! - rowX[left]!) * t;
    const fz = fy + rowZ[left]! + (rowZ[right]! - rowZ[left]!) * t;
    const capX = WHITE_X * (fx > EPSILON ? fx * fx * fx : SLOPE * (fx - 4 / 29));
    const capZ = WHITE_Z * (fz > EPSILON ? fz * fz * fz : SLOPE * (fz - 4 / 29));
    // Differences from a grey of the same luminance, which the weights add up to zero.
    let r = 3.2404542 * capX - 1.5371385 * capY - 0.4985314 * capZ - capY;
    let g = -0.969266 * capX + 1.8760108 * capY + 0.041556 * capZ - capY;
    let b = 0.0556434 * capX - 0.2040259 * capY + 1.0572252 * capZ - capY;
    const off = RED * r + GREEN * g + BLUE * b;
    r -= off;
    g -= off;
    b -= off;
    const most = Math.max(r, g, b);
    const least = Math.min(r, g, b);
    let room = 1;
    if (capY + most > 1) room = (1 - capY) / most;
    if (capY + room * least < 0) room = -capY / least;
    const red = encoded16(capY + room * r, all);
    const blue = encoded16(capY + room * b, all);
    out[p] = red;
    // Green makes up for what the others lose by rounding.
    out[p + 1] = encoded16((capY - RED * lines[red]! - BLUE * lines[blue]!) / GREEN, all);
    out[p + 2] = blue;
  }
}
