/** Pixels in sRGB, and its transfer curve (IEC 61966-2-1). */

export type Bytes = Uint8Array | Uint8ClampedArray;

/** Red, green and blue; a fourth one is opacity, which is neither read nor written. */
export type Channels = 3 | 4;

/** As decoders and canvases return them: interleaved, 8 bits per channel. */
export interface Pixels {
  width: number;
  height: number;
  data: Bytes;
  /** @default 3 */
  channels?: Channels;
}

/** From stored to proportional to light; both from 0 to 1. */
export const linear = (v: number) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
/** From proportional to light to stored. */
export const encoded = (y: number) => (y <= 0.0031308 ? y * 12.92 : 1.055 * y ** (1 / 2.4) - 0.055);
