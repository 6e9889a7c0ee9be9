/** Metadata of results as exiv2 and Pillow read it, in every format and byte order, and of a scan of 16 bits with its profile. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { runToEnd } from '../../common/processes.ts';
import { ensurePackages } from '../../local/aws/venv.ts';
import { CAPTION, HEIGHT, photoWithMetadata, WIDTH } from './support/photos-with-metadata.ts';
import { resultOf } from './support/results.ts';

const READERS = join(import.meta.dirname, '..', '..', 'tools', 'readers');
const FILES = [
  ...(['jpeg', 'png', 'webp', 'tiff'] as const).flatMap((format) =>
    [true, false].map((little) => ({ format, little, bits: 8 as const })),
  ),
  { format: 'tiff', little: true, bits: 16 } as const,
  { format: 'tiff', little: false, bits: 16 } as const,
];

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
  it('is what the photos say', { timeout: 300_000 }, async () => {
    const abort = new AbortController().signal;
    const requirements = join(READERS, 'requirements.txt');
    const python = await ensurePackages(
      { requirements, folder: 'readers', name: 'readers' },
      abort,
      () => {},
    );
    const folder = mkdtempSync(join(tmpdir(), 'metadata-'));
    const paths: string[] = [];
    for (const { format, little, bits } of FILES) {
      const { file } = await resultOf(await photoWithMetadata(format, little, [3, 6], bits));
      paths.push(join(folder, `${little ? 'le' : 'be'}${bits}.${format}`));
      writeFileSync(paths.at(-1)!, file);
    }
    const { code, output } = await runToEnd(python, ['-W', 'ignore', join(READERS, 'read.py'), ...paths], {
      abort,
    });
    expect([code, output.split('\n').length]).toEqual([0, FILES.length + 1]);
    for (const [k, { format, bits }] of FILES.entries()) {
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
      expect((await sharp(readFileSync(paths[k]!)).metadata()).depth).toBe(bits === 16 ? 'ushort' : 'uchar');
    }
  });
});
