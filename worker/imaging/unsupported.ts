/**
 * Recognises intact files that the decoder cannot read, by their heads: what they are, for a message to the uploader. What sharp's
 * libvips reads was tried kind by kind; `test/worker/unsupported.test.ts` holds the list. Pure.
 */
import { insteadOf, type Format } from './formats.ts';
import { segmentsOf, START_OF_SCAN } from './jpeg.ts';
import { mainPicture, type TiffPicture } from './tiff.ts';

/** What a file of an accepted format that cannot be read has to be saved as. */
const CONVERT_TO: Record<Format, string> = {
  jpeg: 'save it as an ordinary JPEG with 8 bits per channel, or as PNG or TIFF',
  png: 'save it as an ordinary PNG or JPEG',
  webp: 'save it as an ordinary WebP, PNG or JPEG',
  avif: 'save it as PNG or JPEG',
  tiff: 'save it as a TIFF with 8 or 16 bits per channel, in grey or RGB, with LZW, ZIP or no compression',
};
export const convertTo = (format: Format): string => CONVERT_TO[format];

/**
 * @param pictures of a TIFF
 * @returns what the file is that the decoder cannot read, and what to send instead; undefined where it can, or where its head is damaged
 */
export function unsupportedFile(
  format: Format,
  body: Buffer,
  pictures: readonly TiffPicture[],
): { what: string; instead: string } | undefined {
  if (pictures.some(isRaw)) return { what: 'camera raw', instead: insteadOf('camera raw') };
  const what = whatIs(format, body, pictures);
  return what === undefined ? undefined : { what, instead: convertTo(format) };
}

function whatIs(format: Format, body: Buffer, pictures: readonly TiffPicture[]): string | undefined {
  switch (format) {
    case 'jpeg':
      return unsupportedJpeg(body);
    case 'png':
      return unsupportedPng(body);
    case 'webp':
    case 'avif':
      return undefined;
    case 'tiff': {
      const main = mainPicture(pictures);
      if (main) return unsupportedTiff(main.picture);
      return pictures.some(({ isMask }) => isMask) ? 'a TIFF of a mask alone' : undefined;
    }
  }
}

/** ITU-T T.81, table B.1; T.87 (JPEG-LS). `undefined`: the decoder reads it, at 8 bits. */
const PROCESSES: Record<number, string | undefined> = {
  0xc0: undefined,
  0xc1: undefined,
  0xc2: undefined,
  0xc3: undefined,
  0xc5: 'a hierarchical JPEG',
  0xc6: 'a hierarchical JPEG',
  0xc7: 'a hierarchical JPEG',
  0xc9: undefined,
  0xca: undefined,
  0xcb: 'a lossless JPEG with arithmetic coding',
  0xcd: 'a hierarchical JPEG',
  0xce: 'a hierarchical JPEG',
  0xcf: 'a hierarchical JPEG',
  0xf7: 'a JPEG-LS',
};
const LOSSLESS = 0xc3;
/** Bytes of 0xff that may be put before a marker. */
const MAX_FILL = 16;
/** The decoder's own limit, below the format's 65,535. */
const MAX_JPEG_SIDE = 65_500;

function unsupportedJpeg(body: Buffer): string | undefined {
  let next = 2;
  for (const { marker, at, end } of segmentsOf(body)) {
    // Noise between two segments: it may be all noise.
    if (marker === START_OF_SCAN || at > next + MAX_FILL) return undefined;
    next = end;
    if (marker in PROCESSES && at + 10 <= body.length) return unsupportedFrame(marker, body, at + 4);
  }
  return undefined;
}

function unsupportedFrame(marker: number, body: Buffer, at: number): string | undefined {
  const [precision, height, width] = [body[at]!, body.readUInt16BE(at + 1), body.readUInt16BE(at + 3)];
  const channels = body[at + 5]!;
  const process = PROCESSES[marker];
  if (process !== undefined) return process;
  if (precision !== 8)
    return `a ${marker === LOSSLESS ? 'lossless ' : ''}JPEG with ${precision} bits per channel`;
  if (Math.max(width, height) > MAX_JPEG_SIDE)
    return `a JPEG of ${width} x ${height} pixels, more than ${MAX_JPEG_SIDE} on a side`;
  if (channels !== 1 && channels !== 3 && channels !== 4) return `a JPEG with ${channels} channels`;
  return undefined;
}

/** Compressions that the decoder reads: none, CCITT, LZW, JPEG, Deflate, PackBits, WebP. */
const COMPRESSIONS = new Set([1, 2, 3, 4, 5, 7, 8, 32771, 32773, 32946, 50001]);
const OTHER_COMPRESSIONS: Record<number, string> = {
  6: 'old-style JPEG',
  9: 'JBIG',
  10: 'JBIG',
  32766: 'NeXT',
  32809: 'ThunderScan',
  32908: 'Pixar',
  32909: 'Pixar',
  33003: 'JPEG 2000',
  33004: 'JPEG 2000',
  33005: 'JPEG 2000',
  34661: 'JBIG',
  34676: 'SGI LogLuv',
  34677: 'SGI LogLuv',
  34712: 'JPEG 2000',
  34887: 'LERC',
  34892: 'lossy JPEG of DNG',
  34925: 'LZMA',
  34926: 'Zstandard',
  34927: 'WebP of an early version',
  34933: 'PNG',
  34934: 'JPEG XR',
  22610: 'JPEG XR',
  50000: 'Zstandard',
  50002: 'JPEG XL',
  52546: 'JPEG XL',
};
/** Values of a sensor behind its colour filters, and of a sensor without them. */
const RAW_PHOTOMETRICS = new Set([32803, 34892]);
/** Of cameras' own. */
const RAW_COMPRESSIONS = new Set([262, 32767, 32769, 32770, 34713, 65000, 65535]);
const [WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB, ICC_LAB] = [0, 1, 2, 3, 5, 6, 8, 9];
const PHOTOMETRICS = new Set([WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK, YCBCR, LAB, ICC_LAB]);
const OTHER_PHOTOMETRICS: Record<number, string> = {
  4: 'a TIFF of a mask',
  10: 'a TIFF in ITU Lab',
  32844: 'a TIFF in LogL',
  32845: 'a TIFF in LogLuv',
};
const [UNSIGNED, SIGNED, FLOAT, UNDEFINED] = [1, 2, 3, 4];

/** A camera's raw data: the other pictures of such a file are previews. */
const isRaw = ({ photometric, compression }: TiffPicture): boolean =>
  RAW_PHOTOMETRICS.has(photometric ?? 0) || RAW_COMPRESSIONS.has(compression);

function unsupportedTiff(picture: TiffPicture): string | undefined {
  const { compression, photometric, bits, sampleFormats, samples } = picture;
  if (!COMPRESSIONS.has(compression)) {
    const name = OTHER_COMPRESSIONS[compression] ?? `of number ${compression}`;
    return `a TIFF with compression ${name}`;
  }
  if (photometric !== undefined && !PHOTOMETRICS.has(photometric))
    return OTHER_PHOTOMETRICS[photometric] ?? `a TIFF with colours of kind ${photometric}`;
  return unsupportedSamples(bits.slice(0, samples), sampleFormats) ?? unsupportedBits(picture);
}

function unsupportedSamples(bits: readonly number[], formats: readonly number[]): string | undefined {
  const other = formats.find((format) => format !== UNSIGNED && format !== UNDEFINED);
  if (other === undefined)
    return new Set(bits).size > 1 ? `a TIFF with ${bits.join(', ')} bits per channel` : undefined;
  const name = { [SIGNED]: 'signed', [FLOAT]: 'floating-point' }[other] ?? 'complex';
  return `a TIFF with ${name} numbers (${bits[0]} bits)`;
}

function unsupportedBits({ photometric, bits, samples }: TiffPicture): string | undefined {
  const [depth = 1] = bits;
  if (depth === 8 || depth === 16) return undefined;
  const hasFew =
    samples === 1 && (photometric === undefined || photometric <= BLACK_IS_ZERO || photometric === PALETTE);
  return hasFew && [1, 2, 4].includes(depth) ? undefined : `a TIFF with ${depth} bits per channel`;
}

/** Apple's tools write PNGs that only they read: the first chunk says so. */
const APPLE_PNG = 'CgBI';

const unsupportedPng = (body: Buffer): string | undefined =>
  body.toString('latin1', 12, 16) === APPLE_PNG ? "a PNG in Apple's own variant" : undefined;
