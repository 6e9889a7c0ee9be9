/**
 * `npm run bench -- edge [--photos DIR]`: traffic and CPU time of photos that stay on the device, compared with photos that are
 * uploaded whole. Each photo is sent by both methods, through the page in a real browser and the local stack.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { chromium } from 'playwright-core';
import { browserOptions, ensureBrowser } from '../browser/ensure.ts';
import { command } from '../../common/command.ts';
import { localPath } from '../../common/environment.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { startLocalStage } from './local-stage.ts';
import { lines, missed, rowOf, type Row } from './edge-report.ts';
import { uploadOnPage, type PageUpload } from './page-upload.ts';
import { cameraPhoto, photo } from './photos.ts';

const STAND_IN_SECONDS = 0.2;
/** Formats that browsers decode. */
const DECODED = /\.(jpe?g|png|webp)$/i;
interface BenchPhoto {
  name: string;
  extension: string;
  read: () => Promise<Buffer>;
}

const sample = (name: string, read: () => Promise<Buffer>): BenchPhoto => ({ name, extension: '.jpg', read });
const SAMPLES: BenchPhoto[] = [
  ...[1, 3, 12, 24].map((megapixels, k) => sample(`scan, ${megapixels} MP`, () => photo(k, megapixels))),
  sample('camera file, 12 MP', () => cameraPhoto(4, 12)),
];

async function photosIn(folder: string): Promise<BenchPhoto[]> {
  const { photos } = await findPhotos(folder);
  return photos
    .filter(({ name }) => DECODED.test(name))
    .map((one) => ({
      name: one.name,
      extension: extname(one.name).toLowerCase(),
      read: () => one.read(),
    }));
}

export const bench = (photosFolder: string | undefined): Promise<number> =>
  command('npm run bench -- edge', async ({ abort, scope, progress }) => {
    const photos = photosFolder === undefined ? SAMPLES : await photosIn(photosFolder);
    const say = (line: string) => progress.print(line);
    const found = await ensureBrowser(abort, say);
    const folder = mkdtempSync(localPath('edge-'));
    await scope.defer(() => rmSync(folder, { recursive: true, force: true }));
    const { apiUrl } = await startLocalStage(STAND_IN_SECONDS, {
      abort,
      scope,
      say,
    });
    const browser = await chromium.launch({
      ...browserOptions(found),
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    await scope.defer(() => browser.close());

    const file = (k: number) => join(folder, `${k}${photos[k]?.extension ?? '.jpg'}`);
    const bodies = await Promise.all(photos.map(({ read }) => read()));
    bodies.forEach((body, k) => writeFileSync(file(k), body));
    say('Warming up with one photo: an instance has to boot.');
    writeFileSync(join(folder, 'warm-up.jpg'), await photo(9, 1));
    await uploadOnPage(browser, apiUrl, join(folder, 'warm-up.jpg'), 'here');
    // Reports are computed after all uploads: without a pause, the fleet does not scale in.
    const uploads: [PageUpload, PageUpload][] = [];
    for (const [k, { name }] of photos.entries()) {
      say(`${name}, ${(bodies[k]!.length / 1e6).toFixed(1)} MB`);
      const whole = await uploadOnPage(browser, apiUrl, file(k), 'whole');
      uploads.push([whole, await uploadOnPage(browser, apiUrl, file(k), 'here')]);
    }
    const rows: Row[] = [];
    for (const [k, { name }] of photos.entries()) rows.push(await rowOf(name, bodies[k]!, uploads[k]!));
    say('');
    for (const line of lines(rows)) say(line);
    const misses = missed(rows);
    for (const miss of misses) say(`missed: ${miss}`);
    return misses.length === 0 ? 0 : 1;
  });
