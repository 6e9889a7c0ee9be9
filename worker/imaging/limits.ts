/**
 * What one request to an image process may use. Ordinary photos use a sixth of it at most; a file that exceeds it was made to.
 */

import { PermanentFault } from '../photo/faults.ts';
import { FORMAT_NAMES, type Format } from './formats.ts';

/** Bands of a file; a photo has five at most. */
export const MAX_BANDS = 32;
const ORDINARY_BANDS = 4;

/**
 * What a photo takes of memory and time, in megapixels of 8 bits and four bands: with 16 bits it counts twice.
 *
 * @param megapixels of the photo
 */
export const loadOf = (megapixels: number, depth: 8 | 16, bands: number): number =>
  megapixels * (depth / 8) * Math.max(1, bands / ORDINARY_BANDS);

/** Of a megapixel. */
export const MAX_LOAD = loadOf(1, 16, MAX_BANDS);

/** Limits of one request. */
export interface RequestLimits {
  /** Of all threads of the process. */
  cpuSeconds: number;
  /** For what waits without computing; a busy ComfyUI leaves the worker a tenth of the processors. */
  seconds: number;
  /** Growth of the process's resident memory. */
  bytes: number;
}

const HEAD_CPU_SECONDS = 1.5;
const DECODE_CPU_SECONDS = 0.3;
const ENCODE_CPU_SECONDS = 1.5;
const OTHER_BYTES = 400e6;
const PEAK_BYTES_PER_PIXEL = 24;

const limits = (cpuSeconds: number, megapixels: number): RequestLimits => ({
  cpuSeconds,
  seconds: 60 + 10 * cpuSeconds,
  bytes: OTHER_BYTES + PEAK_BYTES_PER_PIXEL * megapixels * 1e6,
});

/** To read a file's head. */
export const headLimits = (): RequestLimits => limits(HEAD_CPU_SECONDS, 0);

/** To decode a photo and make its upload. @param megapixels its load */
export const prepareLimits = (megapixels: number): RequestLimits =>
  limits(HEAD_CPU_SECONDS + DECODE_CPU_SECONDS * megapixels, megapixels);

/** To merge, and to make the upload for a next workflow. @param megapixels load of the photo */
export const advanceLimits = (megapixels: number): RequestLimits =>
  limits(2 * HEAD_CPU_SECONDS + (DECODE_CPU_SECONDS + ENCODE_CPU_SECONDS) * megapixels, megapixels);

/** To merge and encode. @param megapixels load of the result */
export const finishLimits = (megapixels: number): RequestLimits =>
  limits(2 * HEAD_CPU_SECONDS + ENCODE_CPU_SECONDS * megapixels, megapixels);

/** Four channels of 16 bits: no picture within the pixel limit needs more, apart from metadata and other parts. */
const BYTES_PER_PIXEL = 8;
const OTHER_FILE_BYTES = 32e6;

/** Bytes of the largest file with that many pixels. */
export const maxFileBytes = (megapixels: number): number =>
  megapixels * 1e6 * BYTES_PER_PIXEL + OTHER_FILE_BYTES;

/** Of photos, and of their results. */
export interface SizeLimits {
  /** Of a photo. */
  maxMegapixels: number;
  /** Width and height of a result, relative to its photo's. */
  scale: number;
}

interface FormatLimits {
  /** Pixels. */
  side: number;
  megapixels?: number;
}

/** What the encoders write: mozjpeg's, WebP's, AVIF's and libvips' limits on a side; 4 GB of a TIFF at 8 bytes per pixel. */
const FORMAT_LIMITS: Record<Format, FormatLimits> = {
  jpeg: { side: 65_500 },
  png: { side: 1e7 },
  webp: { side: 16_383 },
  tiff: { side: 1e7, megapixels: 500 },
  avif: { side: 16_384 },
};

/** @throws PermanentFault `too-large` for a photo of too many pixels, or whose result its format cannot hold */
export function refuseTooLarge(
  format: Format,
  { width, height }: { width: number; height: number },
  { maxMegapixels, scale }: SizeLimits,
): void {
  const megapixels = (width * height) / 1e6;
  if (megapixels > maxMegapixels) {
    throw new PermanentFault(
      'too-large',
      `The photo has ${Math.round(megapixels * 100) / 100} megapixels (${width} x ${height}); at most ${maxMegapixels} are allowed.`,
    );
  }
  const limits = FORMAT_LIMITS[format];
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  const result = `The result would have ${w} x ${h} pixels`;
  const name = FORMAT_NAMES[format];
  if (Math.max(w, h) > limits.side) {
    const other = format === 'tiff' || format === 'png' ? '' : ', or as PNG or TIFF';
    throw new PermanentFault(
      'too-large',
      `${result}, and a ${name} file holds at most ${limits.side} on a side; send a smaller photo${other}.`,
    );
  }
  if ((w * h) / 1e6 > (limits.megapixels ?? Infinity)) {
    throw new PermanentFault(
      'too-large',
      `${result}, and a ${name} file holds at most ${limits.megapixels} megapixels; send a smaller photo.`,
    );
  }
}
