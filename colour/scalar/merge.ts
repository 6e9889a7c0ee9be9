/** The merge by the definition, one pixel at a time: the reference of the kernels, and the fallback where they do not run. */
import { EPSILON, f, LINEAR, SLOPE, WHITE_X, WHITE_Z, type Chroma } from '../chroma.ts';
import { axis, type Axis } from '../resample.ts';
import { encoded, type Bytes, type Channels } from '../srgb.ts';

export const F_OF_GREY = LINEAR.map(f);
/** Steps of the gamma table; an 8-bit step at the dark end is 5 of them. */
const STEPS = 16_384;
const GAMMA = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.round(255 * encoded(i / STEPS)));

/** As `Merger` in `colour/merge.ts`. */
export class ScalarMerger {
  private readonly columns: Axis;
  private readonly rows: Axis;
  /** Chroma interpolated to the current row. */
  private readonly x: Float32Array;
  private readonly z: Float32Array;

  constructor(
    private readonly width: number,
    height: number,
    private readonly small: Chroma,
  ) {
    this.columns = axis(small.width, width);
    this.rows = axis(small.height, height);
    [this.x, this.z] = [new Float32Array(small.width), new Float32Array(small.width)];
  }

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

/** Interpolates between two rows of the small picture. */
export function between(
  values: Float32Array,
  upper: number,
  lower: number,
  part: number,
  row: Float32Array,
): void {
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
    // The inverse of f, inlined: a function call makes the merge a tenth slower.
    const capX = WHITE_X * (fx > EPSILON ? fx * fx * fx : SLOPE * (fx - 4 / 29));
    const capY = LINEAR[value]!;
    const capZ = WHITE_Z * (fz > EPSILON ? fz * fz * fz : SLOPE * (fz - 4 / 29));
    out[p] = gamma(3.2404542 * capX - 1.5371385 * capY - 0.4985314 * capZ);
    out[p + 1] = gamma(-0.969266 * capX + 1.8760108 * capY + 0.041556 * capZ);
    out[p + 2] = gamma(0.0556434 * capX - 0.2040259 * capY + 1.0572252 * capZ);
  }
}

/** Values out of gamut are clipped, as ComfyUI does when it saves. */
const gamma = (y: number): number => (y <= 0 ? 0 : y >= 1 ? 255 : GAMMA[(y * STEPS + 0.5) | 0]!);
