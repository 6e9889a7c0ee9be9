/** Photos in every format: which are accepted, why others are refused, and what a result keeps of its photo. */
import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { InstanceFault } from '../../worker/photo/faults.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const WIDTH = 60;
const HEIGHT = 40;
/** Dark upper left to bright lower right, with a dark spot in the upper right corner. */
const tones = Buffer.from(
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
    return x > 50 && y < 8 ? 10 : 40 + 2 * x + 2 * y;
  }),
);
/** The photo as a colour scanner returns an old print. */
const sepia = () => {
  const pixels = Uint8Array.from({ length: tones.length * 3 }, (_, i) =>
    Math.round((tones[Math.floor(i / 3)] ?? 0) * (1 - 0.2 * (i % 3))),
  );
  return sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } });
};
const photo = () => sharp(tones, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('b-w');

const half = (body: Buffer) => body.subarray(0, body.length / 2);
/** The path on which ComfyUI gets the whole photo. */
const plain = (maxMegapixels = 1) => new LocalImageProcessor({ maxMegapixels, path: 'plain', workflow });
const read = (body: Buffer, maxMegapixels?: number) => plain(maxMegapixels).prepare('one', body);
const upload = async (body: Buffer) => {
  const { data, info } = await sharp((await read(body)).upload)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, ...info };
};

describe('what ComfyUI gets', () => {
  it.each<[string, () => Promise<Buffer>, string, number]>([
    ['a JPEG', () => photo().jpeg({ quality: 100 }).toBuffer(), 'jpeg', 3],
    ['a PNG', () => photo().png().toBuffer(), 'png', 0],
    ['a WebP', () => photo().webp({ lossless: true }).toBuffer(), 'webp', 1],
    ['a TIFF', () => photo().tiff({ compression: 'lzw' }).toBuffer(), 'tiff', 0],
    ['an AVIF', () => photo().avif({ lossless: true, effort: 0 }).toBuffer(), 'avif', 2],
    ['a 16-bit PNG', () => photo().toColourspace('grey16').png().toBuffer(), 'png', 1],
    [
      'a 16-bit TIFF',
      () => photo().toColourspace('grey16').tiff({ compression: 'lzw' }).toBuffer(),
      'tiff',
      1,
    ],
    ['a palette PNG', () => photo().png({ palette: true }).toBuffer(), 'png', 4],
    ['a JPEG in RGB', () => photo().toColourspace('srgb').jpeg({ quality: 100 }).toBuffer(), 'jpeg', 3],
  ])('of %s is the same picture, 8 bit, one channel', async (_name, make, format, tolerance) => {
    const body = await make();
    expect((await read(body)).format).toBe(format);
    const { data, width, height, channels } = await upload(body);
    expect([width, height, channels]).toEqual([WIDTH, HEIGHT, 1]);
    expect(Math.max(...data.map((value, i) => Math.abs(value - (tones[i] ?? 0))))).toBeLessThanOrEqual(
      tolerance,
    );
  });

  it('of a CMYK JPEG is still that picture', async () => {
    const { data } = await upload(await photo().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer());
    const brighter = (a: number, b: number) => (data[a] ?? 0) - (data[b] ?? 0);
    expect(brighter(WIDTH * HEIGHT - 1, 0)).toBeGreaterThan(60);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('of EXIF orientation %i is upright', async (orientation) => {
    // Rotated by the inverse of the tag, so that the upright picture is the photo.
    const back: Record<number, (image: Sharp) => Sharp> = {
      1: (image) => image,
      2: (image) => image.flop(),
      3: (image) => image.rotate(180),
      4: (image) => image.flip(),
      5: (image) => image.rotate(270).flop(),
      6: (image) => image.rotate(270),
      7: (image) => image.rotate(90).flop(),
      8: (image) => image.rotate(90),
    };
    const lying = sharp(await (back[orientation] ?? ((image) => image))(photo()).png().toBuffer());
    const body = await lying.toColourspace('b-w').png().withMetadata({ orientation }).toBuffer();
    const { data, width, height } = await upload(body);
    expect([width, height]).toEqual([WIDTH, HEIGHT]);
    expect(data.equals(tones)).toBe(true);
  });
});

describe('refused is', () => {
  it.each<[string, () => Promise<Buffer>, string, RegExp]>([
    ['an empty file', () => Promise.resolve(Buffer.alloc(0)), 'unreadable-image', /empty/],
    [
      'a text',
      () => Promise.resolve(Buffer.from('Dear grandmother')),
      'unreadable-image',
      /not a picture; send a JPEG, PNG, WebP, TIFF or AVIF file/,
    ],
    [
      'a JPEG that is cut off',
      async () => half(await photo().jpeg().toBuffer()),
      'unreadable-image',
      /damaged or cut off: it starts as a JPEG/,
    ],
    [
      'a PNG that is cut off',
      async () => half(await photo().png({ compressionLevel: 0 }).toBuffer()),
      'unreadable-image',
      /starts as a PNG/,
    ],
    ['a GIF', () => photo().gif().toBuffer(), 'unsupported-format', /GIF files are not supported/],
    ['a PDF', () => Promise.resolve(Buffer.from('%PDF-1.7 ...')), 'unsupported-format', /PDF/],
  ])('%s', async (_name, make, code, message) => {
    const error: unknown = await read(await make()).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PermanentFault', code });
    expect((error as Error).message).toMatch(message);
  });

  it('a picture with too many pixels, with both numbers', async () => {
    await expect(read(await photo().png().toBuffer(), 0.002)).rejects.toThrow(
      'The photo has 0 megapixels (60 x 40); at most 0.002 are allowed.',
    );
  });
});

describe('a result', () => {
  let coloured: Buffer;
  beforeAll(async () => {
    coloured = await sepia().png().toBuffer();
  });
  const finish = async (body: Buffer, made: Buffer, source = 'etag-1') => {
    const images = plain();
    await images.prepare('one', body);
    return (await images.finish('one', made, source)).file;
  };

  it.each<[string, (image: Sharp) => Sharp]>([
    ['jpeg', (image) => image.jpeg()],
    ['png', (image) => image.png()],
    ['webp', (image) => image.webp()],
    ['tiff', (image) => image.tiff()],
  ])('has the format of its photo: %s, in sRGB', async (format, encode) => {
    const result = sharp(await finish(await encode(photo()).toBuffer(), coloured));
    expect(await result.metadata()).toMatchObject({
      format,
      width: WIDTH,
      height: HEIGHT,
      space: 'srgb',
      hasProfile: true,
    });
  });

  it('keeps transparency and density', async () => {
    const body = await photo()
      .toColourspace('srgb')
      .ensureAlpha(0.5)
      .png()
      .withMetadata({ density: 300 })
      .toBuffer();
    const result = sharp(await finish(body, coloured));
    expect(await result.metadata()).toMatchObject({ channels: 4, density: 300 });
    const { channels } = await result.stats();
    expect(channels[3]?.mean).toBeCloseTo(127, -0.5);
  });

  it('of another version has other bytes', async () => {
    const body = await photo().png().toBuffer();
    const [one, two] = await Promise.all(['a', 'b'].map((etag) => finish(body, coloured, etag)));
    expect(one?.equals(two ?? Buffer.alloc(0))).toBe(false);
  });

  it.each<[string, () => Promise<Buffer>, RegExp]>([
    ['of another size', () => sharp(coloured).resize(30, 20).png().toBuffer(), /30 x 20 instead of 60 x 40/],
    ['without colour', () => photo().png().toBuffer(), /without any colour/],
    ['that is no picture', () => Promise.resolve(Buffer.from('trouble')), /not a picture/],
  ])('%s is an instance fault', async (_name, make, message) => {
    const error: unknown = await finish(await photo().png().toBuffer(), await make()).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(InstanceFault);
    expect((error as Error).message).toMatch(message);
  });

  it('may be grey where no colour can show', async () => {
    const white = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect((await sharp(await finish(white, white)).metadata()).width).toBe(8);
  });
});
