/** The load that a photo's first bytes promise, beside that which an image process finds. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { contentOf, manifest } from '../../tools/corpus/manifest.ts';
import { expectedLoad } from '../../worker/imaging/expected-load.ts';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const MAX = 100;
const images = new LocalImageProcessor({ maxMegapixels: MAX, path: 'chroma', workflow });
const made = (depth: 8 | 16) => {
  const Values = depth === 8 ? Uint8Array : Uint16Array;
  const raw = { width: 300, height: 200, channels: 1 } as const;
  return sharp(new Values(60_000), { raw }).toColourspace(depth === 8 ? 'b-w' : 'grey16');
};

describe('the load that a photo promises', () => {
  it('is that of its head in each JPEG and PNG of the corpus, or unknown', async () => {
    const seen = { known: 0, unknown: 0 };
    for (const row of manifest().filter(({ outcome }) => outcome === 'succeeded')) {
      const file = contentOf(row);
      if (!/\.(jpe?g|png)$/.test(row.file)) continue;
      const load = expectedLoad(file, MAX);
      if (load !== undefined) expect([row.file, load]).toEqual([row.file, await images.inspect(file)]);
      seen[load === undefined ? 'unknown' : 'known']++;
    }
    expect(seen.known).toBeGreaterThan(20 * seen.unknown);
  });

  it('counts 16 bits of a PNG twice, and bytes of a TIFF', async () => {
    expect(expectedLoad(await made(8).png().toBuffer(), MAX)).toBe(0.06);
    expect(expectedLoad(await made(16).png().toBuffer(), MAX)).toBe(0.12);
    const tiff = await made(16).tiff({ compression: 'none' }).toBuffer();
    expect(expectedLoad(tiff, MAX)).toBe(tiff.length / 1e6);
    expect(expectedLoad(tiff, MAX)).toBeGreaterThanOrEqual(await images.inspect(tiff));
  });

  it('is unknown where it is more than is allowed, and of other formats', async () => {
    const jpeg = await made(8).jpeg().toBuffer();
    expect(expectedLoad(jpeg, 0.06)).toBe(0.06);
    expect(expectedLoad(jpeg, 0.0599)).toBeUndefined();
    expect(expectedLoad(await made(8).webp().toBuffer(), MAX)).toBeUndefined();
  });

  it('is unknown where a file is cut off before it', async () => {
    const [jpeg, png] = await Promise.all([made(8).jpeg().toBuffer(), made(8).png().toBuffer()]);
    const frame = jpeg.indexOf(Buffer.of(0xff, 0xc0));
    for (let end = 0; end < frame + 9; end++)
      expect(expectedLoad(jpeg.subarray(0, end), MAX)).toBeUndefined();
    for (let end = 0; end < 26; end++) expect(expectedLoad(png.subarray(0, end), MAX)).toBeUndefined();
  });

  it('is unknown behind more segments than a photo has', async () => {
    const jpeg = await made(8).jpeg().toBuffer();
    const behind = (count: number) =>
      Buffer.concat([jpeg.subarray(0, 2), Buffer.from('fffe0002'.repeat(count), 'hex'), jpeg.subarray(2)]);
    expect(expectedLoad(behind(50), MAX)).toBe(0.06);
    expect(expectedLoad(behind(64), MAX)).toBeUndefined();
  });
});
