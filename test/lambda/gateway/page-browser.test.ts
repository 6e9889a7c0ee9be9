/**
 * The page in a real browser, through the deployed gateway of the whole local stack: photos in, colour out, in both ways; and
 * what it costs to keep the original on the device.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureVenv } from '../../../local/aws/venv.ts';
import { difference } from '../../../tools/bench/ciede2000.ts';
import { photo } from '../../../tools/bench/photos.ts';
import { localPath } from '../../../common/environment.ts';
import { startStack, type LocalStack } from '../../../local/run/stack.ts';
import { Scope } from '../../../common/scope.ts';
import { findings, settled, startBrowser, steps, visit, type Upload, type Visit } from './support/browser.ts';

const COUNT = 20;
/** The deployed schedule fires at the start of a minute, and a fleet has to boot. */
const PATIENCE_MS = 240_000;
const ORIGINAL = '.switch';
const scope = new Scope();
let stack: LocalStack;
let browser: Browser;
let album: Upload[];
/** The same photos through the service alone, by name: what the browser's part is compared with. */
const coloured = new Map<string, Buffer>();

const url = () => stack.apiUrl ?? '';
const picture = (name: string) => localPath('page', name);

async function makeAlbum(): Promise<Upload[]> {
  return Promise.all(
    Array.from({ length: COUNT }, async (_, k): Promise<Upload> => {
      const jpeg = await photo(k, k === 0 ? 12 : 0.6);
      if (k % 5 === 1)
        return { name: `${k}.png`, mimeType: 'image/png', buffer: await sharp(jpeg).png().toBuffer() };
      if (k % 5 === 2) {
        const buffer = await sharp(jpeg)
          .jpeg({ quality: 90 })
          .withMetadata({ orientation: 6 })
          .withExifMerge({ IFD0: { Make: 'Leica' } })
          .toBuffer();
        return { name: `turned ${k}.jpg`, mimeType: 'image/jpeg', buffer };
      }
      return { name: `${k}.jpg`, mimeType: 'image/jpeg', buffer: jpeg };
    }),
  );
}

beforeAll(async () => {
  mkdirSync(picture('.'), { recursive: true });
  const abort = new AbortController().signal;
  const python = await ensureVenv(abort, console.log);
  const made = makeAlbum();
  stack = await startStack({
    stage: 'local',
    comfyui: undefined,
    python,
    abort,
    scope,
    say: () => undefined,
    onWorkerLine: () => undefined,
    standInSeconds: 0.2,
  });
  browser = await startBrowser(scope);
  album = await made;
}, 120_000);
afterAll(() => scope.close());

const sentTo = ({ asked }: Visit) => asked.filter(({ method }) => method === 'PUT');
const choose = (page: Page, files: Upload[]) => page.setInputFiles('#files', files);

/** What the page hands over as one file. */
async function unpacked(page: Page): Promise<Map<string, Buffer>> {
  const waiting = page.waitForEvent('download');
  await page.click('#zip');
  const path = await (await waiting).path();
  return new Map(
    Object.entries(unzipSync(readFileSync(path))).map(([name, body]) => [name, Buffer.from(body)]),
  );
}

/** Pixels of a file as people see it. */
const upright = (body: Buffer) =>
  sharp(body).autoOrient().toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });

/** The result has the photo's size, its lightness, and colours that it had not. */
async function expectColoured(before: Buffer, after: Buffer, format: string): Promise<void> {
  expect((await sharp(after).metadata()).format).toBe(format);
  const [one, other] = await Promise.all([upright(before), upright(after)]);
  expect([other.info.width, other.info.height]).toEqual([one.info.width, one.info.height]);
  const grey = (data: Buffer, p: number) => 0.2126 * data[p]! + 0.7152 * data[p + 1]! + 0.0722 * data[p + 2]!;
  let [apart, chroma] = [0, 0];
  const pixels = one.data.length / 3;
  for (let p = 0; p < one.data.length; p += 3) {
    apart += Math.abs(grey(one.data, p) - grey(other.data, p));
    chroma += Math.abs(other.data[p]! - other.data[p + 2]!);
  }
  // Luma is not lightness: colours that keep the one move the other a little.
  expect(apart / pixels).toBeLessThan(12);
  expect(chroma / pixels).toBeGreaterThan(10);
}

const formatOf = ({ mimeType }: Upload) => mimeType.replace('image/', '');

describe('the page', () => {
  it('colours 20 photos that are sent whole, shows how far they are, and hands them over', async () => {
    const visited = await visit(browser, url());
    const { page, asked, complaints } = visited;
    expect(await findings(page)).toEqual([]);
    await page.screenshot({ path: picture('empty.png') });
    await page.click(ORIGINAL);
    await choose(page, album);
    expect(await page.locator('.card').count()).toBe(COUNT);
    await page.waitForFunction(
      () => document.querySelectorAll('[data-step=waiting]').length === 20,
      undefined,
      {
        timeout: PATIENCE_MS,
      },
    );
    expect(await findings(page)).toEqual([]);
    const parts = () =>
      page.$$eval('[role=progressbar]', (bars) =>
        bars.map((bar) => Number(bar.getAttribute('aria-valuenow'))),
      );
    const early = await parts();
    expect(Math.min(...early)).toBeGreaterThanOrEqual(30);
    // The service says how long it will be once its scaler has looked.
    await page.waitForFunction(
      () => [...document.querySelectorAll('.state')].some(({ textContent }) => /\d+ s|min/.test(textContent)),
      undefined,
      { timeout: PATIENCE_MS },
    );
    await page.screenshot({ path: picture('waiting.png') });
    expect(await settled(page, PATIENCE_MS)).toEqual(Array<string>(COUNT).fill('succeeded'));
    expect(await page.textContent('#count')).toBe('20 of 20 photos done');

    const sent = sentTo(visited).map(({ bytes }) => bytes);
    expect(sent.toSorted()).toEqual(album.map(({ buffer }) => buffer.length).toSorted());
    for (const [name, body] of await unpacked(page)) coloured.set(name, body);
    expect([...coloured.keys()].sort()).toEqual(album.map(({ name }) => name).sort());
    for (const one of album) await expectColoured(one.buffer, coloured.get(one.name)!, formatOf(one));

    await moveSlider(page);
    await page.screenshot({ path: picture('done.png'), fullPage: false });
    expect(await findings(page)).toEqual([]);
    const origins = new Set(asked.map((one) => new URL(one.url).origin));
    expect([...origins]).toEqual([new URL(url()).origin]);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('colours 20 photos that stay on the device, as the service would have', async () => {
    const visited = await visit(browser, url());
    const { page, complaints } = visited;
    await choose(page, album);
    expect(await settled(page, PATIENCE_MS)).toEqual(Array<string>(COUNT).fill('succeeded'));
    const sent = sentTo(visited).map(({ bytes }) => bytes);
    expect(sent).toHaveLength(COUNT);
    expect(Math.max(...sent)).toBeLessThan(100_000);
    const results = await unpacked(page);
    const differences: { name: string; mean: number; p99: number }[] = [];
    for (const one of album) {
      const result = results.get(one.name)!;
      await expectColoured(one.buffer, result, formatOf(one));
      const [here, there] = await Promise.all([upright(result), upright(coloured.get(one.name)!)]);
      const { mean, p99 } = difference(here.data, there.data);
      differences.push({ name: one.name, mean, p99 });
    }
    const turned = await sharp(results.get('turned 2.jpg')).metadata();
    expect([turned.orientation, turned.exif?.includes('Leica')]).toEqual([1, true]);
    for (const { name, mean, p99 } of differences) {
      expect(mean, name).toBeLessThan(1);
      expect(p99, name).toBeLessThan(6);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('sends at least 20 times fewer bytes of a 12-megapixel JPEG that stays on the device', async () => {
    const visited = await visit(browser, url());
    const { page } = visited;
    // A camera's own grain and quality: what such a file is made of.
    const { buffer } = album[0]!;
    await choose(page, [album[0]!]);
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded']);
    // All of it: the announcement, the questions and the small copy.
    const sent = visited.asked.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(buffer.length / sent).toBeGreaterThanOrEqual(20);
    await page.context().close();
  }, 300_000);

  it('says what is wrong with a file, and lets its user choose what to do', async () => {
    const { page } = await visit(browser, url());
    const torn = album[0]!.buffer.subarray(0, 3000);
    const tiff = await sharp(album[3]!.buffer).tiff().toBuffer();
    await choose(page, [
      { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Dear grandmother,') },
      { name: 'nothing.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(0) },
      { name: 'no picture.png', mimeType: 'image/png', buffer: torn },
      { name: 'scan.tif', mimeType: 'image/tiff', buffer: tiff },
    ]);
    expect(await settled(page, PATIENCE_MS)).toEqual(Array<string>(4).fill('failed'));
    const says = await page.$$eval('.state', (states) => states.map(({ textContent }) => textContent));
    expect(says[0]).toContain('not a photo that is taken here');
    expect(says[1]).toContain('empty');
    expect(says[2]).toContain('cannot read this file');
    expect(says[3]).toContain('cannot read this file');
    await page.getByRole('button', { name: 'Send the original: scan.tif' }).click();
    await page.getByRole('button', { name: 'Send the original: no picture.png' }).click();
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll<HTMLElement>('.card')].filter(
          ({ dataset }) => dataset.step === 'failed',
        ).length === 3,
      undefined,
      { timeout: PATIENCE_MS },
    );
    expect(await settled(page, PATIENCE_MS)).toEqual(['failed', 'failed', 'failed', 'succeeded']);
    expect(await page.locator('.state').nth(2).textContent()).toContain('damaged, cut off, or no picture');
    expect(await findings(page)).toEqual([]);
    await page.context().close();
  }, 300_000);

  it('takes photos that are dropped or pasted, tries again what was cut off, and lets go of what is removed', async () => {
    const { page } = await visit(browser, url());
    const small = [...album[3]!.buffer];
    for (const kind of ['drop', 'paste']) {
      await page.evaluate(
        ({ bytes, kind }) => {
          const data = new DataTransfer();
          data.items.add(new File([new Uint8Array(bytes)], `${kind}.jpg`, { type: 'image/jpeg' }));
          const event =
            kind === 'drop'
              ? new DragEvent('drop', { dataTransfer: data, cancelable: true })
              : new ClipboardEvent('paste', { clipboardData: data });
          window.dispatchEvent(event);
        },
        { bytes: small, kind },
      );
    }
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded', 'succeeded']);
    await page.route('**/photos', (route) => route.fulfill({ status: 403, json: { message: 'Forbidden' } }));
    await choose(page, [album[3]!]);
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded', 'succeeded', 'failed']);
    await page.unroute('**/photos');
    await page.getByRole('button', { name: /^Try again/ }).click();
    await page.waitForFunction(() => document.querySelectorAll('[data-step=done]').length === 3, undefined, {
      timeout: PATIENCE_MS,
    });
    await page.click('#clear');
    expect(await steps(page)).toEqual([]);
    expect(await page.isHidden('#photos')).toBe(true);
    await page.context().close();
  }, 300_000);

  it('can be used with keys alone', async () => {
    const { page } = await visit(browser, url());
    const focused = () => page.evaluate(() => document.activeElement?.id);
    const chooser = page.waitForEvent('filechooser');
    for (let k = 0; k < 5 && (await focused()) !== 'choose'; k++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await (await chooser).setFiles([album[3]!]);
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded']);
    expect(await page.textContent('#live')).toContain('is done');
    await page.getByRole('button', { name: /^Enlarge/ }).focus();
    await page.keyboard.press('Enter');
    expect(await page.locator('dialog[open]').count()).toBe(1);
    expect(await findings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.locator('dialog[open]').count()).toBe(0);
    await page.context().close();
  }, 300_000);

  it('speaks Chinese, turns dark and fits a phone', async () => {
    const phone = {
      viewport: { width: 390, height: 844 },
      isMobile: true,
      hasTouch: true,
      deviceScaleFactor: 2,
    };
    const { page, complaints } = await visit(browser, url(), {
      ...phone,
      locale: 'zh-CN',
      colorScheme: 'dark',
    });
    expect(await page.getAttribute('html', 'lang')).toBe('zh-CN');
    expect(await page.textContent('h1')).toBe('为老照片上色');
    expect(await page.isVisible('#camera')).toBe(true);
    await choose(page, album.slice(3, 6));
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await findings(page)).toEqual([]);
    await page.screenshot({ path: picture('phone.png') });
    await page.selectOption('#language', 'en');
    expect(await page.textContent('h1')).toBe('Colour for old photos');
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await back();
    await page.selectOption('#theme', 'light');
    expect(await back()).not.toBe(dark);
    expect(await findings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 300_000);
});

/** By keys, as a range is moved, and by pointer. */
async function moveSlider(page: Page): Promise<void> {
  const slider = page.getByRole('slider').first();
  const at = () =>
    page
      .locator('.compare')
      .first()
      .evaluate((box) => box.style.getPropertyValue('--at'));
  await slider.focus();
  await page.keyboard.press('Home');
  expect(await at()).toBe('0%');
  await page.keyboard.press('End');
  expect(await at()).toBe('100%');
  const box = (await slider.boundingBox())!;
  await page.mouse.click(box.x + box.width / 4, box.y + box.height / 2);
  expect(Math.abs(parseFloat(await at()) - 25)).toBeLessThan(4);
  await page.keyboard.press('ArrowRight');
}
