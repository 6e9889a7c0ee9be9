/**
 * Decodes a photo to sRGB, upright, with the bits that it has.
 *
 * ComfyUI itself accepts truncated files, flattens 16-bit scans to two tones and turns the pages of a TIFF into a batch. So it
 * only gets 8-bit PNGs that are made here.
 */
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { storedBands } from './bands.ts';
import { conversionBy, NONE, type Conversion } from './conversion.ts';
import type { MetadataKind } from '../../colour/metadata/metadata.ts';
import type { Format } from './formats.ts';
import { inspectPhoto, roundedMegapixels, STRICT } from './inspect.ts';
import type { SizeLimits } from './limits.ts';
import { readMetadata, type PhotoMetadata } from './metadata.ts';
import { conversionOfPng } from './png-colour.ts';
import { readPixels } from './readable.ts';
import { bandOf, checkSize, readSamples, separateAlpha, type Samples, type Values } from './samples.ts';
import { tonesOf } from './tones.ts';

// A photo is decoded once, so a cache would only hold memory.
sharp.cache(false);

/** A photo, upright, in sRGB. */
export interface DecodedPhoto {
  format: Format;
  width: number;
  height: number;
  megapixels: number;
  /** Bits of each value, and of the result's where its format has so many. */
  depth: 8 | 16;
  /** One value of that depth per pixel, of the photo's own luminance. */
  grey: Values;
  /** Of 8 bits: interleaved, three per pixel; kept where the workflow reads colours. */
  rgb: Uint8Array | undefined;
  /** One value of that depth per pixel, when the photo has transparency. */
  alpha: Values | undefined;
  /** What the photo says besides its pixels. */
  metadata: PhotoMetadata;
  /** What it says and its result cannot: damaged, or too large. */
  metadataLeftOut: MetadataKind[];
  /** Whether the file has more pages or frames. */
  hasMore: boolean;
}

/**
 * @param limits of the photo and its result
 * @param keepColours whether `rgb` is needed
 * @param reserve called with its load before its pixels are decoded, and awaited
 * @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large`
 */
export async function decodePhoto(
  body: Buffer,
  limits: SizeLimits,
  keepColours: boolean,
  reserve?: (load: number) => Promise<void>,
): Promise<DecodedPhoto & { load: number }> {
  const { source, directory, metadata, bands, load, hasMore } = await inspectPhoto(body, limits);
  await reserve?.(load);
  const options: SharpOptions = { ...STRICT, limitInputPixels: Math.ceil(limits.maxMegapixels * 1e6) };
  const { format, file } = source;
  const samples = await readPixels(source, (one) => {
    const { files, select } = storedBands(one);
    return readSamples(files, metadata, bands, { ...options, ...select });
  });
  separateAlpha(samples);
  const { width, height, depth, alpha } = samples;
  const conversion = await conversionOf(format, file, metadata, samples);
  const tones =
    (await tonesOf(samples, conversion, keepColours)) ?? (await tonesOf(samples, NONE, keepColours))!;
  checkSize(tones.grey, width, height, 1);
  // The decoder reads an AVIF's; of other files, what it was given may be without them.
  const said = await readMetadata(format === 'avif' ? file : body, format, metadata.icc, directory);
  return {
    format,
    width,
    height,
    megapixels: roundedMegapixels(width, height),
    load,
    depth,
    ...tones,
    alpha: alpha === undefined ? undefined : bandOf(samples, alpha),
    metadata: said.metadata,
    metadataLeftOut: said.leftOut,
    hasMore,
  };
}

/** By what the photo says of its tones; without that they are sRGB, and CMYK that of a press. */
async function conversionOf(
  format: Format,
  file: Buffer,
  { icc }: Metadata,
  { model, depth }: Samples,
): Promise<Conversion> {
  if (model === 'lab' || model === 'icc-lab') return NONE;
  const found =
    (format === 'png' ? conversionOfPng(file, model, depth) : undefined) ??
    (icc && (await conversionBy(icc, model, depth)));
  return found ?? (model === 'cmyk' ? { kind: 'profile', icc: await cmykProfile() } : NONE);
}

let madeProfile: Promise<Buffer> | undefined;

/** The profile for CMYK without one, which libvips has. */
const cmykProfile = (): Promise<Buffer> =>
  (madeProfile ??= sharp({ create: { width: 1, height: 1, channels: 3, background: 'white' } })
    .toColourspace('cmyk')
    .withIccProfile('cmyk')
    .tiff()
    .toBuffer()
    .then(async (file) => (await sharp(file).metadata()).icc!));
