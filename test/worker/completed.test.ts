/** Files that end early, or say what is not so: coloured when every pixel is there, refused when one is missing. */
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { chunk, tiff } from '../../tools/hostile/containers.ts';
import { decoded, fixture, outcomeOf } from './support/fixtures.ts';

const [WIDTH, HEIGHT] = [64, 48];
const tones = Buffer.from(
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => 30 + 2 * (i % WIDTH) + Math.floor(i / WIDTH)),
);
const grey = () => sharp(tones, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');
type Make = (image: Sharp) => Sharp;
const PROGRESSIVE: Make = (image) => image.jpeg({ progressive: true });
const BASELINE: Make = (image) => image.jpeg({ optimiseCoding: false });
const LEVEL_0: Make = (image) => image.png({ compressionLevel: 0 });
const PLAIN_TIFF: Make = (image) => image.tiff({ compression: 'none' });

const without = (bytes: number) => (file: Buffer) => file.subarray(0, file.length - bytes);
/** Where the last chunk of a PNG starts. */
const endOf = (file: Buffer) => file.lastIndexOf('IEND') - 4;
const insert = (between: Buffer) => (file: Buffer) =>
  Buffer.concat([file.subarray(0, endOf(file)), between, file.subarray(endOf(file))]);
const changed = (change: (file: Buffer) => void) => (file: Buffer) => {
  change(file);
  return file;
};
const CUT_OFF = 'unreadable-image: The file is damaged or cut off';

describe('coloured, since every pixel is there', () => {
  it('a JPEG without its end, as it was sent', async () => {
    expect(await outcomeOf(fixture('base_no_eoi.jpg'))).toBe('160 x 120');
  });

  it.each<[string, Make, (file: Buffer) => Buffer]>([
    ['JPEG without its end', BASELINE, without(2)],
    ['JPEG without half of its end', BASELINE, without(1)],
    ['progressive JPEG without its end', PROGRESSIVE, without(2)],
    ['PNG without its end', (image) => image.png(), without(12)],
    ['PNG with half of its end', (image) => image.png(), without(5)],
    ['PNG whose last checksum is cut off', (image) => image.png(), without(14)],
    ['PNG whose checksum is wrong', LEVEL_0, changed((file) => (file[endOf(file) - 1]! ^= 1))],
    [
      'PNG with an unknown chunk after its pixels',
      (image) => image.png(),
      insert(chunk('abCd', Buffer.alloc(9))),
    ],
    [
      'PNG with half a chunk after its pixels',
      (image) => image.png(),
      insert(Buffer.from('\0\0\xff\xfftEXt', 'latin1')),
    ],
    ['PNG with more behind it', (image) => image.png(), (file) => Buffer.concat([file, Buffer.alloc(99, 7)])],
    [
      'WebP that says it is longer',
      (image) => image.webp({ lossless: true }),
      changed((file) => file.writeUInt32LE(99_999, 4)),
    ],
    [
      'WebP with more behind it',
      (image) => image.webp({ lossless: true }),
      (file) => Buffer.concat([file, Buffer.alloc(99, 7)]),
    ],
    ['WebP with half a chunk behind its pixels', (image) => image.webp({ lossless: true }), withHalfChunk],
    ['TIFF with more behind it', PLAIN_TIFF, (file) => Buffer.concat([file, Buffer.alloc(99, 7)])],
  ])('%s', async (_name, make, change) => {
    const whole = await make(grey()).toBuffer();
    const { data } = await decoded(whole);
    expect((await decoded(change(Buffer.from(whole)))).data.equals(data)).toBe(true);
  });

  it.each<[string, Record<number, number>, { next?: number }?]>([
    ['an orientation that there is not', { 274: 9 }],
    ['a unit of resolution that there is not', { 296: 9 }],
    ['a caption behind the end of the file', { 270: 99_999 }],
    ['no rows per strip', { 278: 0 }],
    ['a planar configuration that there is not', { 284: 9 }],
    ['a next page behind the end of the file', {}, { next: 99_999 }],
    ['a next page that is none', {}, { next: 1 }],
  ])('TIFF with %s', async (_name, tags, next) => {
    expect(await outcomeOf(tiff(1, tags, next))).toBe('8 x 8');
  });
});

function withHalfChunk(file: Buffer): Buffer {
  const all = Buffer.concat([file, Buffer.from('EXIF\xff\0\0\0half', 'latin1')]);
  all.writeUInt32LE(all.length - 8 + 251, 4);
  return all;
}

describe('refused, since pixels are missing', () => {
  it.each<[string, Make, (file: Buffer) => Buffer]>([
    ['JPEG without its last bytes', BASELINE, without(6)],
    ['JPEG without its last rows', BASELINE, without(60)],
    ['progressive JPEG without its last bytes', PROGRESSIVE, without(6)],
    [
      'progressive JPEG without its last scan',
      PROGRESSIVE,
      (file) => file.subarray(0, file.lastIndexOf(Buffer.of(0xff, 0xda))),
    ],
    ['JPEG that ends in its head', BASELINE, (file) => file.subarray(0, 100)],
    ['PNG without its last row', LEVEL_0, (file) => file.subarray(0, endOf(file) - 20)],
    ['PNG whose pixels are spoilt', LEVEL_0, changed((file) => (file[file.indexOf('IDAT') + 400]! ^= 64))],
    ['WebP without its last bytes', (image) => image.webp(), without(8)],
    ['TIFF without its last byte', tiffWithPixelsLast, without(1)],
    ['TIFF with ZIP, without its last bytes', tiffWithPixelsLast, without(3)],
  ])('%s', async (_name, make, change) => {
    const outcome = await outcomeOf(change(await make(grey()).toBuffer()));
    expect(outcome).toContain(CUT_OFF);
  });
});

/** libvips writes the directory last, so that cutting the file would cut that. */
function tiffWithPixelsLast(): Sharp {
  const pixels = Buffer.alloc(64, 99);
  const toBuffer = () => Promise.resolve(Buffer.concat([tiff(1, { 273: 122 }).subarray(0, 122), pixels]));
  return { toBuffer } as unknown as Sharp;
}
