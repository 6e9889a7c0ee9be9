/**
 * Computes the lightness of a picture as an 8-bit grey one.
 *
 * A grey with the same CIE luminance has the same L in CIE Lab, so a workflow that keeps L keeps this. Weighting the
 * gamma-encoded values instead is off by up to 20 L for saturated colours.
 */
import { encoded, linear, type Bytes } from './srgb.ts';

/** Of linear red, green and blue in luminance, Y of CIE XYZ. IEC 61966-2-1. */
export const WEIGHTS = [0.2126, 0.7152, 0.0722] as const;

/** Fine enough for the steepest part of the curve, where one 8-bit step is 1/3295 of the range. */
const STEPS = 65_535;
/** Luminance of each value of each channel, in steps. */
const LUMINANCE = WEIGHTS.map((weight) =>
  Float64Array.from({ length: 256 }, (_, v) => linear(v / 255) * weight * STEPS),
) as [Float64Array, Float64Array, Float64Array];
const GREY = Uint8Array.from({ length: STEPS + 1 }, (_, y) => Math.round(encoded(y / STEPS) * 255));

/** @param y a linear value from 0 to 1. @returns the value of 8 bits in sRGB */
export const encoded8 = (y: number): number => GREY[(y * STEPS + 0.5) | 0]!;

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
  const [red, green, blue] = LUMINANCE;
  for (let i = at, p = 0; i < end; i++, p += channels) {
    // In range: each table has 256 values, and the weights add up to one.
    const y = red[pixels[p]!]! + green[pixels[p + 1]!]! + blue[pixels[p + 2]!]!;
    grey[i] = GREY[Math.round(y)]!;
  }
}
