/** Metadata of WebP files, with and without the extended header. */
import sharp, { type WebpOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import { Collection } from '../../../colour/metadata/metadata.ts';
import { readWebp, writeWebp } from '../../../colour/metadata/webp.ts';

const FACTS = { width: 6, height: 4, provenance: { source: 'v1', isColoured: true } };
const EXIF = Uint8Array.from(Buffer.from('MM\0*\0\0\0\x08\0\0\0\0\0\0', 'latin1'));
const fileOf = (options: WebpOptions, alpha: number) =>
  sharp({ create: { width: 6, height: 4, channels: 4, background: { r: 200, g: 100, b: 50, alpha } } })
    .webp(options)
    .toBuffer();
const pixelsOf = (file: Buffer) => sharp(file).ensureAlpha().raw().toBuffer();

describe.each<[string, WebpOptions, number]>([
  ['lossy', {}, 1],
  ['lossless', { lossless: true }, 1],
  ['lossy and transparent', {}, 0.5],
  ['lossless and transparent', { lossless: true }, 0.5],
])('a %s file', (_kind, options, alpha) => {
  it('gets metadata, and keeps its size, transparency and pixels', async () => {
    const file = await fileOf(options, alpha);
    for (const exif of [EXIF, undefined]) {
      const made = Buffer.from(writeWebp(file, { exif, parts: [], turned: false }, FACTS));
      expect(await sharp(made).metadata()).toMatchObject({ width: 6, height: 4, hasAlpha: alpha < 1 });
      expect(await pixelsOf(made)).toEqual(await pixelsOf(file));
      const again = readWebp(made, new Collection());
      expect([again.exif, again.xmp?.text.includes('v1')]).toEqual([exif, true]);
      // Once only.
      expect(writeWebp(made, { exif, parts: [], turned: false }, FACTS)).toEqual(Uint8Array.from(made));
    }
  });
});

it('is read no further than a chunk that is cut off', async () => {
  const whole = writeWebp(await fileOf({}, 1), { exif: EXIF, parts: [], turned: false }, FACTS);
  const collection = new Collection();
  expect(readWebp(whole.subarray(0, -5), collection)).toMatchObject({ exif: EXIF });
  expect(readWebp(whole.subarray(0, 10), collection)).toEqual({ parts: [], turned: false });
});
