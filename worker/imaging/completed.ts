/**
 * Completes files that the decoder refuses although their pixels are all there, as browsers do: a decoder that is to notice missing
 * pixels refuses these too. Whether the pixels are there is for the decoder to find: it reads the completed file again.
 */
import { crc32 } from 'node:zlib';
import type { SharpOptions } from 'sharp';
import type { Format } from './formats.ts';
import { END_OF_IMAGE, isFrame, segmentsOf, START_OF_SCAN } from './jpeg.ts';
import { withCleanDirectory } from './tiff-directory.ts';

/** A file, and the picture of it that is meant. */
export interface Source {
  format: Format;
  file: Buffer;
  /** For the decoder: which picture of a file that has several. */
  select: Pick<SharpOptions, 'page' | 'tiff'>;
  /** Position of the picture's directory in a TIFF; by default the first one. */
  directory?: number | undefined;
  /**
   * The same file with another end: pixels that come from an end that was made up differ between the two.
   *
   * @default - the end is the file's own
   */
  twin?: Buffer;
}

type Completed = Pick<Source, 'file' | 'twin'> & Partial<Pick<Source, 'select' | 'directory'>>;

/** @returns undefined where there is nothing to complete, or where pixels are missing for certain */
export function completed(source: Source): Source | undefined {
  const { format, file, directory } = source;
  const found = completedAs(format, file, directory);
  return found && { ...source, ...found };
}

function completedAs(format: Format, file: Buffer, directory: number | undefined): Completed | undefined {
  switch (format) {
    case 'jpeg':
      return completedJpeg(file);
    case 'png':
      return completedPng(file);
    case 'webp':
      return completedWebp(file);
    case 'avif':
      return completedAvif(file);
    case 'tiff':
      return directory === undefined ? undefined : completedTiff(file, directory);
  }
}

/** Decoders take zeros for pixels that are missing before the end. Any other bits will do. */
const ENDS = [Buffer.alloc(16), Buffer.alloc(16, 0xaa)];

/** With a directory that has only what a decoder needs. */
function completedTiff(file: Buffer, directory: number): Completed | undefined {
  const [one, other] = ENDS.map((end) => withCleanDirectory(file, directory, end));
  return one && other && { file: one, twin: other, select: {}, directory: undefined };
}

const isProgressive = (marker: number) => [0xc2, 0xca].includes(marker);
const COEFFICIENTS = 64;
const FILL = 0xff;

/** With its end, once it has begun the scans of every bit of every coefficient. ITU-T T.81, B.2.3 and G.1.1. */
function completedJpeg(file: Buffer): Completed | undefined {
  /** Of each channel by its id: coefficients that are not there to their last bit. */
  const missing = new Map<number, Set<number>>();
  let progressive = false;
  let end = file.length;
  for (const segment of segmentsOf(file)) {
    const { marker, at } = segment;
    if (marker === END_OF_IMAGE) return undefined;
    if (segment.end > file.length) {
      end = at;
      break;
    }
    if (isFrame(marker)) {
      progressive = isProgressive(marker);
      for (let k = 0; k < file[at + 9]!; k++)
        missing.set(file[at + 10 + 3 * k] ?? 0, new Set(Array(COEFFICIENTS).keys()));
    } else if (marker === START_OF_SCAN) {
      const channels = file[at + 4]!;
      const [first = 0, last = 0, bits = 0] = file.subarray(at + 5 + 2 * channels);
      for (let k = 0; k < channels; k++) {
        const left = missing.get(file[at + 5 + 2 * k] ?? 0);
        if (!progressive) left?.clear();
        else if ((bits & 0xf) === 0) for (let c = first; c <= last; c++) left?.delete(c);
      }
    }
  }
  const isWhole = missing.size > 0 && [...missing.values()].every((left) => left.size === 0);
  if (!isWhole) return undefined;
  while (file[end - 1] === FILL) end--;
  const [one, other] = [Buffer.of(), ENDS[1]!].map((between) =>
    Buffer.concat([file.subarray(0, end), between, Buffer.of(FILL, END_OF_IMAGE)]),
  );
  return { file: one!, twin: other! };
}

const PNG_SIGNATURE_BYTES = 8;
const PNG_END = pngChunk(Buffer.from('IEND'));

function pngChunk(typeAndData: Buffer): Buffer {
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(typeAndData.length - 4, 0);
  ends.writeUInt32BE(crc32(typeAndData), 4);
  return Buffer.concat([ends.subarray(0, 4), typeAndData, ends.subarray(4)]);
}

/** With its last chunk, and new checksums of chunks: pixels have one of their own inside, which the decoder checks. PNG third edition, 5.3. */
function completedPng(file: Buffer): Completed | undefined {
  const parts = [file.subarray(0, PNG_SIGNATURE_BYTES)];
  for (let at = PNG_SIGNATURE_BYTES; at + 8 <= file.length;) {
    const end = at + 12 + file.readUInt32BE(at);
    const content = file.subarray(at + 4, Math.min(end - 4, file.length));
    const type = content.toString('latin1', 0, 4);
    if (type === 'IEND') break;
    if (type === 'IDAT') {
      parts.push(pngChunk(content));
    } else if (end <= file.length) parts.push(file.subarray(at, end));
    at = end;
  }
  return { file: Buffer.concat([...parts, PNG_END]) };
}

const RIFF_HEADER_BYTES = 12;

/** WebP container specification: with the chunks that are whole, and their length in its head. */
function completedWebp(file: Buffer): Completed | undefined {
  const parts: Buffer[] = [];
  let at = RIFF_HEADER_BYTES;
  while (at + 8 <= file.length) {
    const end = at + 8 + file.readUInt32LE(at + 4);
    if (end > file.length) break;
    parts.push(file.subarray(at, end));
    if (end % 2 === 1) parts.push(Buffer.alloc(1));
    at = end + (end % 2);
  }
  const body = Buffer.concat(parts);
  const head = Buffer.from(file.subarray(0, RIFF_HEADER_BYTES));
  head.writeUInt32LE(body.length + 4, 4);
  const whole = Buffer.concat([head, body]);
  return { file: whole };
}

const BRAND_AT = 8;

/** A sequence by its brand: as the still picture that it has too. AV1 Image File Format, 6.2 and 6.3. */
function completedAvif(file: Buffer): Completed | undefined {
  if (!isAvifSequence(file)) return undefined;
  const still = Buffer.from(file);
  still.write('avif', BRAND_AT, 'latin1');
  return { file: still };
}

/** Whether the major brand of an AVIF is that of sequences. */
export const isAvifSequence = (file: Buffer): boolean =>
  file.toString('latin1', BRAND_AT, BRAND_AT + 4) === 'avis';
