/**
 * The load that a photo's first bytes promise, so that its memory can be reserved before an image process has the file. It is only
 * expected: the process finds the true one before it decodes, and decodes no photo of more. Reads a few numbers. Pure.
 */
import { isFrame } from './jpeg.ts';
import { sniff, type Format } from './formats.ts';
import { loadOf } from './limits.ts';

/** Before the frame header of a JPEG: metadata has a few. */
const MAX_SEGMENTS = 64;
/** Of a PNG up to its colour type. PNG third edition, 11.2.1. */
const PNG_HEAD = 26;

const EXPECTED: Partial<Record<Format, (file: Buffer) => number | undefined>> = {
  jpeg: jpegLoad,
  png: (file) => (file.length < PNG_HEAD ? undefined : pngLoad(file)),
  // Without compression, 16 bits of grey take a byte for each unit of load, and any other photo more.
  tiff: ({ length }) => length / 1e6,
};

/**
 * @param maxMegapixels of a photo
 * @returns megapixels, as {@link loadOf} counts them; undefined where they are not known, or too many to be reserved on trust
 */
export function expectedLoad(file: Buffer, maxMegapixels: number): number | undefined {
  const found = sniff(file);
  const load = found && 'format' in found ? EXPECTED[found.format]?.(file) : undefined;
  return load !== undefined && load <= maxMegapixels ? load : undefined;
}

/** By its first frame header. ITU-T T.81, B.2.2. */
function jpegLoad(file: Buffer): number | undefined {
  for (let at = 2, k = 0; k < MAX_SEGMENTS && at + 9 <= file.length && file[at] === 0xff; k++) {
    if (isFrame(file[at + 1]!)) return loadOfSize(file.readUInt16BE(at + 7), file.readUInt16BE(at + 5), 8);
    at += 2 + file.readUInt16BE(at + 2);
  }
  return undefined;
}

const pngLoad = (file: Buffer) =>
  loadOfSize(file.readUInt32BE(16), file.readUInt32BE(20), file[24] === 16 ? 16 : 8);

const loadOfSize = (width: number, height: number, depth: 8 | 16) => loadOf((width * height) / 1e6, depth, 1);
