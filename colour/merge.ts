/**
 * Puts the chroma of a small picture onto the lightness of a large one.
 *
 * DDColor computes chroma at a fixed small size and keeps the lightness of what it is given, so that colouring a small
 * copy and merging here gives what colouring the whole would, for a fraction of the work.
 *
 * Gotcha: a network's chroma can lie outside of what Lab's a and b have in 8 bits; unclamped it makes blobs of pure hues.
 */
import { axis, type Axis } from './axis.ts';
import { EPSILON, f, LEAST, LINEAR, MOST, SLOPE, WHITE_X, WHITE_Z } from './lab.ts';
import type { Bytes, Channels, Pixels } from './pixels.ts';
import { encoded } from './srgb.ts';

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
export function chromaOfPicture({ width, height, data, channels = 3 }: Pixels): Chroma {
  const count = data.length / channels;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += channels) {
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
export function chromaOfAb({ width, height, data, channels = 3 }: Pixels): Chroma {
  const count = data.length / channels;
  const [x, z] = [new Float32Array(count), new Float32Array(count)];
  for (let i = 0, p = 0; i < count; i++, p += channels) {
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
export function mergeChroma(grey: Bytes, width: number, height: number, small: Chroma): Uint8Array {
  const out = new Uint8Array(3 * grey.length);
  new Merger(width, height, small).merge(grey, 0, height, out, 3);
  return out;
}

/** The same some rows at a time, for whoever has no room for the whole picture in colour. */
export class Merger {
  private readonly columns: Axis;
  private readonly rows: Axis;
  /** Chroma at the height of the row that is merged. */
  private readonly x: Float32Array;
  private readonly z: Float32Array;

  /** @param width of the large picture, as `height` is */
  constructor(
    private readonly width: number,
    height: number,
    private readonly small: Chroma,
  ) {
    this.columns = axis(small.width, width);
    this.rows = axis(small.height, height);
    [this.x, this.z] = [new Float32Array(small.width), new Float32Array(small.width)];
  }

  /**
   * @param grey of the strip alone, one byte per pixel
   * @param from row of the large picture that the strip begins with
   * @param to row after its last
   * @param out the strip's pixels; where they have four channels the fourth stays as it is
   */
  merge(grey: Bytes, from: number, to: number, out: Bytes, channels: Channels): void {
    const { width, columns, rows, small, x, z } = this;
    for (let y = from; y < to; y++) {
      const [upper, lower] = [rows.low[y]! * small.width, rows.high[y]! * small.width];
      between(small.x, upper, lower, rows.part[y]!, x);
      between(small.z, upper, lower, rows.part[y]!, z);
      mergeRow(grey, (y - from) * width, columns, x, z, out, channels);
    }
  }
}

/** One row of the small picture at the height of a row of the large one. */
function between(values: Float32Array, upper: number, lower: number, part: number, row: Float32Array): void {
  for (let x = 0; x < row.length; x++) {
    const top = values[upper + x]!;
    row[x] = top + (values[lower + x]! - top) * part;
  }
}

function mergeRow(
  grey: Bytes,
  start: number,
  { low, high, part }: Axis,
  rowX: Float32Array,
  rowZ: Float32Array,
  out: Bytes,
  channels: number,
): void {
  const width = low.length;
  for (let x = 0, i = start, p = channels * start; x < width; x++, i++, p += channels) {
    const [left, right, t] = [low[x]!, high[x]!, part[x]!];
    const value = grey[i]!;
    const fy = F_OF_GREY[value]!;
    const fx = fy + rowX[left]! + (rowX[right]! - rowX[left]!) * t;
    const fz = fy + rowZ[left]! + (rowZ[right]! - rowZ[left]!) * t;
    // Written out: as a function it costs a tenth of the merge.
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
