/** Which photos of the corpus browsers decode otherwise than the service. */
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { decodesAsTheService } from '../../../../lambda/gateway/page/decoding.ts';
import { asItsBytesSay } from '../../../../lambda/gateway/page/file-type.ts';
import { contentOf, formatOf, manifest } from '../../../../tools/corpus/manifest.ts';

const photos = manifest().filter(
  (row) => row.outcome === 'succeeded' && ['jpeg', 'png', 'webp'].includes(formatOf(row)),
);
/** Right in the full test of the page, with Chromium, only if these are sent. */
const SENT = [
  ...['cmyk', 'ycck', 'cmyk-icc', 'ycck-icc'].map((name) => `jpeg/${name}.jpg`),
  ...['byte', 'long', 'signed-short', 'signed-long'].map((name) => `jpeg/orientation-${name}.jpg`),
  ...['rgb16-gama1', 'rgb16-p3', 'rgb16-adobe', 'rgb16-wide', 'rgb16-scanner', 'rgb16-broken-icc'].map(
    (name) => `png/${name}.png`,
  ),
  'png/exif-gps-turned.png',
  ...['exif-turned', 'exif-prefixed', 'orientation-byte'].map((name) => `webp/${name}.webp`),
];

it('the page sends CMYK, tones of RGB in 16 bits, and orientations that browsers do not follow', async () => {
  const sent: string[] = [];
  for (const row of photos) {
    const file = new Blob([Uint8Array.from(contentOf(row))], { type: `image/${formatOf(row)}` });
    if (!(await decodesAsTheService(file))) sent.push(row.file);
  }
  expect(sent).toEqual(SENT);
});

it('goes by the bytes of a file, whatever its name says', async () => {
  const rows = manifest().filter(({ outcome }) => outcome === 'succeeded');
  const said = (type: string) =>
    Promise.all(
      rows.map(
        async (row) => (await asItsBytesSay(new Blob([Uint8Array.from(contentOf(row))], { type }))).type,
      ),
    );
  const formats = rows.map((row) => `image/${formatOf(row)}`);
  expect(await said('image/jpeg')).toEqual(formats);
  expect(await said('')).toEqual(formats);
  const other = await asItsBytesSay(new Blob(['<svg>'], { type: 'image/svg+xml' }));
  expect(other.type).toBe('image/svg+xml');
});

it('the page sends every TIFF', async () => {
  expect(await decodesAsTheService(new Blob(['II*\0'], { type: 'image/tiff' }))).toBe(false);
});

it('the page sends what is brighter than white', async () => {
  const png = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'grey' } })
    .png()
    .toBuffer();
  const withTransfer = (code: number) => {
    const chunk = Buffer.from([0, 0, 0, 4, ...Buffer.from('cICP'), 9, code, 0, 1, 0, 0, 0, 0]);
    const file = Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)]);
    return decodesAsTheService(new Blob([Uint8Array.from(file)], { type: 'image/png' }));
  };
  // sRGB, PQ, HLG.
  expect(await Promise.all([13, 16, 18].map(withTransfer))).toEqual([true, false, false]);
});
