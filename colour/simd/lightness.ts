/** Lightness by the kernels. */
import type { Bytes, Channels } from '../srgb.ts';
import type { Kernels } from './kernels.ts';

/** Pixels that are copied to the kernels and back at a time: they stay in a processor's cache. */
const STRIP = 16_384;

/** As `lightnessInto` in `colour/lightness.ts`. */
export function simdLightness(
  kernels: Kernels,
  pixels: Bytes,
  channels: Channels,
  grey: Bytes,
  at: number,
): void {
  const [source = 0, target = 0] = kernels.allocate(STRIP * channels, STRIP);
  const { bytes, run } = kernels;
  const lightness = channels === 3 ? run.lightness3 : run.lightness4;
  const count = pixels.length / channels;
  for (let from = 0; from < count; from += STRIP) {
    const to = Math.min(from + STRIP, count);
    bytes.set(pixels.subarray(from * channels, to * channels), source);
    lightness(source, to - from, target);
    grey.set(bytes.subarray(target, target + to - from), at + from);
  }
}
