/** Pixels of 16 bits for sharp: it takes those without a file around them for Display P3, and converts them. */
import sharp, { type Sharp } from 'sharp';
import { checkSize } from './samples.ts';

const TAGS = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offsets: 273,
  samples: 277,
  rows: 278,
  bytes: 279,
  planar: 284,
  extra: 338,
  profile: 34_675,
} as const;
const [SHORT, LONG, UNDEFINED] = [3, 4, 7];
const [RGB, UNASSOCIATED] = [2, 2];
const HEADER_BYTES = 8;

let made: Promise<Buffer> | undefined;

/** The profile of sRGB, which libvips has. */
export const srgbProfile = (): Promise<Buffer> =>
  (made ??= sharp({ create: { width: 1, height: 1, channels: 3, background: 'white' } })
    .withIccProfile('srgb')
    .png()
    .toBuffer()
    .then(async (file) => (await sharp(file).metadata()).icc!));

/**
 * @param pixels interleaved sRGB
 * @param alpha one value for each pixel
 * @returns an image with the profile of sRGB, which the result keeps
 * @throws RangeError when the pixels do not have that size
 */
export async function image16(
  pixels: Uint16Array,
  alpha: Uint16Array | undefined,
  width: number,
  height: number,
): Promise<Sharp> {
  const channels = alpha ? 4 : 3;
  checkSize(pixels, width, height, 3);
  if (alpha) checkSize(alpha, width, height, 1);
  const profile = await srgbProfile();
  const all = alpha ? joined(pixels, alpha) : pixels;
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [TAGS.width, LONG, 1, width],
    [TAGS.height, LONG, 1, height],
    [TAGS.bits, SHORT, channels, 0],
    [TAGS.compression, SHORT, 1, 1],
    [TAGS.photometric, SHORT, 1, RGB],
    [TAGS.offsets, LONG, 1, 0],
    [TAGS.samples, SHORT, 1, channels],
    [TAGS.rows, LONG, 1, height],
    [TAGS.bytes, LONG, 1, all.byteLength],
    [TAGS.planar, SHORT, 1, 1],
    ...(alpha ? [[TAGS.extra, SHORT, 1, UNASSOCIATED] as [number, number, number, number]] : []),
    [TAGS.profile, UNDEFINED, profile.length, 0],
  ];
  const bitsAt = HEADER_BYTES + 2 + 12 * entries.length + 4;
  const profileAt = bitsAt + 2 * channels;
  const pixelsAt = profileAt + profile.length + (profile.length % 2);
  const file = Buffer.allocUnsafe(pixelsAt + all.byteLength);
  file.fill(0, 0, pixelsAt);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(HEADER_BYTES, 4);
  file.writeUInt16LE(entries.length, HEADER_BYTES);
  const places: Partial<Record<number, number>> = {
    [TAGS.bits]: bitsAt,
    [TAGS.offsets]: pixelsAt,
    [TAGS.profile]: profileAt,
  };
  for (const [k, [tag, type, values, value]] of entries.entries()) {
    const at = HEADER_BYTES + 2 + 12 * k;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values, at + 4);
    file.writeUInt32LE(places[tag] ?? value, at + 8);
  }
  for (let k = 0; k < channels; k++) file.writeUInt16LE(16, bitsAt + 2 * k);
  profile.copy(file, profileAt);
  file.set(new Uint8Array(all.buffer, all.byteOffset, all.byteLength), pixelsAt);
  return sharp(file, { limitInputPixels: false }).toColourspace('rgb16').keepIccProfile();
}

function joined(pixels: Uint16Array, alpha: Uint16Array): Uint16Array {
  const all = new Uint16Array(4 * alpha.length);
  for (let i = 0, p = 0; i < alpha.length; i++, p += 3) {
    all[4 * i] = pixels[p]!;
    all[4 * i + 1] = pixels[p + 1]!;
    all[4 * i + 2] = pixels[p + 2]!;
    all[4 * i + 3] = alpha[i]!;
  }
  return all;
}
