/**
 * Carries a photo's EXIF over to its result, byte for byte but for what is no longer true: the orientation, the pixel
 * dimensions, and the thumbnail, which shows the photo without colour.
 *
 * Nothing is moved, so that offsets which only the camera's maker knows stay right. EXIF 2.32; TIFF 6.0, section 2; PNG
 * third edition, 11.3.4.4; WebP container specification.
 */
import { crc32 } from 'node:zlib';
import type { Format } from './formats.ts';

const PREFIX = Buffer.from('Exif\0\0', 'latin1');
const TAGS = { orientation: 0x0112, exifIfd: 0x8769, width: 0xa002, height: 0xa003 };
const THUMBNAIL = { offset: 0x0201, length: 0x0202 };
const [SHORT, LONG] = [3, 4];
/** Photos have a dozen or two of tags; more than this is damage. */
const MOST_ENTRIES = 1000;

/** Reads and writes the numbers of a TIFF structure in its own byte order. */
class Tiff {
  private readonly little: boolean;

  constructor(readonly bytes: Buffer) {
    const order = bytes.toString('latin1', 0, 2);
    if (order !== 'II' && order !== 'MM') throw new RangeError('no TIFF header');
    this.little = order === 'II';
    if (this.short(2) !== 42) throw new RangeError('no TIFF header');
  }

  short = (at: number) => (this.little ? this.bytes.readUInt16LE(at) : this.bytes.readUInt16BE(at));
  long = (at: number) => (this.little ? this.bytes.readUInt32LE(at) : this.bytes.readUInt32BE(at));

  setLong(at: number, value: number): void {
    if (this.little) this.bytes.writeUInt32LE(value, at);
    else this.bytes.writeUInt32BE(value, at);
  }

  /** Where the value of each tag of a directory stands, with its type, and where the next directory's offset does. */
  directory(at: number): { values: Map<number, { at: number; type: number }>; nextAt: number } {
    const count = this.short(at);
    if (count > MOST_ENTRIES) throw new RangeError('too many tags');
    const values = new Map<number, { at: number; type: number }>();
    for (let k = 0; k < count; k++) {
      const entry = at + 2 + 12 * k;
      values.set(this.short(entry), { at: entry + 8, type: this.short(entry + 2) });
    }
    return { values, nextAt: at + 2 + 12 * count };
  }

  /** Writes a number where its tag has a place for it. */
  set(place: { at: number; type: number } | undefined, value: number): void {
    if (place?.type === LONG) this.setLong(place.at, value);
    if (place?.type !== SHORT || value > 0xffff) return;
    if (this.little) this.bytes.writeUInt16LE(value, place.at);
    else this.bytes.writeUInt16BE(value, place.at);
  }
}

/**
 * @param exif with or without its prefix
 * @returns for a picture that stands upright, without the prefix; undefined for what is no EXIF
 */
export function uprightExif(exif: Buffer, width: number, height: number): Buffer | undefined {
  try {
    const from = exif.subarray(0, PREFIX.length).equals(PREFIX) ? PREFIX.length : 0;
    const tiff = new Tiff(Buffer.from(exif.subarray(from)));
    const { values, nextAt } = tiff.directory(tiff.long(4));
    tiff.set(values.get(TAGS.orientation), 1);
    const details = values.get(TAGS.exifIfd);
    if (details) {
      const { values: more } = tiff.directory(tiff.long(details.at));
      tiff.set(more.get(TAGS.width), width);
      tiff.set(more.get(TAGS.height), height);
    }
    return withoutThumbnail(tiff, nextAt);
  } catch (error) {
    // Offsets that lead outside; a result without EXIF is better than none.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function withoutThumbnail(tiff: Tiff, nextAt: number): Buffer {
  const second = tiff.long(nextAt);
  if (second === 0) return tiff.bytes;
  tiff.setLong(nextAt, 0);
  const { values } = tiff.directory(second);
  const [offset, length] = [values.get(THUMBNAIL.offset), values.get(THUMBNAIL.length)];
  if (!offset || !length) return tiff.bytes;
  const from = tiff.long(offset.at);
  const end = from + tiff.long(length.at);
  if (from < 8 || end > tiff.bytes.length) return tiff.bytes;
  tiff.bytes.fill(0, from, end);
  return end === tiff.bytes.length && from > second ? tiff.bytes.subarray(0, from) : tiff.bytes;
}

/** A file that was encoded here, with this EXIF instead of its own; TIFF has no such part and stays as it is. */
export function withExif(file: Buffer, format: Format, exif: Buffer): Buffer {
  switch (format) {
    case 'jpeg':
      return intoJpeg(file, exif);
    case 'png':
      return intoPng(file, exif);
    case 'webp':
      return intoWebp(file, exif);
    case 'tiff':
      return file;
  }
}

function intoJpeg(file: Buffer, exif: Buffer): Buffer {
  const parts: Buffer[] = [file.subarray(0, 2)];
  const length = 2 + PREFIX.length + exif.length;
  if (length <= 0xffff) parts.push(Buffer.from([0xff, 0xe1, length >> 8, length & 0xff]), PREFIX, exif);
  let at = 2;
  // Segments up to the first that is neither an application's nor a comment.
  while ((file[at + 1]! & 0xf0) === 0xe0 || file[at + 1] === 0xfe) {
    const end = at + 2 + file.readUInt16BE(at + 2);
    const segment = file.subarray(at, end);
    if (!(segment[1] === 0xe1 && segment.subarray(4, 10).equals(PREFIX))) parts.push(segment);
    at = end;
  }
  return Buffer.concat([...parts, file.subarray(at)]);
}

function intoPng(file: Buffer, exif: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 8;
  while (at < file.length) {
    const end = at + 12 + file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    if (type !== 'eXIf') parts.push(file.subarray(at, end));
    if (type === 'IHDR') {
      const body = Buffer.concat([Buffer.from('eXIf', 'latin1'), exif]);
      parts.push(numberBE(exif.length), body, numberBE(crc32(body)));
    }
    at = end;
  }
  return Buffer.concat([file.subarray(0, 8), ...parts]);
}

const EXIF_FLAG = 0x08;

function intoWebp(file: Buffer, exif: Buffer): Buffer {
  const own = Buffer.concat([
    Buffer.from('EXIF', 'latin1'),
    numberLE(exif.length),
    exif,
    Buffer.alloc(exif.length % 2),
  ]);
  const parts: Buffer[] = [];
  for (let at = 12; at < file.length;) {
    const size = file.readUInt32LE(at + 4);
    const end = at + 8 + size + (size % 2);
    const name = file.toString('latin1', at, at + 4);
    const chunk = Buffer.from(file.subarray(at, end));
    // Results always have a profile, hence the extended header with its flags.
    if (name === 'VP8X') chunk[8]! |= EXIF_FLAG;
    // Before the XMP, which every result ends with.
    if (name === 'XMP ') parts.push(own);
    if (name !== 'EXIF') parts.push(chunk);
    at = end;
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([file.subarray(0, 4), numberLE(body.length + 4), file.subarray(8, 12), body]);
}

function numberBE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function numberLE(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
