/** Pixels as decoders and canvases hand them out: interleaved, 8 bits of each channel, sRGB. */

export type Bytes = Uint8Array | Uint8ClampedArray;

/** Red, green and blue; and of four a last one for opacity, which is neither looked at nor written. */
export type Channels = 3 | 4;

export interface Pixels {
  width: number;
  height: number;
  data: Bytes;
  /** @default 3 */
  channels?: Channels;
}
