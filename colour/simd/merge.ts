/** The merge by the kernels. */
import { EPSILON, type Chroma } from '../chroma.ts';
import { axis, type Axis } from '../resample.ts';
import { F_OF_GREY } from '../scalar/merge.ts';
import type { Bytes, Channels } from '../srgb.ts';
import type { Kernels } from './kernels.ts';

/** Pixels that are copied to the kernels and back at a time: they stay in a processor's cache. */
const STRIP = 32_768;
/** A row of the widest JPEG; a wider one takes too much memory. */
const MAX_WIDTH = 65_536;
/** From this grey value on, Lab's f is a cube root. */
const BRIGHT = 23;
const FLOAT = 4;

/** Whether a row takes too much memory. */
export const isTooWide = (width: number, small: Chroma): boolean =>
  width > MAX_WIDTH || small.width > MAX_WIDTH;

/** As `Merger` in `colour/merge.ts`. */
export class SimdMerger {
  private readonly columns: Axis;
  private readonly rows: Axis;
  /** Of each row of chroma, the least value. */
  private readonly least: Float32Array;

  /** @returns undefined for a picture that is too wide */
  static of(kernels: Kernels, width: number, height: number, small: Chroma): SimdMerger | undefined {
    return isTooWide(width, small) ? undefined : new SimdMerger(kernels, width, height, small);
  }

  private constructor(
    private readonly kernels: Kernels,
    private readonly width: number,
    height: number,
    private readonly small: Chroma,
  ) {
    this.columns = axis(small.width, width);
    this.rows = axis(small.height, height);
    this.least = leastOf(small);
  }

  merge(grey: Bytes, from: number, to: number, out: Bytes, channels: Channels): void {
    const { kernels, width, rows } = this;
    const strip = Math.max(1, Math.floor(STRIP / width));
    const wide = new WideRows(kernels, this.columns, this.small, [strip * width, strip * width * channels]);
    const [source = 0, target = 0] = wide.others;
    const { bytes, run } = kernels;
    const mergeRow = channels === 3 ? run.mergeRow3 : run.mergeRow4;
    let bright = 0;
    for (let top = from; top < to; top += strip) {
      const end = Math.min(top + strip, to);
      const [first, last] = [(top - from) * width, (end - from) * width];
      bytes.set(grey.subarray(first, last), source);
      if (channels === 4) bytes.set(out.subarray(first * channels, last * channels), target);
      for (let y = top; y < end; y++) {
        const [upper, lower] = [rows.low[y]!, rows.high[y]!];
        if (wide.select(upper, lower)) bright = brightFrom(Math.min(this.least[upper]!, this.least[lower]!));
        const at = (y - top) * width;
        mergeRow(source + at, width, wide.chroma, wide.stride, rows.part[y]!, bright, target + channels * at);
      }
      out.set(bytes.subarray(target, target + (last - first) * channels), first * channels);
    }
  }
}

function leastOf({ width, height, x, z }: Chroma): Float32Array {
  const all = new Float32Array(height);
  for (let y = 0, i = 0; y < height; y++) {
    let least = 0;
    for (const end = i + width; i < end; i++) {
      if (x[i]! < least) least = x[i]!;
      if (z[i]! < least) least = z[i]!;
    }
    all[y] = least;
  }
  return all;
}

/** @returns the grey value from which on f of X, Y and Z is a cube root, with chroma of this value or more */
function brightFrom(least: number): number {
  let value = BRIGHT;
  while (value < 255 && F_OF_GREY[value]! + least <= EPSILON) value++;
  return value;
}

/** Two rows of chroma at the width of the large picture, in the memory of the kernels. */
export class WideRows {
  /** Addresses of the other parts. */
  readonly others: readonly number[];
  readonly chroma: number;
  readonly stride: number;
  private readonly width: number;
  private readonly row: number;
  private readonly low: number;
  private upper: number;
  private lower: number;
  /** Rows that are there. */
  private held: [upper: number, lower: number] = [-1, -1];

  /** @param others bytes of further parts that are needed at the same time */
  constructor(
    private readonly kernels: Kernels,
    { low, part }: Axis,
    private readonly small: Chroma,
    others: readonly number[],
  ) {
    const width = low.length;
    this.width = width;
    const stride = FLOAT * ((width + 3) & ~3);
    const row = FLOAT * (small.width + 1);
    const parts = kernels.allocate(2 * row, 2 * FLOAT * width, 2 * stride, 2 * stride, 4 * stride, ...others);
    this.stride = stride;
    [this.row, this.low, this.upper, this.lower, this.chroma] = parts as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.others = parts.slice(5);
    kernels.words(this.low, width).set(low);
    kernels.floats(this.low + FLOAT * width, width).set(part);
  }

  /** @returns whether the rows are others than before */
  select(upper: number, lower: number): boolean {
    const { held, stride } = this;
    if (held[0] === upper && held[1] === lower) return false;
    if (held[1] === upper) [this.upper, this.lower] = [this.lower, this.upper];
    else this.widen(upper, this.upper);
    this.widen(lower, this.lower);
    this.held = [upper, lower];
    const { step } = this.kernels.run;
    const count = stride / FLOAT;
    step(this.upper, this.lower, count, this.chroma, stride);
    step(this.upper + stride, this.lower + stride, count, this.chroma + 2 * stride, stride);
    return true;
  }

  private widen(row: number, out: number): void {
    const { kernels, small, stride } = this;
    const { width } = small;
    const [from, to] = [row * width, (row + 1) * width];
    const values = kernels.floats(this.row, 2 * (width + 1));
    for (const [k, all] of [small.x, small.z].entries()) {
      values.set(all.subarray(from, to), k * (width + 1));
      values[k * (width + 1) + width] = all[to - 1]!;
    }
    kernels.run.widen(this.row, width + 1, this.low, this.width, out, stride);
  }
}
