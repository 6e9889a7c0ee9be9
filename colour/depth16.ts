/**
 * Lightness and merge at 16 bits: the luminance of a result is that of its photo to the last bits, and chroma for which sRGB has no
 * room is reduced towards grey, where 8 bits clip it.
 */
import type { Chroma } from './chroma.ts';
import { scalarLightness16, scalarMerge16 } from './scalar/depth16.ts';
import { simdLightness16, simdMerge16 } from './simd/depth16.ts';
import { kernels } from './simd/kernels.ts';
import { isTooWide } from './simd/merge.ts';

export { encoded16, tables16 } from './scalar/depth16.ts';

/** Lightness as a grey picture, of interleaved sRGB. */
export function lightness16(pixels: Uint16Array, channels: number): Uint16Array {
  const found = kernels();
  return found ? simdLightness16(found, pixels, channels) : scalarLightness16(pixels, channels);
}

/**
 * @param grey one value per pixel, whose luminance is the result's
 * @param small chroma of the same picture, of any size
 * @returns interleaved sRGB of 16 bits
 * @throws RangeError when the picture does not have its size
 */
export function mergeChroma16(grey: Uint16Array, width: number, height: number, small: Chroma): Uint16Array {
  if (grey.length !== width * height)
    throw new RangeError(`${grey.length} pixels in a picture of ${width} x ${height}`);
  const found = isTooWide(width, small) ? undefined : kernels();
  return found ? simdMerge16(found, grey, width, height, small) : scalarMerge16(grey, width, height, small);
}
