/** EXIF in JPEG files: as sharp reads and writes it, and in files built by hand. */
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { exifOfJpeg, withJpegExif } from '../../colour/jpeg.ts';

const blank = () => sharp({ create: { width: 6, height: 4, channels: 3, background: '#777' } });
const withMake = (make: string) =>
  blank()
    .jpeg()
    .withExif({ IFD0: { Make: make } })
    .toBuffer();

describe('EXIF of a JPEG', () => {
  it('is read as sharp reads it', async () => {
    const file = await withMake('Leica');
    const { exif } = await sharp(file).metadata();
    expect(Buffer.from(exifOfJpeg(file)!)).toEqual(exif!.subarray(6));
  });

  it('is inserted, or replaces that of the file', async () => {
    const exif = exifOfJpeg(await withMake('Leica'))!;
    for (const file of [await blank().jpeg().toBuffer(), await withMake('Rolleiflex')]) {
      const made = Buffer.from(withJpegExif(file, exif));
      const { exif: found } = await sharp(made).metadata();
      expect(found!.subarray(6)).toEqual(Buffer.from(exif));
      expect(found!.includes('Rolleiflex')).toBe(false);
      expect(await sharp(made, { failOn: 'warning' }).raw().toBuffer()).toEqual(
        await sharp(file).raw().toBuffer(),
      );
    }
  });

  it('is left out when it is too long for a segment', async () => {
    const file = await blank().jpeg().toBuffer();
    const longest = 0xffff - 8;
    expect(Buffer.from(withJpegExif(file, new Uint8Array(longest + 1)))).toEqual(file);
    const made = withJpegExif(file, new Uint8Array(longest).fill(7));
    expect(exifOfJpeg(made)).toEqual(new Uint8Array(longest).fill(7));
  });

  it.each([
    ['a PNG', () => blank().png().toBuffer()],
    ['a JPEG without', () => blank().jpeg().toBuffer()],
    ['nothing', async () => Buffer.alloc(0)],
    ['two bytes', async () => Buffer.from([0xff, 0xd8])],
  ])('is not found in %s', async (_what, make) => {
    expect(exifOfJpeg(await make())).toBeUndefined();
  });

  it('is not found in, and does not hang on, what is cut off or damaged', async () => {
    const file = await withMake('Leica');
    fc.assert(
      fc.property(fc.nat(file.length), fc.nat(file.length - 1), fc.nat(255), (length, at, value) => {
        const damaged = Uint8Array.from(file);
        damaged[at] = value;
        const cut = damaged.subarray(0, length);
        const found = exifOfJpeg(cut);
        expect(found === undefined || found.length <= length).toBe(true);
        expect(withJpegExif(cut, Uint8Array.of(1)).length).toBeLessThanOrEqual(length + 12);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('the segments of a head', () => {
  const segment = (marker: number, ...content: number[]) => [0xff, marker, 0, content.length + 2, ...content];
  const exif = (...content: number[]) => segment(0xe1, 69, 120, 105, 102, 0, 0, ...content);
  const START = [0xff, 0xd8];
  const TABLES = segment(0xdb, 1, 2);
  const file = (...parts: number[][]) => Uint8Array.from(parts.flat());
  const found = (...parts: number[][]) => [...(exifOfJpeg(file(...parts)) ?? [])];

  it('are searched for EXIF, past other segments and comments', () => {
    const xmp = segment(0xe1, 104, 116, 116, 112, 58, 47);
    expect(found(START, segment(0xe0, 1), xmp, segment(0xfe, 2), segment(0xef, 3), exif(9, 8))).toEqual([
      9, 8,
    ]);
  });

  it.each([
    ['after the first segment of the image', file(START, TABLES, exif(9))],
    ['in a segment of another application', file(START, segment(0xe2, 69, 120, 105, 102, 0, 0, 9))],
    ['after bytes that are no segment', file(START, [0, 0, 0, 4, 1, 1], exif(9))],
    ['after a marker that is no segment', file(START, [0xfe, 0xe1, 0, 9, 69, 120, 105, 102, 0, 0, 9])],
    ['in a segment that is cut off', file(START, exif(9)).slice(0, -1)],
    ['in a file that starts with another byte', file([0xfe, 0xd8], exif(9))],
    ['in a file that starts with another marker', file([0xff, 0xd9], exif(9))],
  ])('have none %s', (_where, bytes) => {
    expect(exifOfJpeg(bytes)).toBeUndefined();
  });

  it('may end with the file', () => {
    expect(found(START, exif(9))).toEqual([9]);
    expect(found(START, exif())).toEqual([]);
    expect(exifOfJpeg(file(START, exif()))).toBeDefined();
    expect(exifOfJpeg(file(START, segment(0xe0)))).toBeUndefined();
    expect([...withJpegExif(file(START, segment(0xe0)), Uint8Array.of(7))]).toEqual([
      ...START,
      ...exif(7),
      ...segment(0xe0),
    ]);
  });

  it('stay in order after the new EXIF, and the image follows', () => {
    const rest = [...TABLES, 0xff, 0xd9];
    const before = file(START, segment(0xe0, 1), exif(9), segment(0xfe, 2), rest);
    const after = [...START, ...exif(7, 7), ...segment(0xe0, 1), ...segment(0xfe, 2), ...rest];
    expect([...withJpegExif(before, Uint8Array.of(7, 7))]).toEqual(after);
  });
});
