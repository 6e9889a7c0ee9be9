/** EXIF in and out of JPEG files, as sharp reads and writes them. */
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
  it('comes out as sharp reads it', async () => {
    const file = await withMake('Leica');
    const { exif } = await sharp(file).metadata();
    expect(Buffer.from(exifOfJpeg(file)!)).toEqual(exif!.subarray(6));
  });

  it('goes into a file that has none, and in place of what one has', async () => {
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

  it('that is too long for its segment is left out', async () => {
    const file = await blank().jpeg().toBuffer();
    expect(Buffer.from(withJpegExif(file, new Uint8Array(70_000)))).toEqual(file);
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
