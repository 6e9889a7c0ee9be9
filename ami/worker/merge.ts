/**
 * Puts the chroma of a small picture onto the lightness of a large one.
 *
 * DDColor computes chroma at a fixed small size and keeps the lightness of what it is given, so that colouring a small
 * copy and merging here gives what colouring the whole would, for a fraction of the work. CIE 15:2004, 8.2.1 for Lab (D65);
 * IEC 61966-2-1 for sRGB.
 *
 * Gotcha: a network's chroma can lie outside of what Lab's a and b have in 8 bits; unclamped it makes blobs of pure hues.
 */

import { axis, type Axis } from './axis.ts';

/** Interleaved 8-bit sRGB. */
export interface Coloured {
  width: number;
  height: number;
  data: Uint8Array;
}

const [WHITE_X, WHITE_Z] = [0.95047, 1.08883];
const [LEAST, MOST] = [-128, 127];
const EPSILON = 6 / 29;
const SLOPE = 3 * EPSILON * EPSILON;

const linear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const encoded = (y: number) => (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055);
const f = (t: number) => (t > EPSILON ** 3 ? Math.cbrt(t) : t / SLOPE + 4 / 29);

const LINEAR = Float64Array.from({ length: 256 }, (_, v) => linear(v / 255));
const F_OF_GREY = LINEAR.map(f);
/** An 8-bit step at the dark end is 5 of these. */
const STEPS = 16_384;
const GAMMA = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.round(255 * encoded(i / STEPS)));

/** What Lab's fx and fz are beyond fy: a / 500 and -b / 200, which is all that chroma is to the way back. */
export interface Chroma {
  width: number;
  height: number;
  x: Float32Array;
  z: Float32Array;
}

/** Of a picture in colour, whose lightness is not looked at. */
export function chromaOfPicture({ width, height, data }: Coloured): Chroma {
  const count = data.length / 3;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += 3) {
    const r = LINEAR[data[p]!]!;
    const g = LINEAR[data[p + 1]!]!;
    const b = LINEAR[data[p + 2]!]!;
    const fx = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / WHITE_X);
    const fy = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
    const fz = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / WHITE_Z);
    x[i] = Math.min(MOST, Math.max(LEAST, 500 * (fx - fy))) / 500;
    z[i] = Math.min(-LEAST, Math.max(-MOST, 200 * (fz - fy))) / 200;
  }
  return { width, height, x, z };
}

/** Of a picture that has a + 128 as red and b + 128 as green. */
export function chromaOfAb({ width, height, data }: Coloured): Chroma {
  const count = data.length / 3;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += 3) {
    x[i] = (data[p]! + LEAST) / 500;
    z[i] = -(data[p + 1]! + LEAST) / 200;
  }
  return { width, height, x, z };
}

/**
 * @param grey one byte per pixel, whose luminance is the result's
 * @param small chroma of the same picture, at any size
 * @returns interleaved 8-bit sRGB
 */
export function mergeChroma(grey: Uint8Array, width: number, height: number, small: Chroma): Uint8Array {
  const columns = axis(small.width, width);
  const rows = axis(small.height, height);
  const out = new Uint8Array(3 * grey.length);
  const [rowX, rowZ] = [new Float32Array(small.width), new Float32Array(small.width)];
  for (let y = 0; y < height; y++) {
    const [upper, lower] = [rows.low[y]! * small.width, rows.high[y]! * small.width];
    between(small.x, upper, lower, rows.part[y]!, rowX);
    between(small.z, upper, lower, rows.part[y]!, rowZ);
    mergeRow(grey, y * width, columns, rowX, rowZ, out);
  }
  return out;
}

/** One row of the small picture at the height of a row of the large one. */
function between(values: Float32Array, upper: number, lower: number, part: number, row: Float32Array): void {
  for (let x = 0; x < row.length; x++) {
    const top = values[upper + x]!;
    row[x] = top + (values[lower + x]! - top) * part;
  }
}

function mergeRow(
  grey: Uint8Array,
  start: number,
  { low, high, part }: Axis,
  rowX: Float32Array,
  rowZ: Float32Array,
  out: Uint8Array,
): void {
  const width = low.length;
  for (let x = 0, i = start, p = 3 * start; x < width; x++, i++, p += 3) {
    const [left, right, t] = [low[x]!, high[x]!, part[x]!];
    const value = grey[i]!;
    const fy = F_OF_GREY[value]!;
    const fx = fy + rowX[left]! + (rowX[right]! - rowX[left]!) * t;
    const fz = fy + rowZ[left]! + (rowZ[right]! - rowZ[left]!) * t;
    const capX = WHITE_X * (fx > EPSILON ? fx * fx * fx : SLOPE * (fx - 4 / 29));
    const capY = LINEAR[value]!;
    const capZ = WHITE_Z * (fz > EPSILON ? fz * fz * fz : SLOPE * (fz - 4 / 29));
    out[p] = gamma(3.2404542 * capX - 1.5371385 * capY - 0.4985314 * capZ);
    out[p + 1] = gamma(-0.969266 * capX + 1.8760108 * capY + 0.041556 * capZ);
    out[p + 2] = gamma(0.0556434 * capX - 0.2040259 * capY + 1.0572252 * capZ);
  }
}

/** Out of gamut is cut off, as ComfyUI does it when it saves. */
const gamma = (y: number): number => (y <= 0 ? 0 : y >= 1 ? 255 : GAMMA[(y * STEPS + 0.5) | 0]!);
