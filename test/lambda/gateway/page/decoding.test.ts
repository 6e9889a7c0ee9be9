/** Which photos of the corpus browsers decode otherwise than the service. */
import { expect, it } from 'vitest';
import { decodesAsTheService } from '../../../../lambda/gateway/page/decoding.ts';
import { contentOf, formatOf, manifest } from '../../../../tools/corpus/manifest.ts';

const photos = manifest().filter(
  (row) => row.outcome === 'succeeded' && ['jpeg', 'png', 'webp'].includes(formatOf(row)),
);
/** Right in the full test of the page, with Chromium, only if these are sent. */
const SENT = [
  ...['cmyk', 'ycck', 'cmyk-icc', 'ycck-icc'].map((name) => `jpeg/${name}.jpg`),
  ...['byte', 'long', 'signed-short', 'signed-long'].map((name) => `jpeg/orientation-${name}.jpg`),
  'png/exif-gps-turned.png',
  ...['exif-turned', 'exif-prefixed', 'orientation-byte'].map((name) => `webp/${name}.webp`),
];

it('the page sends CMYK, and orientations that browsers do not follow', async () => {
  const sent: string[] = [];
  for (const row of photos) {
    const file = new Blob([Uint8Array.from(contentOf(row))], { type: `image/${formatOf(row)}` });
    if (!(await decodesAsTheService(file))) sent.push(row.file);
  }
  expect(sent).toEqual(SENT);
});
