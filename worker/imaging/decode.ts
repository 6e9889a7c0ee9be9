/**
 * Reads a photo: checks what came, and makes 8-bit sRGB of it, upright.
 *
 * Gotcha: ComfyUI itself takes truncated files for whole, flattens 16-bit scans to two tones and turns pages into
 * batches. So it only ever gets 8-bit PNGs that were made here.
 */
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { hasRoomForColour, lightness } from '../../colour/lightness.ts';
import { PermanentFault } from '../photo/faults.ts';
import { FORMAT_NAMES, FORMATS, sniff, type Format } from './formats.ts';

// A photo is decoded once; remembering it would only hold memory.
sharp.cache(false);

/** A photo, upright, in sRGB. */
export interface DecodedPhoto {
  format: Format;
  width: number;
  height: number;
  megapixels: number;
  /** One byte per pixel, of the photo's own luminance. */
  grey: Uint8Array;
  /** Interleaved, three bytes per pixel; kept where the workflow looks at colours. */
  rgb: Uint8Array | undefined;
  /** One byte per pixel, when the photo has transparency. */
  alpha: Buffer | undefined;
  /** Pixels per inch, when the photo says so. */
  density: number | undefined;
  /** As it stands in the photo, without its prefix. */
  exif: Buffer | undefined;
  /** Whether a coloured result must differ from a grey one. */
  colourable: boolean;
}

const ALLOWED = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  FORMATS.map((format) => FORMAT_NAMES[format]),
);
const INTEGER_DEPTHS = ['uchar', 'ushort'];
export const megapixelsOf = (width: number, height: number) => (width * height) / 1e6;
const rounded = (value: number) => Math.round(value * 100) / 100;

/**
 * @param keepColours whether `rgb` is wanted
 * @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large`
 */
export async function decodePhoto(
  body: Buffer,
  maxMegapixels: number,
  keepColours: boolean,
): Promise<DecodedPhoto> {
  const format = formatOf(body);
  const metadata = await metadataOf(body, format, maxMegapixels);
  const limits: SharpOptions = { failOn: 'error', limitInputPixels: Math.ceil(maxMegapixels * 1e6) };
  // A grey photo without a profile of its own needs no way through colours.
  const greyOnly = metadata.space === 'b-w' && !metadata.hasProfile;
  const { data, info } = await decoded(format, () =>
    sharp(body, limits)
      .autoOrient()
      .toColourspace(greyOnly ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  const { width, height, channels } = info;
  const grey = channels < 3 ? plane(data, channels, 0) : lightness(data, channels === 4 ? 4 : 3);
  const hasAlpha = channels === 2 || channels === 4;
  return {
    format,
    width,
    height,
    megapixels: rounded(megapixelsOf(width, height)),
    grey,
    rgb: keepColours ? colours(data, channels) : undefined,
    alpha: hasAlpha ? plane(data, channels, channels - 1) : undefined,
    density: metadata.density,
    exif: metadata.exif,
    colourable: hasRoomForColour(grey),
  };
}

async function metadataOf(body: Buffer, format: Format, maxMegapixels: number): Promise<Metadata> {
  const metadata = await decoded(format, () =>
    sharp(body, { failOn: 'error', limitInputPixels: false }).metadata(),
  );
  const { width, height, depth } = metadata;
  if (megapixelsOf(width, height) > maxMegapixels) {
    const size = rounded(megapixelsOf(width, height));
    throw new PermanentFault(
      'too-large',
      `The photo has ${size} megapixels (${width} x ${height}); at most ${maxMegapixels} are allowed.`,
    );
  }
  if (!INTEGER_DEPTHS.includes(depth)) {
    throw new PermanentFault(
      'unsupported-format',
      `The photo stores its pixels in an unusual way (${depth}); 8 or 16 bits per channel are allowed.`,
    );
  }
  return metadata;
}

/**
 * Megapixels of a photo by its head alone, for those who reckon what it will need; 0 when that does not tell, which
 * reading it will.
 */
export async function megapixelsIn(body: Buffer): Promise<number> {
  try {
    if (!('format' in (sniff(body) ?? {}))) return 0;
    const { width, height } = await sharp(body, { limitInputPixels: false }).metadata();
    return megapixelsOf(width, height);
  } catch {
    return 0;
  }
}

function formatOf(body: Buffer): Format {
  if (body.length === 0) throw new PermanentFault('unreadable-image', 'The file is empty.');
  const found = sniff(body);
  if (!found) {
    throw new PermanentFault('unreadable-image', `The file is not a picture; send a ${ALLOWED} file.`);
  }
  if ('other' in found) {
    throw new PermanentFault(
      'unsupported-format',
      `${found.other} files are not taken; send a ${ALLOWED} file.`,
    );
  }
  return found.format;
}

async function decoded<T>(format: Format, decode: () => Promise<T>): Promise<T> {
  try {
    return await decode();
  } catch (cause) {
    const name = FORMAT_NAMES[format];
    throw new PermanentFault(
      'unreadable-image',
      `The file is damaged or cut off: it starts as a ${name} file but cannot be read to its end. Send it again, or an intact copy.`,
      { cause },
    );
  }
}

function plane(data: Buffer, channels: number, which: number): Buffer {
  if (channels === 1) return data;
  const values = Buffer.alloc(data.length / channels);
  for (let i = 0, p = which; i < values.length; i++, p += channels) values[i] = data[p]!;
  return values;
}

function colours(data: Buffer, channels: number): Uint8Array {
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
