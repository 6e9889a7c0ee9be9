/**
 * Metadata of results as exiv2 and Pillow read it, in every format and byte order; of scans of 16 bits, with a scanner's profile and
 * without, the lightness of every pixel too.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../common/processes.ts';
import { ensurePackages } from '../../local/aws/venv.ts';
import { encoded } from '../../colour/srgb.ts';
import { fixture } from './support/fixtures.ts';
import { CAPTION, HEIGHT, photoWithMetadata, PIXELS_16, WIDTH } from './support/photos-with-metadata.ts';
import { resultOf } from './support/results.ts';
import { largest, lightnessOf, pixelsOf } from './support/sixteen-bits.ts';

const READERS = join(import.meta.dirname, '..', '..', 'tools', 'readers');
/** In the scanner's profile of 16-bit scans, values are those of light to the power of 1 / 1.8. */
const GAMMA = 1.8;
const FILES = [
  ...(['jpeg', 'png', 'webp', 'tiff'] as const).flatMap((format) =>
    [true, false].map((little) => ({ format, little, bits: 8, hasProfile: false }) as const),
  ),
  ...[true, false].flatMap((little) =>
    [true, false].map((hasProfile) => ({ format: 'tiff', little, bits: 16, hasProfile }) as const),
  ),
];

/** Lightness of the 16-bit scan, upright: it lies on its left side. */
const upright = (hasProfile: boolean): number[] =>
  Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const value = PIXELS_16[(HEIGHT - 1 - (i % HEIGHT)) * WIDTH + Math.floor(i / HEIGHT)]!;
    return hasProfile ? 65_535 * encoded((value / 65_535) ** GAMMA) : value;
  });

interface Read {
  exif: Record<string, string>;
  iptc: Record<string, string>;
  xmp: Record<string, unknown>;
  pillow: {
    mode: string;
    size: [number, number];
    artist: string;
    orientation: number;
    gps: Record<string, string>;
  };
}

describe('metadata of results, read by exiv2 and Pillow', () => {
  it('is what the photos say, and scans of 16 bits keep their lightness', { timeout: 300_000 }, async () => {
    const abort = new AbortController().signal;
    const requirements = join(READERS, 'requirements.txt');
    const python = await ensurePackages(
      { requirements, folder: 'readers', name: 'readers' },
      abort,
      () => {},
    );
    const folder = mkdtempSync(join(tmpdir(), 'metadata-'));
    const paths: string[] = [];
    const { icc } = await sharp(fixture('gray16_gg18.png')).metadata();
    for (const { format, little, bits, hasProfile } of FILES) {
      const profile = hasProfile ? icc : undefined;
      const { file } = await resultOf(await photoWithMetadata(format, little, [3, 6], bits, profile));
      paths.push(join(folder, `${paths.length}.${format}`));
      writeFileSync(paths.at(-1)!, file);
    }
    const { code, output } = await runToEnd(python, ['-W', 'ignore', join(READERS, 'read.py'), ...paths], {
      abort,
    });
    expect([code, output.split('\n').length]).toEqual([0, FILES.length + 1]);
    for (const [k, { format, bits, hasProfile }] of FILES.entries()) {
      const { exif, iptc, xmp, pillow } = JSON.parse(output.split('\n')[k]!) as Read;
      expect(exif).toMatchObject({
        ...{ 'Exif.Image.Artist': 'Opa', 'Exif.Image.Orientation': '1', 'Exif.Photo.LensModel': 'Elmar 50' },
        ...{ 'Exif.GPSInfo.GPSLatitude': '47/1 6/1 0/1', 'Exif.GPSInfo.GPSLongitude': '8/1 6/1 0/1' },
      });
      if (format !== 'webp')
        expect(iptc).toMatchObject({
          'Iptc.Application2.Caption': CAPTION,
          'Iptc.Application2.Keywords': ['lake'],
        });
      expect(xmp).toMatchObject({
        'Xmp.dc.description': { 'lang="x-default"': CAPTION },
        'Xmp.dc.source': 'Inventory 1931/77',
        'Xmp.iptcExt.DigitalSourceType':
          'http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced',
      });
      expect(pillow).toMatchObject({
        ...{ mode: 'RGB', size: [HEIGHT, WIDTH], artist: 'Opa', orientation: 1 },
        gps: { 1: 'N', 2: '(47.0, 6.0, 0.0)', 3: 'E', 4: '(8.0, 6.0, 0.0)' },
      });
      const file = readFileSync(paths[k]!);
      expect((await sharp(file).metadata()).depth).toBe(bits === 16 ? 'ushort' : 'uchar');
      if (bits === 8) continue;
      const difference = largest(lightnessOf(await pixelsOf(file)), upright(hasProfile));
      expect(difference).toBeLessThan(hasProfile ? 65_535 / 4096 : 2);
    }
  });
});
