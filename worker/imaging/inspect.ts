/** Checks a photo by its head, before its pixels are decoded. */
import sharp, { type Metadata } from 'sharp';
import { PermanentFault } from '../photo/faults.ts';
import { FORMAT_NAMES, FORMATS, sniff, type Format } from './formats.ts';
import { tooManyParts, withoutTexts } from './structure.ts';

const ALLOWED = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  FORMATS.map((format) => FORMAT_NAMES[format]),
);
const INTEGER_DEPTHS = ['uchar', 'ushort'];

export const megapixelsOf = (width: number, height: number) => (width * height) / 1e6;
export const roundedMegapixels = (width: number, height: number) =>
  Math.round(megapixelsOf(width, height) * 100) / 100;

export interface InspectedPhoto {
  format: Format;
  metadata: Metadata;
  /** The photo's file, without parts that its result does not have. */
  file: Buffer;
}

/** @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large` */
export async function inspectPhoto(body: Buffer, maxMegapixels: number): Promise<InspectedPhoto> {
  const format = formatOf(body);
  const parts = tooManyParts(format, body);
  if (parts !== undefined) {
    throw new PermanentFault(
      'unsupported-format',
      `The ${FORMAT_NAMES[format]} file has ${parts}, which no photo needs; save it again as an ordinary file.`,
    );
  }
  const file = format === 'png' ? withoutTexts(body) : body;
  const metadata = await unlessDamaged(format, () =>
    sharp(file, { failOn: 'error', limitInputPixels: false }).metadata(),
  );
  const { width, height, depth } = metadata;
  if (megapixelsOf(width, height) > maxMegapixels) {
    throw new PermanentFault(
      'too-large',
      `The photo has ${roundedMegapixels(width, height)} megapixels (${width} x ${height}); at most ${maxMegapixels} are allowed.`,
    );
  }
  if (!INTEGER_DEPTHS.includes(depth)) {
    throw new PermanentFault(
      'unsupported-format',
      `The photo stores its pixels in an unusual way (${depth}); 8 or 16 bits per channel are allowed.`,
    );
  }
  return { format, metadata, file };
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
      `${found.other} files are not supported; send a ${ALLOWED} file.`,
    );
  }
  return found.format;
}

/** @throws PermanentFault when the decoder fails on a file that starts as it should */
export async function unlessDamaged<T>(format: Format, decode: () => Promise<T>): Promise<T> {
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
