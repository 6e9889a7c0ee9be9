/** Rewrites a directory of a TIFF without what the decoder stumbles over: tags that say nothing about pixels, and values that there are not. */
import { unlessOutside } from '../../colour/metadata/bytes.ts';
import { TiffDirectory, TYPE_BYTES, type NewEntry, type TiffEntry } from './tiff-entries.ts';

const [PHOTOMETRIC, SAMPLES, BITS, SUBIFDS] = [262, 277, 258, 330];
/** Without these, or with others than the file has, there would be other pixels. */
const OF_PIXELS = new Set([
  ...[256, 257, 258, 259, 262, 273, 277, 278, 279, 317, 320, 322, 323, 324, 325, 338, 339, 347],
  ...[292, 293, 301, 332, 334, 529, 530, 531, 532],
]);
/** Numbers that a tag may have, where the decoder refuses a file for others that make no difference to its pixels. */
const ALLOWED: Record<number, readonly number[]> = {
  274: [1, 2, 3, 4, 5, 6, 7, 8],
  296: [1, 2, 3],
  266: [1, 2],
  284: [1, 2],
};
const ROWS_PER_STRIP = 278;
const MAX_ENTRIES = 1000;

/**
 * @param position of the picture's directory
 * @param between put after the file, where a decoder goes on that misses pixels at its end
 * @returns the file with a new directory at its end, of this one picture; undefined where the old one is damaged
 */
export function withCleanDirectory(file: Buffer, position: number, between: Buffer): Buffer | undefined {
  const directory = TiffDirectory.of(file, position);
  if (!directory || directory.count > MAX_ENTRIES) return undefined;
  const kept = new Map<number, TiffEntry>();
  for (const entry of directory.entries)
    if (!kept.has(entry.tag) && isKept(directory, entry, file.length)) kept.set(entry.tag, entry);
  const clean = directory.only([...kept.values()]);
  const added = kept.has(PHOTOMETRIC) ? [] : [photometricOf(clean)];
  return unlessOutside(() => clean.fileWith(added, between));
}

function isKept(directory: TiffDirectory, entry: TiffEntry, fileBytes: number): boolean {
  const { tag, type, count, at } = entry;
  if (tag === SUBIFDS) return false;
  const bytes = TYPE_BYTES[type] ?? 0;
  const isInside = bytes > 0 && at + bytes * count <= fileBytes;
  const first = isInside ? directory.numbersOf(entry, 1)[0] : undefined;
  if (tag === ROWS_PER_STRIP) return first !== 0;
  const allowed = ALLOWED[tag];
  if (allowed) return first !== undefined && allowed.includes(first);
  return OF_PIXELS.has(tag) || isInside;
}

/** Without it the decoder reads nothing; of one bit it is a fax, whose paper is zero. */
function photometricOf(directory: TiffDirectory): NewEntry {
  const [samples = 1] = directory.values(SAMPLES);
  const hasBits = directory.entries.some(({ tag }) => tag === BITS);
  return { tag: PHOTOMETRIC, values: [samples > 2 ? 2 : hasBits ? 1 : 0] };
}
