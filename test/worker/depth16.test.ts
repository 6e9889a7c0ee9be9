/** Photos of 16 bits: results have 16 bits, and their lightness. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { encoded } from '../../colour/srgb.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { workflowSchema } from '../../contract/workflow.ts';
import { fixture } from './support/fixtures.ts';
import { largest, lightnessOf, pixelsOf } from './support/sixteen-bits.ts';
import { workflow } from './support/stand-in-comfyui.ts';
import { writeTiff } from './support/tiff-writer.ts';

const [WIDTH, HEIGHT] = [256, 256];
/** Every value of 16 bits, neighbours far from each other. */
const EVERY = Uint16Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i * 40_503) % 65_536);

/** Colours that the gamut has no room for, beside ones that it has. */
async function colours(size: number): Promise<Buffer> {
  const data = Buffer.alloc(3 * size * size);
  const hues = [
    [255, 0, 0],
    [0, 0, 255],
    [150, 120, 100],
    [0, 255, 0],
  ];
  for (let i = 0; i < size * size; i++) data.set(hues[(i >> 5) % 4]!, 3 * i);
  return sharp(data, { raw: { width: size, height: size, channels: 3 } })
    .png()
    .toBuffer();
}

async function resultOf(photo: Buffer, path: 'chroma' | 'plain' = 'chroma', scale = 1, strength = 100) {
  const { chroma, ...rest } = workflow;
  const graph = workflowSchema.parse({
    ...rest,
    ...(scale === 1 ? { chroma: { ...chroma, size: 64 } } : { options: {} }),
    output: { ...rest.output, scale },
  });
  const images = new LocalImageProcessor({ maxMegapixels: 1, path, workflow: graph });
  const { upload } = await images.prepare('one', photo, 'photo', undefined, undefined, undefined, {
    strength,
  });
  const { width = 0, height = 0, depth } = await sharp(upload).metadata();
  const saved = await sharp(await colours(64))
    .resize(width * scale, height * scale, { fit: 'fill', kernel: 'nearest' })
    .png()
    .toBuffer();
  return { depth, file: (await images.finish('one', saved, 'etag')).file };
}

const tiff = (data = EVERY) => writeTiff({ width: WIDTH, data, bands: 1, photometric: 1 });
const png = () => sharp(tiff()).toColourspace('grey16').png().toBuffer();

describe('a result of 16 bits', () => {
  it.each(['chroma', 'plain'] as const)('has the colours of its strength on the %s path', async (path) => {
    // Tones in the middle, where the gamut has room.
    const photo = tiff(EVERY.map((value) => 24_000 + (value >> 3)));
    const colourOf = async (strength: number) => {
      const { values: data } = await pixelsOf((await resultOf(photo, path, 1, strength)).file);
      let sum = 0;
      for (let p = 0; p < data.length; p += 3) sum += Math.abs(data[p]! - data[p + 2]!);
      return sum / (data.length / 3);
    };
    const [none, some, full] = [await colourOf(0), await colourOf(25), await colourOf(100)];
    expect(full).toBeGreaterThan(5000);
    expect(none).toBeLessThan(full / 100);
    expect(some).toBeGreaterThan(full / 10);
    expect(some).toBeLessThan(full / 2);
  });

  it.each<[string, () => Buffer | Promise<Buffer>, 'chroma' | 'plain']>([
    ['a TIFF', tiff, 'chroma'],
    ['a PNG', png, 'chroma'],
    ['a TIFF on the plain path', tiff, 'plain'],
  ])('of %s has the lightness of every pixel', async (_name, make, path) => {
    const { file, depth } = await resultOf(await make(), path);
    expect(depth).toBe('uchar');
    expect(await sharp(file).metadata()).toMatchObject({ depth: 'ushort', space: 'rgb16', hasProfile: true });
    const pixels = await pixelsOf(file);
    expect(largest(lightnessOf(pixels), EVERY)).toBeLessThan(1);
    const { values } = pixels;
    expect(EVERY.every((v, i) => v < 200 || v > 65_300 || values[3 * i] !== values[3 * i + 1])).toBe(true);
  });

  it('keeps opacity at 16 bits', async () => {
    const both = Uint16Array.from({ length: 2 * EVERY.length }, (_, p) => EVERY[(p * 7) % EVERY.length]!);
    const photo = writeTiff({ width: WIDTH, data: both, bands: 2, photometric: 1, extra: [2] });
    const { values, channels } = await pixelsOf((await resultOf(photo)).file);
    expect(channels).toBe(4);
    expect(EVERY.every((_, i) => values[4 * i + 3] === both[2 * i + 1])).toBe(true);
  });

  it.each<[string, string, (v: number) => number]>([['gamma 1.8', 'gray16_gg18.png', (v) => v ** 1.8]])(
    'has the tones of its profile: %s',
    async (_name, name, toLinear) => {
      const source = new Uint16Array(
        (
          await sharp(fixture(name), { ignoreIcc: true })
            .toColourspace('grey16')
            .raw({ depth: 'ushort' })
            .toBuffer()
        ).buffer,
      );
      const { file } = await resultOf(fixture(name));
      const wanted = Array.from(source, (v) => 65_535 * encoded(toLinear(v / 65_535)));
      expect(largest(lightnessOf(await pixelsOf(file)), wanted)).toBeLessThan(65_535 / 4096);
    },
  );

  it('has 8 bits where the workflow makes other pixels', async () => {
    const { file } = await resultOf(tiff(), 'plain', 2);
    expect(await sharp(file).metadata()).toMatchObject({ depth: 'uchar', width: 2 * WIDTH });
  });
});
