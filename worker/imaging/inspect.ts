/** Checks a photo by its head, before its pixels are decoded. */
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { PermanentFault } from '../photo/faults.ts';
import { decodedBands, storedBands, type Bands } from './bands.ts';
import { FORMAT_NAMES, FORMATS, insteadOf, sniff, type Format } from './formats.ts';
import { loadOf, MAX_BANDS, refuseTooLarge, type SizeLimits } from './limits.ts';
import { isAvifSequence, type Source } from './completed.ts';
import { readable } from './readable.ts';
import { isAnimatedPng, tooManyParts, withoutTexts } from './structure.ts';
import { mainPicture, tiffPictures, type TiffPicture } from './tiff.ts';
import { unsupportedFile } from './unsupported.ts';

const ALLOWED = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(
  FORMATS.map((format) => FORMAT_NAMES[format]),
);

export const megapixelsOf = (width: number, height: number) => (width * height) / 1e6;
export const roundedMegapixels = (width: number, height: number) =>
  Math.round(megapixelsOf(width, height) * 100) / 100;

export interface InspectedPhoto {
  source: Source;
  /** Position of the picture's directory in the TIFF as it was sent; {@link source} may be completed. */
  directory: number | undefined;
  metadata: Metadata;
  bands: Bands;
  /** As {@link loadOf} has it. */
  load: number;
  /** Whether the file has more pages or frames than the one that is coloured. */
  hasMore: boolean;
}

/** For the decoder: to fail on missing pixels. */
export const STRICT: SharpOptions = { failOn: 'error' };

/** Its size is checked after it is read. */
const UNLIMITED: SharpOptions = { limitInputPixels: false, limitInputChannels: MAX_BANDS };

/** @throws PermanentFault `unsupported-format`, `unreadable-image` or `too-large` */
export async function inspectPhoto(body: Buffer, limits: SizeLimits): Promise<InspectedPhoto> {
  const format = formatOf(body);
  const parts = tooManyParts(format, body);
  if (parts !== undefined) {
    throw new PermanentFault(
      'unsupported-format',
      `The ${FORMAT_NAMES[format]} file has ${parts}, which no photo needs; save it again as an ordinary file.`,
    );
  }
  const pictures = (format === 'tiff' && tiffPictures(body)) || [];
  const unsupported = unsupportedFile(format, body, pictures);
  if (unsupported) {
    const { what, instead } = unsupported;
    throw new PermanentFault(
      'unsupported-format',
      `The file is ${what}, which is not supported; ${instead}.`,
    );
  }
  const main = mainPicture(pictures);
  const { value: metadata, source } = await readable(
    { format, file: format === 'png' ? withoutTexts(body) : body, ...selected(main?.picture) },
    (source) => {
      const { files, select } = storedBands(source);
      return sharp(files[0]!(), { ...STRICT, ...select, ...UNLIMITED }).metadata();
    },
  );
  const bands = storedBands(source).bands ?? decodedBands(format, metadata);
  refuseTooLarge(format, metadata, limits);
  const { width, height, depth } = metadata;
  const load = loadOf(megapixelsOf(width, height), depth === 'ushort' ? 16 : 8, bands.count);
  const hasMore = main?.hasMore ?? hasFrames(format, body, metadata);
  return { source, directory: main?.picture.at, metadata, bands, load, hasMore };
}

/** Without a choice where it makes no difference: the first page. */
function selected(picture: TiffPicture | undefined): Pick<Source, 'select' | 'directory'> {
  if (!picture) return { select: {} };
  const { page, subifd, at } = picture;
  const select = { ...(page > 0 && { page }), ...(subifd !== undefined && { tiff: { subifd } }) };
  return { select, directory: at };
}

/** An animated WebP, PNG or AVIF, whose first frame the decoder gives. */
const hasFrames = (format: Format, body: Buffer, { pages = 1 }: Metadata): boolean =>
  format === 'png' ? isAnimatedPng(body) : pages > 1 || (format === 'avif' && isAvifSequence(body));

function formatOf(body: Buffer): Format {
  if (body.length === 0) throw new PermanentFault('unreadable-image', 'The file is empty.');
  const found = sniff(body);
  if (!found) {
    throw new PermanentFault('unreadable-image', `The file is not a picture; send a ${ALLOWED} file.`);
  }
  if ('other' in found) {
    throw new PermanentFault(
      'unsupported-format',
      `${found.other} files are not supported; ${insteadOf(found.other)}.`,
    );
  }
  return found.format;
}
