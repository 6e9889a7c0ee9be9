/** EXIF of a photo in its result: read by libvips, and by a small decoder where libvips reports too little. */
import fc from 'fast-check';
import sharp, { type Sharp } from 'sharp';
import { describe, expect, it } from 'vitest';
import { uprightExif } from '../../colour/metadata/exif.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const [WIDTH, HEIGHT] = [60, 40];
const blank = () => sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#777' } });
const EXIF = {
  IFD0: { Make: 'Leica', Artist: 'Oma Kathe' },
  IFD2: { LensModel: 'Elmar 50', PixelXDimension: '60', PixelYDimension: '40' },
  IFD3: { GPSLatitudeRef: 'N' },
};

/** Tags of the first and of the EXIF directory, as numbers or texts. */
function tags(exif: Buffer): Map<number, number | string> {
  const tiff = exif.subarray(exif.toString('latin1', 0, 4) === 'Exif' ? 6 : 0);
  const little = tiff[0] === 0x49;
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  const long = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
  const found = new Map<number, number | string>();
  const directory = (at: number) => {
    for (let k = 0; k < short(at); k++) {
      const entry = at + 2 + 12 * k;
      const [tag, type, count] = [short(entry), short(entry + 2), long(entry + 4)];
      const text = count > 4 ? long(entry + 8) : entry + 8;
      if (tag === 0x8769) directory(long(entry + 8));
      else if (type === 2) found.set(tag, tiff.toString('utf8', text, text + count - 1));
      else found.set(tag, type === 3 ? short(entry + 8) : long(entry + 8));
    }
    found.set(-1, long(at + 2 + 12 * short(at)));
  };
  directory(long(4));
  return found;
}

async function result(photo: Buffer): Promise<Buffer> {
  const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'plain', workflow });
  await images.prepare('one', photo);
  const size = { width: HEIGHT, height: WIDTH };
  const tinted = await sharp({ create: { ...size, channels: 3, background: '#876' } })
    .png()
    .toBuffer();
  return (await images.finish('one', tinted, 'v1')).file;
}

describe('the EXIF of a result', () => {
  it.each<[string, (image: Sharp) => Sharp]>([
    ['jpeg', (image) => image.jpeg()],
    ['png', (image) => image.png()],
    ['webp', (image) => image.webp()],
  ])('is that of its photo, upright: %s', async (format, encode) => {
    const photo = await encode(blank()).withMetadata({ orientation: 6 }).withExifMerge(EXIF).toBuffer();
    const file = await result(photo);
    const metadata = await sharp(file).metadata();
    expect(metadata).toMatchObject({
      format,
      width: HEIGHT,
      height: WIDTH,
      orientation: 1,
      hasProfile: true,
    });
    const found = tags(metadata.exif!);
    expect(found.get(0x010f)).toBe('Leica');
    expect(found.get(0x013b)).toBe('Oma Kathe');
    expect(found.get(0xa434)).toBe('Elmar 50');
    expect([found.get(0xa002), found.get(0xa003)]).toEqual([HEIGHT, WIDTH]);
    expect(metadata.xmp?.toString()).toContain('<ddcolor:SourceETag>v1<');
    // The whole file decodes.
    await sharp(file, { failOn: 'warning' }).raw().toBuffer();
  });

  it('has no thumbnail, which would be without colour', () => {
    // A first directory with one tag; a second one, which is the thumbnail's; the thumbnail.
    const exif = Buffer.alloc(26 + 30 + 100, 0xab);
    exif.write('II*\0', 'latin1');
    exif.writeUInt32LE(8, 4);
    exif.writeUInt16LE(1, 8);
    entry(exif, 10, 0x0112, 3, 6);
    exif.writeUInt32LE(26, 22);
    exif.writeUInt16LE(2, 26);
    entry(exif, 28, 0x0201, 4, 56);
    entry(exif, 40, 0x0202, 4, 100);
    exif.writeUInt32LE(0, 52);
    const upright = Buffer.from(uprightExif(exif, { width: 10, height: 10 })!);
    expect(upright.includes(0xab)).toBe(false);
    expect(upright.length).toBe(56);
    expect(tags(upright)).toEqual(
      new Map([
        [0x0112, 1],
        [-1, 0],
      ]),
    );
  });

  it('is left out where it is damaged, whatever the damage', () => {
    const bytes = fc.uint8Array({ maxLength: 200 });
    const header = fc.constantFrom('II*\0\x08\0\0\0', 'MM\0*\0\0\0\x08');
    fc.assert(
      fc.property(header, bytes, (start, rest) => {
        const upright = uprightExif(Buffer.concat([Buffer.from(start, 'latin1'), rest]), {
          width: 10,
          height: 10,
        });
        expect(upright === undefined || upright.length <= rest.length + 8).toBe(true);
      }),
      { seed: 5, numRuns: 2000 },
    );
    expect(uprightExif(Buffer.from('no EXIF at all'), { width: 1, height: 1 })).toBeUndefined();
  });
});

function entry(exif: Buffer, at: number, tag: number, type: number, value: number): void {
  exif.writeUInt16LE(tag, at);
  exif.writeUInt16LE(type, at + 2);
  exif.writeUInt32LE(1, at + 4);
  exif.writeUInt32LE(value, at + 8);
}
