/**
 * Decodes a photo to 8-bit sRGB, upright.
 *
 * ComfyUI itself accepts truncated files, flattens 16-bit scans to two tones and turns the pages of a TIFF into a batch. So it
 * only gets 8-bit PNGs that are made here.
 */
import sharp, { type SharpOptions } from 'sharp';
import { hasRoomForColour, lightness } from '../../colour/lightness.ts';
import type { Format } from './formats.ts';
import { inspectPhoto, roundedMegapixels, STRICT } from './inspect.ts';
import type { SizeLimits } from './limits.ts';
import { readPixels } from './readable.ts';

// A photo is decoded once, so a cache would only hold memory.
sharp.cache(false);

/** A photo, upright, in sRGB. */
export interface DecodedPhoto {
  format: Format;
  width: number;
  height: number;
  megapixels: number;
  /** One byte per pixel, of the photo's own luminance. */
  grey: Uint8Array;
  /** Interleaved, three bytes per pixel; kept where the workflow reads colours. */
  rgb: Uint8Array | undefined;
  /** One byte per pixel, when the photo has transparency. */
  alpha: Buffer | undefined;
  /** Pixels per inch, when the photo has it. */
  density: number | undefined;
  /** As it is in the photo, without its prefix. */
  exif: Buffer | undefined;
  /** Whether a result in colour must differ from a grey one. */
  colourable: boolean;
}

/**
 * @param limits of the photo and its result
 * @param keepColours whether `rgb` is needed
 * @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large`
 */
export async function decodePhoto(
  body: Buffer,
  limits: SizeLimits,
  keepColours: boolean,
): Promise<DecodedPhoto> {
  const { source, metadata } = await inspectPhoto(body, limits);
  const options: SharpOptions = { ...STRICT, limitInputPixels: Math.ceil(limits.maxMegapixels * 1e6) };
  // A grey photo without a colour profile needs no conversion.
  const greyOnly = metadata.space === 'b-w' && !metadata.hasProfile;
  const { format } = source;
  const { data, info } = await readPixels(source, ({ file, select }) =>
    sharp(file, { ...options, ...select })
      .autoOrient()
      .toColourspace(greyOnly ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height, channels } = info;
  const grey = channels < 3 ? channelOf(data, channels, 0) : lightness(data, channels === 4 ? 4 : 3);
  const hasAlpha = channels === 2 || channels === 4;
  return {
    format,
    width,
    height,
    megapixels: roundedMegapixels(width, height),
    grey,
    rgb: keepColours ? rgbOf(data, channels) : undefined,
    alpha: hasAlpha ? channelOf(data, channels, channels - 1) : undefined,
    density: metadata.density,
    exif: metadata.exif,
    colourable: hasRoomForColour(grey),
  };
}

function channelOf(data: Buffer, channels: number, channel: number): Buffer {
  if (channels === 1) return data;
  const values = Buffer.alloc(data.length / channels);
  for (let i = 0, p = channel; i < values.length; i++, p += channels) values[i] = data[p]!;
  return values;
}

function rgbOf(data: Buffer, channels: number): Uint8Array {
  if (channels === 3) return data;
  const rgb = new Uint8Array((data.length / channels) * 3);
  const step = channels > 2 ? 1 : 0;
  for (let i = 0, p = 0; i < rgb.length; i += 3, p += channels) {
    rgb[i] = data[p]!;
    rgb[i + 1] = data[p + step]!;
    rgb[i + 2] = data[p + 2 * step]!;
  }
  return rgb;
}
