/**
 * The lightness of a picture as an 8-bit grey one.
 *
 * A grey with the same CIE luminance has the same L in CIE Lab, so the workflow that keeps L keeps what we send. The
 * usual shortcut (weights on the gamma-encoded values) is off by up to 20 L for saturated colours. Primaries and curve
 * are those of sRGB, IEC 61966-2-1.
 */
import { setImmediate } from 'node:timers/promises';

const WEIGHTS = [0.2126, 0.7152, 0.0722] as const;

const decode = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const encode = (y: number) => (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055);

/** Fine enough for the steepest part of the curve, where one 8-bit step is 1/3295 of the whole. */
const STEPS = 65_535;
/** Luminance of each channel's value, in steps. */
const LUMINANCE = WEIGHTS.map((weight) =>
  Float64Array.from({ length: 256 }, (_, v) => decode(v / 255) * weight * STEPS),
) as [Float64Array, Float64Array, Float64Array];
const GREY = Uint8Array.from({ length: STEPS + 1 }, (_, y) => Math.round(encode(y / STEPS) * 255));

/** Pixels between two turns of the event loop, so that heartbeats go out while a large scan is prepared. */
const STRIP = 2_000_000;

/**
 * @param pixels sRGB, 8 bit, interleaved
 * @param channels 3, or 4 of which the last is not looked at
 */
export async function lightness(pixels: Uint8Array, channels: 3 | 4): Promise<Uint8Array> {
  const grey = new Uint8Array(pixels.length / channels);
  for (let start = 0; start < grey.length; start += STRIP) {
    strip(pixels, channels, grey, start, Math.min(start + STRIP, grey.length));
    await setImmediate();
  }
  return grey;
}

function strip(pixels: Uint8Array, channels: number, grey: Uint8Array, from: number, to: number): void {
  const [red, green, blue] = LUMINANCE;
  for (let i = from, p = from * channels; i < to; i++, p += channels) {
    // In range by construction: the arrays are as long as a byte has values, and the weights add up to one.
    const y = red[pixels[p]!]! + green[pixels[p + 1]!]! + blue[pixels[p + 2]!]!;
    grey[i] = GREY[Math.round(y)]!;
  }
}

/** Near black and white, sRGB has no room for colour. */
const DARKEST = 4;
const LIGHTEST = 251;

/** Whether colouring can show: flat pictures and line art of pure black and white have to stay grey. */
export function hasRoomForColour(grey: Uint8Array): boolean {
  const first = grey[0];
  return grey.some((v) => v !== first) && grey.some((v) => v >= DARKEST && v <= LIGHTEST);
}
