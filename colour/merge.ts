/**
 * Merges the chroma of a small picture with the lightness of a large one.
 *
 * DDColor computes chroma at a fixed small size and keeps the lightness of its input, so colouring a small copy and
 * merging it here gives the same result as colouring the whole photo, for a fraction of the work.
 *
 * A network's chroma can exceed the 8-bit range of a and b; unclamped it shows as spots of pure hues.
 */
import type { Chroma } from './chroma.ts';
import { ScalarMerger } from './scalar/merge.ts';
import { kernels } from './simd/kernels.ts';
import { SimdMerger } from './simd/merge.ts';
import type { Bytes, Channels } from './srgb.ts';

/**
 * @param grey one byte per pixel, whose luminance is the result's
 * @param small chroma of the same picture, of any size
 * @param out where the result goes. @default memory of its own
 * @returns interleaved 8-bit sRGB
 */
export function mergeChroma(
  grey: Bytes,
  width: number,
  height: number,
  small: Chroma,
  out = new Uint8Array(3 * grey.length),
): Uint8Array {
  new Merger(width, height, small).merge(grey, 0, height, out, 3);
  return out;
}

/** Merges some rows at a time, where memory does not hold the whole picture in colour. */
export class Merger {
  private readonly rows: ScalarMerger | SimdMerger;

  /** @param width of the large picture, like `height` */
  constructor(width: number, height: number, small: Chroma) {
    const found = kernels();
    const simd = found && SimdMerger.of(found, width, height, small);
    this.rows = simd ?? new ScalarMerger(width, height, small);
  }

  /**
   * @param grey of the strip, one byte per pixel
   * @param from first row of the strip in the large picture
   * @param to row after its last
   * @param out pixels of the strip; a fourth channel is left as it is
   */
  merge(grey: Bytes, from: number, to: number, out: Bytes, channels: Channels): void {
    this.rows.merge(grey, from, to, out, channels);
  }
}
