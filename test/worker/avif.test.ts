/** AVIF is read and written: 8 and 10 bits, transparency, metadata, turned pictures. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { LocalImageProcessor } from '../../worker/imaging/image-processor.ts';
import { fixture } from './support/fixtures.ts';
import { workflow } from './support/stand-in-comfyui.ts';

const [WIDTH, HEIGHT] = [96, 64];
const tones = Buffer.from(
  Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => 40 + (i % WIDTH) + Math.floor(i / WIDTH)),
);
const photo = () =>
  sharp(tones, { raw: { width: WIDTH, height: HEIGHT, channels: 1 } }).toColourspace('srgb');

async function colour(file: Buffer) {
  const images = new LocalImageProcessor({ maxMegapixels: 1, path: 'chroma', workflow });
  const prepared = await images.prepare('one', file);
  const saved = await sharp({ create: { width: 512, height: 512, channels: 3, background: '#a66' } })
    .png()
    .toBuffer();
  return { prepared, ...(await images.finish('one', saved, 'etag-1')) };
}

describe('an AVIF', () => {
  it.each([
    [8, 8],
    [10, 10],
    [12, 10],
  ] as const)('of %i bits becomes one of %i, with its lightness', async (bitdepth, bits) => {
    const file = await photo().avif({ lossless: true, effort: 0, bitdepth }).toBuffer();
    const { prepared, file: result } = await colour(file);
    expect(prepared).toMatchObject({ format: 'avif', path: 'chroma' });
    expect(await sharp(result).metadata()).toMatchObject({
      ...{ mediaType: 'image/avif', width: WIDTH, height: HEIGHT, bitsPerSample: bits, hasProfile: true },
      channels: 3,
    });
    const grey = await sharp(result).toColourspace('b-w').raw().toBuffer();
    const mean = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(Math.abs(mean(grey) - mean(tones))).toBeLessThan(3);
  });

  it('keeps transparency, EXIF and XMP, and says whose colours it has', async () => {
    const xmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:rights>Archive 12</dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>`;
    const file = await photo()
      .ensureAlpha(0.5)
      .withExif({ IFD0: { Artist: 'Ada Lovelace' } })
      .withXmp(xmp)
      .avif({ effort: 0 })
      .toBuffer();
    const { file: result, remarks } = await colour(file);
    const metadata = await sharp(result).metadata();
    expect(metadata).toMatchObject({ channels: 4, hasAlpha: true });
    expect(metadata.exif?.toString('latin1')).toContain('Ada Lovelace');
    expect(metadata.xmpAsString).toContain('Archive 12');
    expect(metadata.xmpAsString).toContain('etag-1');
    expect(remarks).toEqual([]);
    const { channels } = await sharp(result).stats();
    expect(Math.abs(channels[3]!.mean - 127)).toBeLessThan(3);
  });

  it('of a sequence keeps what its still picture says', async () => {
    const { remarks } = await colour(fixture('animated.avif'));
    expect(remarks).toEqual(['first-of-several']);
  });
});
