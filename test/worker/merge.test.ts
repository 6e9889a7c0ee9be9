/**
 * The chroma path against the plain path, which it replaces. Differences are CIEDE2000 (Sharma, Wu and Dalal 2005, whose test
 * data are used here), in Lab of D65. The full form (FULL=1) has every sample at 2 and 12 megapixels.
 */
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { colourise } from '../../local/comfyui/colour.ts';
import { samplePicture } from '../../local/samples/samples.ts';
import { ciede2000, difference } from '../../tools/bench/ciede2000.ts';
import { workflow } from './support/stand-in-comfyui.ts';

/** Colours a PNG as the stand-in's node does. */
async function coloured(png: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(png).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const made = await colourise({ width: info.width, height: info.height, data }, 512);
  return sharp(made.data, { raw: { width: info.width, height: info.height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

type Change = (png: Buffer) => Promise<Buffer>;

async function pixelsBy(path: 'chroma' | 'plain', photo: Buffer, change: Change = async (png) => png) {
  const images = new LocalImageProcessor({ maxMegapixels: 30, path, workflow });
  const { upload } = await images.prepare('one', photo);
  const { file: result } = await images.finish('one', await change(await coloured(upload)), 'v1');
  return sharp(result).raw().toBuffer();
}

/** Patches with hard edges: tones from black to white, in an order with large steps between neighbours. */
function chart(width: number, height: number): Promise<Buffer> {
  const [columns, rows] = [4, 3];
  const tones = Array.from({ length: columns * rows }, (_, k) => Math.round((255 * ((k * 5) % 12)) / 11));
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const column = Math.floor(((i % width) * columns) / width);
    const row = Math.floor((Math.floor(i / width) * rows) / height);
    return tones[row * columns + column]!;
  });
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}

describe('CIEDE2000', () => {
  it.each<[[number, number, number], [number, number, number], number]>([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1],
    [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
    [[90.9257, -0.5406, -0.9208], [88.6381, -0.8985, -0.7239], 1.5381],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
  ])('of %j and %j is %f', (one, other, wanted) => {
    expect(ciede2000(one, other)).toBeCloseTo(wanted, 4);
    expect(ciede2000(other, one)).toBeCloseTo(wanted, 4);
  });
});

describe('the chroma path', () => {
  const photos = new Map<string, { photo: Buffer; plain: Buffer }>();
  beforeAll(async () => {
    const add = async (name: string, photo: Buffer) =>
      photos.set(name, { photo, plain: await pixelsBy('plain', photo) });
    if (process.env.FULL) {
      for (const k of [0, 1, 3, 4, 5]) await add(`photograph ${k}`, await samplePicture(k, 1600, 1200));
      await add('photograph of 12 megapixels', await samplePicture(2, 4000, 3000));
      await add('chart of 12 megapixels', await chart(4000, 3000));
    }
    await add('photograph', await samplePicture(2, 800, 600));
    await add('tall photograph', await samplePicture(1, 400, 1200));
    await add('chart', await chart(800, 600));
  });
  const differenceOf = async (name: string, change?: Change) => {
    const { photo, plain } = photos.get(name)!;
    const { mean, p99 } = difference(await pixelsBy('chroma', photo, change), plain);
    return { name, mean, p99, isEqual: mean < 1 && p99 < 6 };
  };

  it('differs from the plain path by less than 1.0 (mean) and 6 (p99)', async () => {
    for (const name of photos.keys()) expect(await differenceOf(name)).toMatchObject({ isEqual: true });
  });

  const swapped = [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ] as [[number, number, number], [number, number, number], [number, number, number]];
  it.each<[string, Change]>([
    ['swapped', (png) => sharp(png).recomb(swapped).png().toBuffer()],
    ['mirrored', (png) => sharp(png).flop().png().toBuffer()],
    [
      'shifted by a twentieth',
      (png) =>
        sharp(png)
          .extract({ left: 26, top: 0, width: 486, height: 512 })
          .extend({ right: 26 })
          .png()
          .toBuffer(),
    ],
    [
      'of another photo',
      async () =>
        coloured(
          await sharp(await samplePicture(3, 512, 512))
            .png()
            .toBuffer(),
        ),
    ],
    ['missing', (png) => sharp(png).modulate({ saturation: 0.02 }).png().toBuffer()],
  ])('exceeds these limits when its colours are %s', async (_name, change) => {
    for (const name of process.env.FULL ? ['photograph', 'chart'] : ['photograph'])
      expect(await differenceOf(name, change)).toMatchObject({ isEqual: false });
  });
});
