/**
 * `npm run bench -- edge [--photos DIR]`: what it saves to keep photos on the device, and what that costs. Each photo goes through
 * the page in a real browser and the whole local stack twice: sent whole, and kept.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { ensureVenv } from '../../local/aws/venv.ts';
import { browserOptions, ensureBrowser } from '../browser/ensure.ts';
import { command } from '../../common/command.ts';
import { localPath } from '../../common/environment.ts';
import { findPhotos } from '../../local/run/photos.ts';
import { startStack } from '../../local/run/stack.ts';
import { lines, missed, rowOf, type Row } from './edge-report.ts';
import { uploadOnPage, type PageUpload } from './page-upload.ts';
import { cameraPhoto, photo } from './photos.ts';

const STAND_IN_SECONDS = 0.2;
/** What browsers show. */
const SHOWN = /\.(jpe?g|png|webp)$/i;
interface Named {
  name: string;
  ending: string;
  read: () => Promise<Buffer>;
}

const sample = (name: string, read: () => Promise<Buffer>): Named => ({ name, ending: '.jpg', read });
const SAMPLES: Named[] = [
  ...[1, 3, 12, 24].map((megapixels, k) => sample(`scan, ${megapixels} MP`, () => photo(k, megapixels))),
  sample("camera's file, 12 MP", () => cameraPhoto(4, 12)),
];

async function ownPhotos(folder: string): Promise<Named[]> {
  const { photos } = await findPhotos(folder);
  return photos
    .filter(({ name }) => SHOWN.test(name))
    .map((one) => ({
      name: one.name,
      ending: extname(one.name).toLowerCase(),
      read: () => one.read(),
    }));
}

export const main = (args: string[]): Promise<number> =>
  command('npm run bench -- edge', async ({ abort, scope, progress }) => {
    const { values } = parseArgs({ args, options: { photos: { type: 'string' } } });
    const photos = values.photos === undefined ? SAMPLES : await ownPhotos(values.photos);
    const say = (line: string) => progress.print(line);
    const python = await ensureVenv(abort, say);
    const found = await ensureBrowser(abort, say);
    const folder = mkdtempSync(localPath('edge-'));
    await scope.defer(() => rmSync(folder, { recursive: true, force: true }));
    const { apiUrl } = await startStack({
      stage: 'local',
      comfyui: undefined,
      python,
      abort,
      scope,
      say,
      onWorkerLine: () => undefined,
      standInSeconds: STAND_IN_SECONDS,
    });
    if (apiUrl === undefined) throw new Error('the stage has no gateway');
    const browser = await chromium.launch({
      ...browserOptions(found),
      handleSIGINT: false,
      handleSIGTERM: false,
      handleSIGHUP: false,
    });
    await scope.defer(() => browser.close());

    const file = (k: number) => join(folder, `${k}${photos[k]?.ending ?? '.jpg'}`);
    const bodies = await Promise.all(photos.map(({ read }) => read()));
    bodies.forEach((body, k) => writeFileSync(file(k), body));
    say('A photo to warm up: the scaler wakes at the start of the next minute, and an instance boots.');
    writeFileSync(join(folder, 'warm-up.jpg'), await photo(9, 1));
    await uploadOnPage(browser, apiUrl, join(folder, 'warm-up.jpg'), 'here');
    // One after the other, without a break in which the fleet could go.
    const trips: [PageUpload, PageUpload][] = [];
    for (const [k, { name }] of photos.entries()) {
      say(`${name}, ${(bodies[k]!.length / 1e6).toFixed(1)} MB`);
      const whole = await uploadOnPage(browser, apiUrl, file(k), 'whole');
      trips.push([whole, await uploadOnPage(browser, apiUrl, file(k), 'here')]);
    }
    const rows: Row[] = [];
    for (const [k, { name }] of photos.entries()) rows.push(await rowOf(name, bodies[k]!, trips[k]!));
    say('');
    for (const line of lines(rows)) say(line);
    const misses = missed(rows);
    for (const miss of misses) say(`missed: ${miss}`);
    return misses.length === 0 ? 0 : 1;
  });
