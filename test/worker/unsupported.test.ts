/** Intact files that the decoder cannot read are refused as what they are, with what to send instead; damage stays damage. */
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { tiff } from '../../tools/hostile/containers.ts';
import { fixture, outcomeOf } from './support/fixtures.ts';

const pixels = Buffer.from(Uint8Array.from({ length: 64 * 48 }, (_, i) => (i % 64) * 3 + 20));
const grey = () => sharp(pixels, { raw: { width: 64, height: 48, channels: 1 } }).toColourspace('b-w');

describe('an intact file that the decoder cannot read is unsupported', () => {
  it.each([
    [
      'jpeg12.jpg',
      'a JPEG with 12 bits per channel',
      /ordinary JPEG with 8 bits per channel, or as PNG or TIFF/,
    ],
    ['lossless16.jpg', 'a lossless JPEG with 16 bits per channel', /ordinary JPEG/],
    ['jpeg_ls.jpg', 'a JPEG-LS', /ordinary JPEG/],
    ['rgb8_zstd.tif', 'a TIFF with compression Zstandard', /LZW, ZIP or no compression/],
    ['grey8_lzma.tif', 'a TIFF with compression LZMA', /LZW, ZIP or no compression/],
    ['grey8_lerc.tif', 'a TIFF with compression LERC', /LZW/],
    ['grey8_jpegxl.tif', 'a TIFF with compression JPEG XL', /LZW/],
    ['grey8_jpeg2000.tif', 'a TIFF with compression JPEG 2000', /LZW/],
    ['grey8_jpegxr.tif', 'a TIFF with compression JPEG XR', /LZW/],
    ['grey8_png.tif', 'a TIFF with compression PNG', /LZW/],
    ['rgb12.tif', 'a TIFF with 12 bits per channel', /8 or 16 bits per channel/],
    ['rgb_uint32.tif', 'a TIFF with 32 bits per channel', /8 or 16 bits per channel/],
    ['grey_float32.tif', 'a TIFF with floating-point numbers (32 bits)', /8 or 16 bits per channel/],
    ['grey_int16.tif', 'a TIFF with signed numbers (16 bits)', /8 or 16 bits per channel/],
    ['mask_alone.tif', 'a TIFF of a mask alone', /grey or RGB/],
    ['dng_cfa.tif', 'camera raw', /develop it to TIFF, PNG or JPEG/],
    ['dng_linear.tif', 'camera raw', /develop it to TIFF, PNG or JPEG/],
  ])('%s: %s', async (name, what, instead) => {
    const outcome = await outcomeOf(fixture(name));
    expect(outcome).toContain(`unsupported-format: The file is ${what}, which is not supported; `);
    expect(outcome).toMatch(instead);
  });

  it.each<[what: string, tags: Record<number, number>]>([
    ['a TIFF with compression old-style JPEG', { 259: 6 }],
    ['a TIFF with compression JBIG', { 259: 34661 }],
    ['a TIFF with compression of number 12345', { 259: 12345 }],
    ['camera raw', { 259: 34713 }],
    ['a TIFF in LogLuv', { 262: 32845 }],
    ['a TIFF with colours of kind 77', { 262: 77 }],
    ['a TIFF with 6 bits per channel', { 258: 6 }],
    ['a TIFF with complex numbers (8 bits)', { 339: 5 }],
  ])('%s', async (what, tags) => {
    expect(await outcomeOf(tiff(1, tags))).toContain(`unsupported-format: The file is ${what}, which`);
  });

  it.each([
    ['hierarchical', 0xc5, 'a hierarchical JPEG'],
    ['lossless and arithmetic', 0xcb, 'a lossless JPEG with arithmetic coding'],
  ])('a JPEG of another process: %s', async (_name, marker, what) => {
    const file = await grey().jpeg().toBuffer();
    file[file.indexOf(Buffer.of(0xff, 0xc0)) + 1] = marker;
    expect(await outcomeOf(file)).toContain(`unsupported-format: The file is ${what}, which`);
  });

  it('a JPEG that is wider than its decoder reads', async () => {
    const file = await grey().jpeg().toBuffer();
    file.writeUInt16BE(65_501, file.indexOf(Buffer.of(0xff, 0xc0)) + 7);
    expect(await outcomeOf(file)).toContain(
      'The file is a JPEG of 65501 x 48 pixels, more than 65500 on a side',
    );
  });

  it.each([
    ['JPEG XR', 'II\xbc\x01\x08\0\0\0', /convert it to PNG, TIFF or JPEG/],
    ['JPEG XL', '\xff\x0a\x00\x10', /PNG or TIFF, which lose nothing/],
    ['HEIC', '\0\0\0\x20ftypheic', /convert it to JPEG/],
    ['camera raw', 'II*\0\x10\0\0\0CR\x02\0', /develop it/],
    ['camera raw', '\0\0\0\x18ftypcrx ', /develop it/],
    ['camera raw', 'IIRS\x08\0\0\0', /develop it/],
    ['PDF', '%PDF-1.7', /export its pages/],
    ['ZIP', 'PK\x03\x04', /unpack it/],
  ])('%s', async (name, text, instead) => {
    const outcome = await outcomeOf(Buffer.from(text, 'latin1'));
    expect(outcome).toContain(`unsupported-format: ${name} files are not supported; `);
    expect(outcome).toMatch(instead);
  });
});

describe('what the decoder reads is accepted', () => {
  it.each<[name: string, make: () => Promise<Buffer>]>([
    ['a TIFF with WebP', () => grey().toColourspace('srgb').tiff({ compression: 'webp' }).toBuffer()],
    ['a TIFF with JPEG', () => grey().tiff({ compression: 'jpeg' }).toBuffer()],
    ['a TIFF with PackBits', () => grey().tiff({ compression: 'packbits' }).toBuffer()],
    ['a TIFF with tiles', () => grey().tiff({ tile: true, tileWidth: 16, tileHeight: 16 }).toBuffer()],
    ['a TIFF of 4 bits', () => grey().tiff({ bitdepth: 4 }).toBuffer()],
    ['a BigTIFF', () => grey().tiff({ bigtiff: true }).toBuffer()],
  ])('%s', async (_name, make) => {
    expect(await outcomeOf(await make())).toBe('64 x 48');
  });
});

describe('damage is damage', () => {
  let whole: Buffer;
  beforeAll(async () => {
    whole = await grey().tiff({ compression: 'none' }).toBuffer();
  });
  it.each<[name: string, make: () => Buffer]>([
    ['a TIFF of a head alone', () => whole.subarray(0, 8)],
    ['a TIFF whose strip is cut off', () => tiff(1, { 273: 100_000, 279: 64 })],
    ['a JPEG of a head alone', () => fixture('jpeg12.jpg').subarray(0, 12)],
  ])('%s', async (_name, make) => {
    expect(await outcomeOf(make())).toContain('unreadable-image: The file is damaged or cut off');
  });
});

it('noise that starts as a JPEG is damaged, whatever frame is in it', async () => {
  const frame = Buffer.of(0xff, 0xc0, 0, 11, 12, 0, 8, 0, 8, 1, 1, 0x11, 0);
  const start = Buffer.of(0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0);
  expect(await outcomeOf(Buffer.concat([start, frame]))).toContain('with 12 bits per channel');
  const noise = Buffer.alloc(100, 7);
  expect(await outcomeOf(Buffer.concat([start, noise, frame]))).toContain('unreadable-image');
});
