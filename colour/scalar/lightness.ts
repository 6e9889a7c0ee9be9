/** Lightness by the definition, one pixel at a time: the reference of the kernels, and the fallback where they do not run. */
import { encoded, linear, type Bytes } from '../srgb.ts';

/** Of linear red, green and blue in luminance, Y of CIE XYZ. IEC 61966-2-1. */
export const WEIGHTS = [0.2126, 0.7152, 0.0722] as const;

/** Fine enough for the steepest part of the curve, where one 8-bit step is 1/3295 of the range. */
export const STEPS = 65_535;
/** Luminance of each value of each channel, in steps. */
export const LUMINANCE = WEIGHTS.map((weight) =>
  Float64Array.from({ length: 256 }, (_, v) => linear(v / 255) * weight * STEPS),
) as [Float64Array, Float64Array, Float64Array];
export const GREY = Uint8Array.from({ length: STEPS + 1 }, (_, y) => Math.round(encoded(y / STEPS) * 255));

/** @param y a linear value from 0 to 1. @returns the value of 8 bits in sRGB */
export const encoded8 = (y: number): number => GREY[(y * STEPS + 0.5) | 0]!;

/** As `lightnessInto` in `colour/lightness.ts`. */
export function scalarLightness(pixels: Bytes, channels: number, grey: Bytes, at: number): void {
  const end = at + pixels.length / channels;
  const [red, green, blue] = LUMINANCE;
  for (let i = at, p = 0; i < end; i++, p += channels) {
    // In range: each table has 256 values, and the weights add up to one.
    const y = red[pixels[p]!]! + green[pixels[p + 1]!]! + blue[pixels[p + 2]!]!;
    grey[i] = GREY[Math.round(y)]!;
  }
}
