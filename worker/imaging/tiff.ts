/**
 * The pictures of a TIFF file, from its directories: a chain of pages, each with sub-directories. TIFF 6.0, sections 2 and 8;
 * TIFF Technical Note 1 (SubIFDs); BigTIFF; DNG 1.7.
 */
import { TiffDirectory } from './tiff-entries.ts';

/** A picture of the file, as its directory describes it. Values that the directory does not have are TIFF's defaults. */
export interface TiffPicture {
  /** Position of its directory. */
  at: number;
  /** In the chain, from 0. */
  page: number;
  /** Among the sub-directories of the page; undefined for the page itself. */
  subifd: number | undefined;
  width: number;
  height: number;
  compression: number;
  photometric: number | undefined;
  bits: readonly number[];
  sampleFormats: readonly number[];
  samples: number;
  /** A copy with fewer pixels, as the file says. */
  isReduced: boolean;
  /** Says which pixels of another picture to show, or something else that is no picture: depths. */
  isMask: boolean;
}

/** Only one page is read, but libvips counts all of them. */
export const MAX_PAGES = 1000;
const MAX_SUBIFDS = 16;
/** Of all directories together; a page has two dozen. */
const MAX_ENTRIES = 100_000;
/** Of a tag; none that is read has more. */
const MAX_VALUES = 64;

const TAGS = {
  newSubfileType: 254,
  subfileType: 255,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  samples: 277,
  subifds: 330,
  sampleFormats: 339,
} as const;
const READ = new Set<number>(Object.values(TAGS));

/** Bits of NewSubfileType. */
const [REDUCED, MASK, DEPTH] = [1, 4, 8];
/** Of SubfileType, which came before. */
const OLD_REDUCED = 2;
/** PhotometricInterpretation of a mask. */
const TRANSPARENCY_MASK = 4;

type Tags = Map<number, number[]>;

/**
 * @returns the tags that are read, of which the decoder takes the first where there are several
 * @throws RangeError for one whose values are not in the file
 */
function tagsOf(directory: TiffDirectory): Tags {
  const tags: Tags = new Map();
  for (const entry of directory.entries)
    if (READ.has(entry.tag) && !tags.has(entry.tag))
      tags.set(entry.tag, directory.numbersOf(entry, MAX_VALUES));
  return tags;
}

function pictureOf(tags: Tags, at: number, page: number, subifd: number | undefined): TiffPicture {
  const one = (tag: number) => tags.get(tag)?.[0];
  const kind = one(TAGS.newSubfileType) ?? 0;
  const photometric = one(TAGS.photometric);
  const samples = one(TAGS.samples) ?? 1;
  return {
    at,
    page,
    subifd,
    width: one(TAGS.width) ?? 0,
    height: one(TAGS.height) ?? 0,
    compression: one(TAGS.compression) ?? 1,
    photometric,
    bits: tags.get(TAGS.bits) ?? [1],
    sampleFormats: tags.get(TAGS.sampleFormats) ?? [1],
    samples,
    isReduced: (kind & REDUCED) !== 0 || one(TAGS.subfileType) === OLD_REDUCED,
    isMask: (kind & (MASK | DEPTH)) !== 0 || photometric === TRANSPARENCY_MASK,
  };
}

/**
 * @returns pages and their sub-directories in the order of the file, up to the first directory that is damaged; undefined when there
 * are more than {@link MAX_PAGES} pages
 */
export function tiffPictures(body: Buffer): TiffPicture[] | undefined {
  const pictures: TiffPicture[] = [];
  const seen = new Set<number>();
  let entriesLeft = MAX_ENTRIES;
  const read = (at: number) => {
    const directory = TiffDirectory.of(body, at);
    if (!directory || directory.count > entriesLeft) throw new RangeError('a damaged directory');
    entriesLeft -= directory.count;
    return { tags: tagsOf(directory), next: directory.next };
  };
  try {
    for (let at = TiffDirectory.firstOf(body); at !== 0 && !seen.has(at);) {
      if (seen.size >= MAX_PAGES) return undefined;
      const page = seen.size;
      seen.add(at);
      const { tags, next } = read(at);
      pictures.push(pictureOf(tags, at, page, undefined));
      const subifds = tags.get(TAGS.subifds)?.slice(0, MAX_SUBIFDS) ?? [];
      for (const [k, offset] of subifds.entries())
        pictures.push(pictureOf(read(offset).tags, offset, page, k));
      at = next;
    }
  } catch (error) {
    // A directory outside of the file: the decoder reports it where it needs it.
    if (!(error instanceof RangeError)) throw error;
  }
  return pictures;
}

/** Longest side of a first page that is taken for a thumbnail of a later one, although the file does not say so. */
const THUMBNAIL_SIDE = 320;
const THUMBNAIL_FACTOR = 4;
/** Of the ratios of width to height of a picture and its smaller copy, whose sides are rounded. */
const RATIO_TOLERANCE = 0.03;

/** Whether one can be the other with fewer pixels. */
function isCopy(small: TiffPicture, large: TiffPicture, factor: number): boolean {
  const ratio = (small.width * large.height) / (small.height * large.width);
  return factor * small.width <= large.width + factor && Math.abs(ratio - 1) < RATIO_TOLERANCE;
}

/**
 * The picture that a person means by the file: its first full page, else the full picture of a sub-directory, else the
 * largest reduced one.
 *
 * @returns with whether the file has more full pages; undefined where no directory has a picture
 */
export function mainPicture(
  pictures: readonly TiffPicture[],
): { picture: TiffPicture; hasMore: boolean } | undefined {
  const shown = pictures.filter(({ isMask, width, height }) => !isMask && width > 0 && height > 0);
  const full = shown.filter(({ isReduced }) => !isReduced);
  const pages = full.filter(({ subifd }) => subifd === undefined);
  const [first] = pages;
  const isThumbnail = first && Math.max(first.width, first.height) <= THUMBNAIL_SIDE;
  const picture =
    (isThumbnail && pages.find((page) => isCopy(first, page, THUMBNAIL_FACTOR))) ??
    first ??
    largest(full) ??
    largest(shown);
  if (!picture) return undefined;
  const others = pages.filter((page) => page !== picture && !isCopy(page, picture, 2));
  return { picture, hasMore: others.length > 0 };
}

const largest = (pictures: readonly TiffPicture[]): TiffPicture | undefined =>
  pictures.reduce<TiffPicture | undefined>(
    (best, one) => (best && best.width * best.height >= one.width * one.height ? best : one),
    undefined,
  );
