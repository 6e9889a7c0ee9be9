/** The page of an open stage in a real browser: photos in, results out, by keys, in two languages. */
import { mkdirSync } from 'node:fs';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localPath } from '../../../../common/environment.ts';
import { Scope } from '../../../../common/scope.ts';
import { downloadZip, expectColoured, expectSameColours, makeAlbum } from '../support/album.ts';
import {
  accessibilityViolations,
  chooseFiles,
  dropOrPaste,
  expectSteps,
  screenshot,
  uploads,
  visit,
  type UploadFile,
} from '../support/browser.ts';
import { startColouringWorker, type ColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';
import { pageOptionTests } from './page-options.ts';

const KEEP_ORIGINAL = '.switch';
const COUNT = 3;

let worker: ColouringWorker;
let album: UploadFile[];
/** Results of the service by name, to compare with those of the browser. */
let serverResults: Map<string, Buffer>;

const open = (options?: Parameters<typeof visit>[2]) => visit(deployed.browser, deployed.open.url, options);
const all = (step: string) => Array<string>(COUNT).fill(step);
/** By keys and by pointer. */
async function moveSlider(page: Page): Promise<void> {
  const slider = page.locator('.compare input').first();
  const frame = page.locator('.compare').first();
  const at = () => frame.evaluate((box) => box.style.getPropertyValue('--at'));
  await slider.focus();
  await page.keyboard.press('Home');
  expect(await at()).toBe('0%');
  await page.keyboard.press('End');
  expect(await at()).toBe('100%');
  const box = (await slider.boundingBox())!;
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
  expect(Math.abs(parseFloat(await at()) - 25)).toBeLessThan(4);
}

export function pageTests(): void {
  const scope = new Scope();
  beforeAll(async () => {
    mkdirSync(localPath('page', '.'), { recursive: true });
    album = await makeAlbum(COUNT, 0.6);
    worker = await startColouringWorker(deployed.open, scope);
  });
  afterAll(() => scope.close());

  it('uploads photos, shows their progress and downloads the results', async () => {
    const visited = await open();
    const { page, requests, errors } = visited;
    expect(await accessibilityViolations(page)).toEqual([]);
    await screenshot(page, 'empty');
    worker.paused = true;
    await page.click(KEEP_ORIGINAL);
    await chooseFiles(page, album);
    await expectSteps(page, all('waiting'));
    const progress = await page.$$eval('[role=progressbar]', (bars) =>
      bars.map((bar) => Number(bar.getAttribute('aria-valuenow'))),
    );
    expect(Math.min(...progress)).toBeGreaterThanOrEqual(30);
    await page.waitForFunction(() => /about \d+ s/.test(document.querySelector('.state')?.textContent ?? ''));
    expect(await accessibilityViolations(page)).toEqual([]);
    await screenshot(page, 'waiting');

    worker.paused = false;
    await expectSteps(page, all('succeeded'));
    expect(await page.textContent('#count')).toBe('3 of 3 photos coloured');
    const sizes = album.map(({ buffer }) => buffer.length);
    expect((await uploads(visited)).toSorted()).toEqual(sizes.toSorted());
    serverResults = await downloadZip(page);
    expect([...serverResults.keys()].sort()).toEqual(album.map(({ name }) => name).sort());
    for (const one of album) await expectColoured(one, serverResults.get(one.name)!);
    await moveSlider(page);
    await screenshot(page, 'done');
    expect(await accessibilityViolations(page)).toEqual([]);
    const origins = new Set(requests.map((one) => new URL(one.url()).origin));
    expect([...origins]).toEqual([new URL(deployed.open.url).origin]);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('colours originals that stay on the device as the service does', async () => {
    const visited = await open();
    const { page, errors } = visited;
    await chooseFiles(page, album);
    await expectSteps(page, all('succeeded'));
    const sent = await uploads(visited);
    expect(sent).toHaveLength(COUNT);
    expect(Math.max(...sent)).toBeLessThan(100_000);
    const results = await downloadZip(page);
    for (const one of album) {
      const result = results.get(one.name)!;
      await expectColoured(one, result);
      await expectSameColours(one.name, result, serverResults.get(one.name)!);
    }
    const rotated = await sharp(results.get('rotated 2.jpg')).metadata();
    expect([rotated.orientation, rotated.exif?.includes('Leica')]).toEqual([1, true]);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('says why a file failed, and uploads the original on request', async () => {
    const { page } = await open();
    const truncated = album[0]!.buffer.subarray(0, 3000);
    const tiff = await sharp(album[0]!.buffer).tiff().toBuffer();
    await chooseFiles(page, [
      { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear grandmother,') },
      { name: 'empty.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
      { name: 'truncated.png', mimeType: 'image/png', buffer: truncated },
      { name: 'scan.tif', mimeType: 'image/tiff', buffer: tiff },
      { name: 'scan 2.tif', mimeType: 'image/tiff', buffer: tiff },
      // As telephones name HEIC when they send it on.
      {
        name: 'telephone.jpg',
        mimeType: 'image/jpeg',
        buffer: Buffer.from('\0\0\0\x18ftypheic\0\0\0\0', 'latin1'),
      },
      { name: 'IMG_1.HEIC', mimeType: 'image/heic', buffer: Buffer.from('\0\0\0\x18ftypheic', 'latin1') },
      album[0]!,
    ]);
    await expectSteps(page, [...Array<string>(7).fill('failed'), 'succeeded']);
    const states = await page.$$eval('.state', (all) => all.map(({ textContent }) => textContent));
    expect(states[0]).toContain('file type is not supported');
    expect(states[1]).toContain('is empty');
    expect(states[2]).toContain('cannot read the file');
    expect(states[3]).toContain('cannot read the file');
    expect(states[6]).toContain('Use JPEG, PNG, WebP, TIFF or AVIF');
    await page.getByRole('button', { name: 'Upload the original: scan.tif' }).click();
    await page.getByRole('button', { name: 'Upload 3 originals' }).click();
    await page.waitForFunction(() =>
      document.querySelectorAll('.state')[2]?.textContent?.includes('damaged, incomplete'),
    );
    await expectSteps(page, [
      ...['failed', 'failed', 'failed', 'succeeded', 'succeeded', 'failed', 'failed'],
      'succeeded',
    ]);
    expect(await page.isHidden('#send-originals')).toBe(true);
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.context().close();
  });

  it('takes dropped and pasted photos, retries a failed one and removes all', async () => {
    const { page } = await open();
    const { buffer } = album[0]!;
    await dropOrPaste(page, 'drop', buffer);
    await dropOrPaste(page, 'paste', buffer);
    await expectSteps(page, ['succeeded', 'succeeded']);
    await page.route('**/photos', (route) => route.fulfill({ status: 403, json: { message: 'Forbidden' } }));
    await chooseFiles(page, [album[0]!]);
    await expectSteps(page, ['succeeded', 'succeeded', 'failed']);
    await page.unroute('**/photos');
    await page.getByRole('button', { name: /^Retry:/ }).click();
    await expectSteps(page, ['succeeded', 'succeeded', 'succeeded']);
    // The browser keeps them, until they are removed.
    await page.reload();
    await expectSteps(page, ['succeeded', 'succeeded', 'succeeded']);
    await page.click('#clear');
    await page.click('#loss-remove');
    await expectSteps(page, []);
    expect(await page.isHidden('#photos')).toBe(true);
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    expect(await page.locator('.card').count()).toBe(0);
    await page.context().close();
  });

  pageOptionTests(() => ({ worker, photo: album[0]! }));

  it('works by keyboard', async () => {
    const { page } = await open();
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const chooser = page.waitForEvent('filechooser');
    for (let k = 0; k < 5 && (await focused()) !== 'choose'; k++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([album[0]!]);
    await expectSteps(page, ['succeeded']);
    expect(await page.textContent('#live')).toBe('0.jpg is coloured. 1 of 1 finished.');
    await page.getByRole('button', { name: /^Enlarge/ }).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('dialog[open]').count()).toBe(1);
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.context().close();
  });

  it('has Chinese texts and a dark theme, and fits a phone', async () => {
    const { page, errors } = await open({
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
      locale: 'zh-CN',
      colorScheme: 'dark',
    });
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    expect(await page.textContent('h1')).toBe('为老照片上色');
    expect(await page.isVisible('#camera')).toBe(true);
    await chooseFiles(page, album.slice(0, 2));
    await expectSteps(page, ['succeeded', 'succeeded']);
    const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
    expect(await fits()).toBe(true);
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.evaluate(() => window.scrollTo(0, 0));
    await screenshot(page, 'phone');
    // Turned, and a screen of 1,280 x 1,024 pixels at 400 %.
    for (const [width, height] of [
      [844, 390],
      [320, 256],
    ] as const) {
      await page.setViewportSize({ width, height });
      expect(await fits()).toBe(true);
      await page.locator('.card button', { hasText: '放大' }).first().click();
      const close = (await page.locator('#viewer-close').boundingBox())!;
      expect(close.x + close.width <= width && close.y + close.height <= height).toBe(true);
      await page.click('#viewer-close');
    }
    await page.selectOption('#language', 'en');
    expect(await page.textContent('h1')).toBe('Colour old photos');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await background();
    await page.selectOption('#theme', 'light');
    expect(await background()).not.toBe(dark);
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });
}
