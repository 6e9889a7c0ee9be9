/** Bilinear resampling: positions along an axis, and the square copy that the network sees. */
import type { Bytes } from './srgb.ts';

/** For each output position: the two input samples around it, and its distance from the lower one, 0 to 1. */
export interface Axis {
  low: Uint32Array;
  high: Uint32Array;
  part: Float32Array;
}

/**
 * @param length input samples
 * @param size output positions; pixel centres correspond, as in OpenCV
 */
export function axis(length: number, size: number): Axis {
  const [low, high] = [new Uint32Array(size), new Uint32Array(size)];
  const part = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const position = Math.min(Math.max(((i + 0.5) * length) / size - 0.5, 0), length - 1);
    low[i] = Math.floor(position);
    high[i] = Math.min(low[i]! + 1, length - 1);
    part[i] = position - low[i]!;
  }
  return { low, high, part };
}

/**
 * Copies a picture to a square, each side scaled by its own factor, bilinear without a low-pass filter. DDColor does the
 * same with the whole picture (OpenCV's INTER_LINEAR), so its network sees the same on both paths.
 *
 * @param data interleaved, any number of channels
 */
export function squareCopy(
  data: Bytes,
  { width, height, channels }: { width: number; height: number; channels: number },
  size: number,
): Uint8Array {
  const [columns, rows] = [axis(width, size), axis(height, size)];
  const { low, high, part } = columns;
  const out = new Uint8Array(size * size * channels);
  // Plain numbers only: this runs too seldom for a compiler that would do without the arrays of an assignment to several names.
  for (let y = 0, at = 0; y < size; y++) {
    const upper = rows.low[y]! * width * channels;
    const lower = rows.high[y]! * width * channels;
    const down = rows.part[y]!;
    for (let x = 0; x < size; x++) {
      const left = low[x]! * channels;
      const right = high[x]! * channels;
      const across = part[x]!;
      for (let c = 0; c < channels; c++, at++) {
        const top = data[upper + left + c]! * (1 - across) + data[upper + right + c]! * across;
        const bottom = data[lower + left + c]! * (1 - across) + data[lower + right + c]! * across;
        // Rounded: none is negative, and Math.round() takes as long as the rest.
        out[at] = (top * (1 - down) + bottom * down + 0.5) | 0;
      }
    }
  }
  return out;
}
