/** Pictures written by hand, so that their heads can lie and their parts can repeat: PNG, TIFF, JPEG, WebP. */
import { crc32, deflateSync } from 'node:zlib';

export const latin1 = (text: string) => Buffer.from(text, 'latin1');
/** So many bytes of a text that repeats. */
export const repeated = (text: string, bytes: number, end = 'x') =>
  latin1(text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes - end.length) + end);

const numbers =
  (write: (bytes: Buffer, value: number, at: number) => void, size: number) =>
  (...values: number[]) => {
    const bytes = Buffer.alloc(size * values.length);
    values.forEach((value, k) => write(bytes, value, size * k));
    return bytes;
  };
export const be32 = numbers((bytes, value, at) => bytes.writeUInt32BE(value, at), 4);
export const be16 = numbers((bytes, value, at) => bytes.writeUInt16BE(value, at), 2);
export const le32 = numbers((bytes, value, at) => bytes.writeUInt32LE(value, at), 4);
export const le16 = numbers((bytes, value, at) => bytes.writeUInt16LE(value, at), 2);
const le64 = numbers((bytes, value, at) => bytes.writeBigUInt64LE(BigInt(value), at), 8);

export function chunk(type: string, data = Buffer.alloc(0)): Buffer {
  const body = Buffer.concat([latin1(type), data]);
  return Buffer.concat([be32(data.length), body, be32(crc32(body))]);
}

export interface PngParts {
  depth?: number;
  /** 0 for grey, 2 for RGB, 6 for RGB with transparency. */
  colour?: number;
  /** How many the file really has. @default height */
  rows?: number;
  /** Between header and pixels. */
  extra?: Buffer[];
  /** @default one of all rows */
  pixels?: Buffer[];
}

/** A PNG of one tone. */
export function png(width: number, height: number, parts: PngParts = {}): Buffer {
  const { depth = 8, colour = 0, rows = height, extra = [], pixels } = parts;
  const channels = { 0: 1, 2: 3, 6: 4 }[colour] ?? 1;
  const header = Buffer.concat([be32(width, height), Buffer.from([depth, colour, 0, 0, 0])]);
  const row = Math.ceil((width * depth * channels) / 8) + 1;
  const data = pixels ?? [chunk('IDAT', deflateSync(Buffer.alloc(row * rows), { level: 9 }))];
  return Buffer.concat([
    latin1('\x89PNG\r\n\x1a\n'),
    chunk('IHDR', header),
    ...extra,
    ...data,
    chunk('IEND'),
  ]);
}

/** Tags of a grey TIFF of 8 x 8 pixels, one strip. */
const TIFF_TAGS: Record<number, number> = {
  256: 8,
  257: 8,
  258: 8,
  259: 1,
  262: 1,
  273: 0,
  277: 1,
  278: 8,
  279: 64,
};

/**
 * @param pages directories, one after another
 * @param tags that differ from those of a picture of 8 x 8 pixels
 * @param next offset of the directory after the last one
 */
export function tiff(
  pages: number,
  tags: Record<number, number> = {},
  { big = false, next = 0 } = {},
): Buffer {
  const entries = Object.entries({ ...TIFF_TAGS, ...tags }).sort(([a], [b]) => Number(a) - Number(b));
  const head = big
    ? Buffer.concat([latin1('II+\0'), le16(8, 0), le64(16)])
    : Buffer.concat([latin1('II*\0'), le32(8)]);
  const size = big ? 8 + 20 * entries.length + 8 : 2 + 12 * entries.length + 4;
  const pixelsAt = head.length + pages * size;
  const directory = (page: number) => {
    const after = page + 1 < pages ? head.length + (page + 1) * size : next;
    const body = entries.map(([tag, value]) => {
      const given = Number(tag) === 273 && value === 0 ? pixelsAt : value;
      return big
        ? Buffer.concat([le16(Number(tag), 4), le64(1), le64(given)])
        : Buffer.concat([le16(Number(tag), 4), le32(1, given)]);
    });
    return big
      ? Buffer.concat([le64(entries.length), ...body, le64(after)])
      : Buffer.concat([le16(entries.length), ...body, le32(after)]);
  };
  return Buffer.concat([
    head,
    ...Array.from({ length: pages }, (_, page) => directory(page)),
    Buffer.alloc(64, 90),
  ]);
}

export const segment = (marker: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker]), be16(data.length + 2), data]);

/** EXIF of a JPEG: a TIFF structure after its prefix. */
export const exif = (structure: Buffer) => segment(0xe1, Buffer.concat([latin1('Exif\0\0'), structure]));

/** Puts segments behind the first marker of a JPEG. */
export const withSegments = (jpeg: Buffer, ...segments: Buffer[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

/**
 * A progressive JPEG of one tone whose scans refine each coefficient by itself, bit by bit: all of them are valid, and each
 * passes over the whole picture.
 */
export function manyScans(size: number, scans: number): Buffer {
  const blocks = (size / 8) ** 2;
  const quantisation = Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)]);
  const frame = Buffer.concat([Buffer.from([8]), be16(size, size), Buffer.from([1, 1, 0x11, 0])]);
  // One symbol of one bit: no difference (DC), the end of 2^14 blocks (AC).
  const table = (id: number, symbol: number) =>
    segment(0xc4, Buffer.concat([Buffer.from([id, 1]), Buffer.alloc(15), Buffer.from([symbol])]));
  const scan = (from: number, high: number, low: number, data: Buffer) =>
    Buffer.concat([segment(0xda, Buffer.from([1, 1, 0, from, from, (high << 4) | low])), data]);
  const zeros = (bits: number) => Buffer.alloc(Math.ceil(bits / 8));
  const runs = zeros(15 * Math.ceil(blocks / 2 ** 14));
  const parts = [scan(0, 0, 0, zeros(blocks))];
  for (let low = 13; low >= 0; low--)
    for (let k = 1; k < 64; k++) parts.push(scan(k, low === 13 ? 0 : low + 1, low, runs));
  const head = [segment(0xdb, quantisation), segment(0xc2, frame), table(0, 0), table(0x10, 0xe0)];
  return Buffer.concat([latin1('\xff\xd8'), ...head, ...parts.slice(0, scans), latin1('\xff\xd9')]);
}

/** A chunk of a RIFF file. */
export const riffChunk = (name: string, data: Buffer) =>
  Buffer.concat([latin1(name), le32(data.length), data, Buffer.alloc(data.length % 2)]);

export function webp(...chunks: Buffer[]): Buffer {
  const body = Buffer.concat([latin1('WEBP'), ...chunks]);
  return Buffer.concat([latin1('RIFF'), le32(body.length), body]);
}
