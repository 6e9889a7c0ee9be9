/** Photos in tones of one colour, coloured by hand, or in colour already: what the network gets, and which are refused on request. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { ColouredPhotos } from '../../contract/photo-types.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { abOf } from '../../colour/chroma.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const [WIDTH, HEIGHT] = [96, 64];
type Rgb = [number, number, number];
const tone = (x: number, y: number) => Math.round(120 + 50 * Math.sin(x / 9) * Math.cos(y / 7) + y / 2);

/** Pixels of these colours, each as light as the grey photo is there. */
const inTones = (paint: (y: number) => Rgb) =>
  sharp(
    Buffer.from(
      Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
        const pixel = Math.floor(i / 3);
        const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
        return Math.min(255, Math.round(tone(x, y) * paint(y)[i % 3]!));
      }),
    ),
    { raw: { width: WIDTH, height: HEIGHT, channels: 3 } },
  )
    .png()
    .toBuffer();
const grey = () => inTones(() => [1, 1, 1]);
const sepia = () => inTones(() => [1.15, 0.97, 0.75]);
const cyanotype = () => inTones(() => [0.6, 1.05, 1.4]);
const inColour = () => inTones((y) => (y < HEIGHT / 2 ? [0.7, 1, 1.4] : [1.3, 0.9, 0.6]));

const saved = sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: '#a64' } })
  .png()
  .toBuffer();

async function colour(file: Buffer, colouredPhotos?: ColouredPhotos) {
  const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'plain', workflow });
  const { upload } = await images.prepare('one', file, 'photo', undefined, colouredPhotos);
  const small = new LocalImageProcessor({ maxMegapixels: 1, path: 'chroma', workflow });
  await small.prepare('one', file, 'photo', undefined, colouredPhotos);
  const chroma = await sharp(await saved)
    .resize(512, 512)
    .png()
    .toBuffer();
  const { file: result } = await small.finish('one', chroma, 'v1');
  return {
    seen: await sharp(upload).toColourspace('b-w').raw().toBuffer(),
    result: await sharp(result).raw().toBuffer(),
  };
}

describe('a tinted photo', () => {
  it.each([
    ['sepia', sepia],
    ['cyanotype', cyanotype],
    ['in colour', inColour],
  ])(
    '%s: the network sees its lightness alone, and the result has the network`s colours',
    async (_name, make) => {
      const { seen, result } = await colour(await make());
      // Of one channel: a tint that the network sees would change what it takes the picture for.
      expect(seen).toHaveLength(WIDTH * HEIGHT);
      const [a, b] = [0, 1].map((k) => {
        const values = Array.from(
          { length: WIDTH * HEIGHT },
          (_, i) => abOf(result[3 * i]!, result[3 * i + 1]!, result[3 * i + 2]!)[k]!,
        );
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      });
      const [savedA, savedB] = abOf(0xaa, 0x66, 0x44);
      expect(Math.hypot(a! - savedA, b! - savedB)).toBeLessThan(1);
    },
  );
});

describe('with coloured-photos: refuse', () => {
  it.each([
    ['grey', grey],
    ['sepia', sepia],
    ['a cyanotype', cyanotype],
  ])('%s is coloured', async (_name, make) => {
    const file = await make();
    expect((await colour(file, 'refuse')).result.equals((await colour(file)).result)).toBe(true);
  });

  it('a photo in colour is refused', async () => {
    await expect(colour(await inColour(), 'refuse')).rejects.toMatchObject({
      name: 'PermanentFault',
      code: 'already-coloured',
      message: expect.stringContaining("'recolour'") as string,
    });
    await expect(colour(await inColour(), 'recolour')).resolves.toBeDefined();
  });
});
