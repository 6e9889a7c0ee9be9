/** Files that were made to harm what reads them, each with what becomes of it. Built here, the same at every run. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import type { FailureCode } from '../../contract/failure.ts';
import {
  be16,
  be32,
  chunk,
  exif,
  latin1,
  le16,
  le32,
  manyScans,
  png,
  repeated,
  riffChunk,
  segment,
  tiff,
  webp,
  withSegments,
} from './containers.ts';

export interface Poison {
  name: string;
  make: () => Buffer | Promise<Buffer>;
  /** `harmless`: it is coloured like any photo. */
  outcome: FailureCode | 'harmless';
}

const pixels = () => sharp({ create: { width: 160, height: 120, channels: 3, background: '#777' } });
const jpeg = () => pixels().jpeg().toBuffer();
const still = () => pixels().webp({ lossless: true }).toBuffer();
const half = async (file: Promise<Buffer>) => (await file).subarray(0, Math.floor((await file).length / 2));
const random = (bytes: number) => {
  let state = 1;
  return Buffer.from(Uint8Array.from({ length: bytes }, () => (state = (state * 48_271) % 2_147_483_647)));
};
const compressed = (bytes: number) => deflateSync(Buffer.alloc(bytes), { level: 9 });
const many = <T>(count: number, part: T) => Array<T>(count).fill(part);

/** A TIFF structure with one directory of EXIF. @param entries tag, type, count, value */
const structure = (entries: [number, number, number, number][], next = 0, count = entries.length) =>
  Buffer.concat([
    latin1('II*\0'),
    le32(8),
    le16(count),
    ...entries.map(([tag, type, length, value]) => Buffer.concat([le16(tag, type), le32(length, value)])),
    le32(next),
  ]);

const withExif = async (...args: Parameters<typeof structure>) =>
  withSegments(await jpeg(), exif(structure(...args)));

const MB = 1_000_000;
const SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">';
const LAUGHS = `<?xml version="1.0"?>\n<!DOCTYPE svg [${Array.from({ length: 9 }, (_, k) => `<!ENTITY a${k + 1} "${`&a${k};`.repeat(10)}">`).join('')}]>\n`;

const unreadable = (name: string, make: Poison['make']): Poison => ({
  name,
  make,
  outcome: 'unreadable-image',
});
const unsupported = (name: string, make: Poison['make']): Poison => ({
  name,
  make,
  outcome: 'unsupported-format',
});
const tooLarge = (name: string, make: Poison['make']): Poison => ({ name, make, outcome: 'too-large' });
const harmless = (name: string, make: Poison['make']): Poison => ({ name, make, outcome: 'harmless' });

export const POISON: Poison[] = [
  unreadable('comments for an expression that backtracks', () => latin1('<!---->'.repeat(40) + 'x')),
  unreadable('a megabyte of comments', () => repeated('<!-- -->', MB)),
  unreadable('a megabyte of open comments', () => repeated('<!--', MB)),
  unreadable('a megabyte of spaces', () => repeated(' ', MB)),
  unreadable('a megabyte of document types', () => repeated('<!DOCTYPE svg >', MB)),
  unreadable('a megabyte of declarations', () => repeated('<?xml ?>', MB)),
  unsupported('a megabyte of boxes', () => repeated('\0\0\0\x08ftyp', MB)),
  unreadable('entities of entities before an SVG', () => latin1(`${LAUGHS}${SVG}<text>&a9;</text></svg>`)),
  unsupported('an SVG with entities of other files', () =>
    latin1(`${SVG}<!ENTITY x SYSTEM "file:///etc/passwd"><text>&x;</text></svg>`),
  ),
  unsupported('an SVG with pictures of the metadata service', () =>
    latin1(`${SVG}<image href="http://169.254.169.254/latest/meta-data/" width="9" height="9"/></svg>`),
  ),
  unreadable('a page with a script', () => latin1('<!doctype html><script>alert(1)</script>')),

  tooLarge('PNG of 1,600 megapixels in a few bytes', () => png(40_000, 40_000, { rows: 10, depth: 1 })),
  tooLarge('PNG of 144 megapixels in 140 kB', () => png(12_000, 12_000)),
  unreadable('PNG of 99 megapixels of which none is there', () => png(9900, 10_000, { rows: 1 })),
  unreadable('PNG of 64 bit per pixel and 90 megapixels, cut off', () =>
    png(9000, 10_000, { depth: 16, colour: 6, rows: 9 }),
  ),
  tooLarge('WebP of 144 megapixels in a few bytes', () =>
    sharp({ create: { width: 12_000, height: 12_000, channels: 3, background: '#777' } })
      .webp({ lossless: true, effort: 0 })
      .toBuffer(),
  ),
  tooLarge('TIFF of 900 megapixels in a few bytes', () => tiff(1, { 256: 30_000, 257: 30_000, 259: 8 })),
  unsupported('GIF of 4,295 megapixels', () =>
    Buffer.concat([
      latin1('GIF89a'),
      le16(65_535, 65_535),
      Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255, 0x3b]),
    ]),
  ),
  unreadable('AVIF of 1,000 megapixels by its head', () =>
    Buffer.concat([
      be32(24),
      latin1('ftypavif\0\0\0\0avifmif1'),
      be32(20),
      latin1('ispe\0\0\0\0'),
      be32(32_000, 32_000),
    ]),
  ),
  tooLarge('JPEG of 4,225 megapixels by its head', async () => {
    const file = Buffer.from(await jpeg());
    be16(65_000, 65_000).copy(file, file.indexOf(Buffer.from('ffc0', 'hex')) + 5);
    return file;
  }),
  unsupported('progressive JPEG of 880 scans, 16 megapixels', () => manyScans(4096, 880)),
  unsupported('progressive JPEG of 880 scans, 94 megapixels', () => manyScans(9664, 880)),

  unsupported('TIFF of 230,000 pages', () => tiff(230_000)),
  unsupported('BigTIFF of 50,000 pages', () => tiff(50_000, {}, { big: true })),
  harmless('TIFF whose pages go round', () => tiff(3, {}, { next: 8 })),
  unsupported('GIF of 10,000 frames', () =>
    Buffer.concat([
      latin1('GIF89a'),
      le16(8, 8),
      Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
      ...many(10_000, Buffer.from('2c00000000080008000002078402010203040500', 'hex')),
      latin1(';'),
    ]),
  ),
  unreadable('WebP of 40,000 frames', () => {
    const frame = riffChunk('ANMF', Buffer.alloc(16));
    const head = riffChunk('VP8X', Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.alloc(6)]));
    return webp(head, riffChunk('ANIM', Buffer.alloc(6)), ...many(40_000, frame));
  }),

  harmless('PNG of 80,000 texts', () => png(64, 48, { extra: many(80_000, chunk('tEXt', latin1('a\0b'))) })),
  unreadable('PNG of 80,000 empty pieces of pixels', () =>
    png(64, 48, { pixels: many(80_000, chunk('IDAT')) }),
  ),
  unreadable('PNG with a piece of 2 GB by its length', () =>
    Buffer.concat([png(64, 48).subarray(0, 33), be32(2 ** 31 - 1), latin1('IDAT'), Buffer.alloc(99)]),
  ),
  harmless('JPEG of 15,000 comments', async () =>
    withSegments(await jpeg(), ...many(15_000, segment(0xfe, latin1('comment')))),
  ),
  unreadable('JPEG of a megabyte of fill bytes', () =>
    Buffer.concat([latin1('\xff\xd8'), Buffer.alloc(MB, 255)]),
  ),
  unreadable('JPEG of a megabyte of starts', () => repeated('\xff\xd8', MB)),
  harmless('WebP of 100,000 pieces that nobody knows', async () => {
    const file = await still();
    return webp(file.subarray(12), ...many(100_000, riffChunk('what', Buffer.alloc(2))));
  }),
  harmless('PNG with a text that unpacks to 50 MB', () =>
    png(64, 48, { extra: [chunk('zTXt', Buffer.concat([latin1('a\0\0'), compressed(50 * MB)]))] }),
  ),
  harmless('PNG with 60 texts that unpack to 20 MB each', () =>
    png(64, 48, {
      extra: many(60, chunk('iTXt', Buffer.concat([latin1('a\0\x01\0\0\0'), compressed(20 * MB)]))),
    }),
  ),
  harmless('PNG with a profile that unpacks to 300 MB', () =>
    png(64, 48, { extra: [chunk('iCCP', Buffer.concat([latin1('a\0\0'), compressed(300 * MB)]))] }),
  ),

  unreadable('PNG of no pixels', () => png(0, 0)),
  unreadable('JPEG of no rows', async () => {
    const file = Buffer.from(await jpeg());
    be16(0).copy(file, file.indexOf(Buffer.from('ffc0', 'hex')) + 5);
    return file;
  }),
  unreadable('TIFF with a strip of 4 GB', () => tiff(1, { 279: 2 ** 32 - 1, 257: 4000, 278: 4000 })),
  unreadable('TIFF of 2 billion columns', () => tiff(1, { 256: 2 ** 31 - 1, 257: 1 })),
  unreadable('TIFF of 60,000 channels', () => tiff(1, { 277: 60_000 })),
  unreadable('TIFF of tiles of 4 billion pixels', () =>
    tiff(1, { 322: 65_520, 323: 65_520, 324: 8, 325: 64 }),
  ),
  unreadable('TIFF whose directory is outside of the file', () =>
    Buffer.concat([latin1('II*\0'), le32(2 ** 31)]),
  ),
  unreadable('TIFF of 65,535 entries in a directory that ends', () =>
    Buffer.concat([latin1('II*\0'), le32(8), le16(65_535), Buffer.alloc(500)]),
  ),
  unreadable('WebP of a canvas of 280 megapixels and nothing on it', () =>
    webp(riffChunk('VP8X', Buffer.concat([Buffer.alloc(4), Buffer.alloc(6, 0x3f)]))),
  ),

  harmless('EXIF whose directory leads back to itself', () => withExif([[0x8769, 4, 1, 8]], 8)),
  harmless('EXIF of 65,535 entries', () => withExif([[0x0112, 3, 1, 6]], 0, 65_535)),
  harmless('EXIF with values of 4 GB', () =>
    withExif([
      [0x010e, 2, 2 ** 32 - 1, 8],
      [0x0111, 4, 2 ** 30, 8],
    ]),
  ),
  harmless('EXIF with a thumbnail that is everywhere', () =>
    withExif(
      [
        [0x0201, 4, 1, 8],
        [0x0202, 4, 1, 2 ** 31],
      ],
      8,
    ),
  ),
  harmless('PNG with EXIF of 8 MB', () =>
    png(64, 48, { extra: [chunk('eXIf', Buffer.concat([structure([]), Buffer.alloc(8 * MB)]))] }),
  ),

  harmless('a photo that is an archive too', async () =>
    Buffer.concat([await jpeg(), latin1('PK\x03\x04'), random(5000)]),
  ),
  harmless('a photo with a script in its comment', async () =>
    withSegments(await jpeg(), segment(0xfe, latin1('*/=1;<script>alert(1)</script>'))),
  ),
  unsupported('a GIF that is a script too', () => latin1('GIF89a/*\0\0*/=1;alert(1)')),
  unsupported('a document that is an archive too', () => latin1('%PDF-1.7\nPK\x03\x04')),

  unreadable('JPEG, cut off', () => half(jpeg())),
  unreadable('PNG without its end', () => png(640, 480).subarray(0, 60)),
  unreadable('TIFF, cut off', () => tiff(1, { 256: 4000, 257: 4000, 278: 4000 })),
  unreadable('WebP, cut off', () => half(still())),
  unreadable('nothing', () => Buffer.alloc(0)),
  unreadable('a megabyte of zeros', () => Buffer.alloc(MB)),
  unreadable('a megabyte of noise', () => random(MB)),
  unreadable('noise that starts as a JPEG', () => Buffer.concat([latin1('\xff\xd8\xff\xe0'), random(MB)])),
  unreadable('noise that starts as a PNG', () => Buffer.concat([latin1('\x89PNG\r\n\x1a\n'), random(MB)])),
  unreadable('noise that starts as a WebP', () =>
    Buffer.concat([latin1('RIFF\xff\xff\xff\x7fWEBP'), random(MB)]),
  ),
  unreadable('noise that starts as a TIFF', () => Buffer.concat([latin1('II*\0\x08\0\0\0'), random(MB)])),
];
