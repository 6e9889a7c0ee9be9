/** Photos for the page, and checks of their results. */
import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { expect } from 'vitest';
import { difference } from '../../../../tools/bench/ciede2000.ts';
import { photo } from '../../../../tools/bench/photos.ts';
import type { UploadFile } from './browser.ts';

/** Grey photos in turn as JPEG, PNG and a rotated JPEG with EXIF metadata. @param megapixels of each */
export const makeAlbum = (count: number, megapixels: number): Promise<UploadFile[]> =>
  Promise.all(
    Array.from({ length: count }, async (_, k): Promise<UploadFile> => {
      const jpeg = await photo(k, megapixels);
      if (k % 3 === 1)
        return { name: `${k}.png`, mimeType: 'image/png', buffer: await sharp(jpeg).png().toBuffer() };
      if (k % 3 === 2) {
        const buffer = await sharp(jpeg)
          .jpeg({ quality: 90 })
          .withMetadata({ orientation: 6 })
          .withExifMerge({ IFD0: { Make: 'Leica' } })
          .toBuffer();
        return { name: `rotated ${k}.jpg`, mimeType: 'image/jpeg', buffer };
      }
      return { name: `${k}.jpg`, mimeType: 'image/jpeg', buffer: jpeg };
    }),
  );

/** Files of the page's ZIP download, by name. */
export async function downloadZip(page: Page): Promise<Map<string, Buffer>> {
  const download = page.waitForEvent('download');
  await page.click('#zip');
  const files = unzipSync(readFileSync(await (await download).path()));
  return new Map(Object.entries(files).map(([name, body]) => [name, Buffer.from(body)]));
}

/** Pixels in the orientation in which a viewer shows them. */
export const uprightPixels = (body: Buffer) =>
  sharp(body).autoOrient().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });

/** The result has the photo's format, size and lightness, and has colours. */
export async function expectColoured({ buffer, mimeType, name }: UploadFile, result: Buffer): Promise<void> {
  expect((await sharp(result).metadata()).format, name).toBe(mimeType.replace('image/', ''));
  const [before, after] = await Promise.all([uprightPixels(buffer), uprightPixels(result)]);
  expect([after.info.width, after.info.height], name).toEqual([before.info.width, before.info.height]);
  const luma = (data: Buffer, p: number) => 0.2126 * data[p]! + 0.7152 * data[p + 1]! + 0.0722 * data[p + 2]!;
  let [difference, colour] = [0, 0];
  const pixels = before.data.length / 3;
  for (let p = 0; p < before.data.length; p += 3) {
    difference += Math.abs(luma(before.data, p) - luma(after.data, p));
    colour += Math.abs(after.data[p]! - after.data[p + 2]!);
  }
  // Luma is not lightness: colours that keep lightness change luma a little.
  expect(difference / pixels, name).toBeLessThan(12);
  expect(colour / pixels, name).toBeGreaterThan(10);
}

/** Two results of a photo have the same colours, within the limits of CIEDE2000 in docs/measurements.md. */
export async function expectSameColours(name: string, one: Buffer, other: Buffer): Promise<void> {
  const [ours, theirs] = await Promise.all([uprightPixels(one), uprightPixels(other)]);
  const { mean, p99 } = difference(ours.data, theirs.data);
  expect(mean, name).toBeLessThan(1);
  expect(p99, name).toBeLessThan(6);
}
