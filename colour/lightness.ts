/**
 * Computes the lightness of a picture as an 8-bit grey one.
 *
 * A grey with the same CIE luminance has the same L in CIE Lab, so a workflow that keeps L keeps this. Weighting the
 * gamma-encoded values instead is off by up to 20 L for saturated colours.
 */
import { scalarLightness } from './scalar/lightness.ts';
import { kernels } from './simd/kernels.ts';
import { simdLightness } from './simd/lightness.ts';
import type { Bytes } from './srgb.ts';

export { encoded8, WEIGHTS } from './scalar/lightness.ts';

/** @returns one byte for each pixel */
export function lightness(pixels: Bytes, channels: number): Uint8Array {
  const grey = new Uint8Array(pixels.length / channels);
  lightnessInto(pixels, channels, grey, 0);
  return grey;
}

/**
 * Writes the lightness of a strip of rows into that of the whole picture.
 *
 * @param at index of its first pixel in the whole
 * @throws RangeError when it does not fit
 */
export function lightnessInto(pixels: Bytes, channels: number, grey: Bytes, at: number): void {
  const end = at + pixels.length / channels;
  if (end > grey.length) throw new RangeError(`a strip up to ${end} in a picture of ${grey.length} pixels`);
  const found = channels === 3 || channels === 4 ? kernels() : undefined;
  if (found) simdLightness(found, pixels, channels as 3 | 4, grey, at);
  else scalarLightness(pixels, channels, grey, at);
}
