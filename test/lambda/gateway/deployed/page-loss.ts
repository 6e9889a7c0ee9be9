/** The page of an open stage in a real browser: nothing is lost unasked, and foreign names, codes and outages show as they are. */
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scope } from '../../../../common/scope.ts';
import { downloadZip } from '../support/album.ts';
import {
  accessibilityViolations,
  chooseFiles,
  expectSteps,
  visit,
  type UploadFile,
} from '../support/browser.ts';
import { startColouringWorker, type ColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';

/** Names of files as people have them, and as nobody should. */
const LONG_NAMES = [
  'Großmutter bei der Donaudampfschifffahrtsgesellschaft, Regensburg, Pfingsten 1931 (Abzug 2).jpg',
  '祖母の写真アルバムより昭和二十年八月長崎の実家の庭にて家族全員で撮影した記念写真（修復前）.jpg',
  'صورة جدتي وجدي في حديقة المنزل القديم بالإسكندرية صيف عام ١٩٤٨ قبل السفر إلى القاهرة.jpg',
  `${'x'.repeat(116)}.jpg`,
  '👵🏽👨‍👩‍👧‍👦🎉🎂🏳️‍🌈'.repeat(8) + '.jpg',
  'Oma \u202egpj.jpg',
];

let worker: ColouringWorker;
let jpeg: Buffer;
const files = (names: string[]): UploadFile[] =>
  names.map((name) => ({ name, mimeType: 'image/jpeg', buffer: jpeg }));
const all = (count: number, step: string) => Array<string>(count).fill(step);
const states = (page: Page) => page.$$eval('.state', (found) => found.map(({ textContent }) => textContent));
const asks = (page: Page) => page.locator('#loss[open]').count();

/** Opens the page and sends files whole. */
async function openWith(names: string[], viewport = { width: 1280, height: 900 }): Promise<Page> {
  const { page } = await visit(deployed.browser, deployed.open.url, { viewport });
  await page.click('.switch');
  await chooseFiles(page, files(names));
  return page;
}

export function pageLossTests(): void {
  const scope = new Scope();
  beforeAll(async () => {
    jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } })
      .jpeg()
      .toBuffer();
    worker = await startColouringWorker(deployed.open, scope);
  });
  afterAll(() => scope.close());

  it('asks before it removes results that were not downloaded, by keyboard', async () => {
    const page = await openWith(['a.jpg', 'b.jpg']);
    await expectSteps(page, all(2, 'succeeded'));
    await page.focus('#clear');
    await page.keyboard.press('Enter');
    expect(await page.textContent('#loss-text')).toBe('2 results have not been downloaded.');
    expect(await page.getByRole('alertdialog', { name: 'Remove photos?' }).isVisible()).toBe(true);
    expect(await accessibilityViolations(page)).toEqual([]);
    // Enter and Escape keep, and the focus is where it was.
    const focused = () => page.evaluate(() => document.activeElement?.id);
    expect(await focused()).toBe('loss-keep');
    await page.keyboard.press('Enter');
    expect([await asks(page), await focused()]).toEqual([0, 'clear']);
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await expectSteps(page, all(2, 'succeeded'));

    await page.getByRole('button', { name: 'Remove: a.jpg' }).click();
    expect(await page.textContent('#loss-text')).toBe('1 result has not been downloaded.');
    await page.click('#loss-remove');
    await expectSteps(page, ['succeeded']);
    worker.paused = true;
    await chooseFiles(page, files(['c.jpg']));
    await expectSteps(page, ['succeeded', 'waiting']);
    await page.click('#clear');
    expect(await page.textContent('#loss-text')).toBe(
      '1 result has not been downloaded. 1 photo has no result yet.',
    );
    await page.click('#loss-keep');
    worker.paused = false;
    await expectSteps(page, all(2, 'succeeded'));
    // Nothing to lose: no question.
    await downloadZip(page);
    await page.waitForSelector('#zip:enabled');
    await page.click('#clear');
    await expectSteps(page, []);
    await page.context().close();
  }, 120_000);

  it('says that it is offline in the middle of an upload, and continues', async () => {
    const { page } = await visit(deployed.browser, deployed.open.url);
    await page.click('.switch');
    await page.route(
      (url) => url.searchParams.has('X-Amz-Signature'),
      // Never sent on: the upload is in its middle.
      () => undefined,
      { times: 1 },
    );
    const upload = page.waitForRequest((request) => request.method() === 'PUT');
    await chooseFiles(page, files(['a.jpg']));
    await upload;
    await page.context().setOffline(true);
    await page.waitForFunction(() => document.querySelector('.state')?.textContent?.startsWith('Offline'));
    expect(await page.textContent('#live')).toBe('Offline. Continues when the connection is back.');
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.context().setOffline(false);
    await expectSteps(page, ['succeeded']);
    await page.context().close();
  }, 120_000);

  it.each(process.env.FULL ? [360, 1280] : [360])(
    'shows long names in any script with their remove button at %i px',
    async (width) => {
      const page = await openWith(LONG_NAMES, { width, height: 760 });
      await expectSteps(page, all(LONG_NAMES.length, 'succeeded'));
      const cards = await page.$$eval('.card', (found) =>
        found.map((card) => {
          const [frame, button] = [card, card.querySelector('.head button')!].map((one) =>
            one.getBoundingClientRect(),
          ) as [DOMRect, DOMRect];
          const name = card.querySelector<HTMLElement>('.name')!;
          return {
            inside: button.left >= frame.left && button.right <= frame.right && button.width >= 24,
            oneLine: name.getBoundingClientRect().height < 40,
            ellipsis:
              name.scrollWidth > name.clientWidth && getComputedStyle(name).textOverflow === 'ellipsis',
            direction: getComputedStyle(name).direction,
          };
        }),
      );
      const long = { inside: true, oneLine: true, ellipsis: true, direction: 'ltr' };
      expect(cards).toEqual([
        long,
        long,
        { ...long, direction: 'rtl' },
        long,
        long,
        { ...long, ellipsis: false },
      ]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      expect((await page.textContent('.card:last-child .name'))!).toBe('Oma _gpj.jpg');
      expect(await accessibilityViolations(page)).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  // The rest is of the long form.
  if (!process.env.FULL) return;

  it('shows a code that it does not know by its message, and keeps working with foreign preferences', async () => {
    const { page, errors } = await visit(deployed.browser, deployed.open.url);
    await page.evaluate(() => {
      localStorage.setItem('language', 'constructor');
      localStorage.setItem('theme', '__proto__');
    });
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    expect(await page.textContent('h1')).toBe('Colour old photos');
    expect(await page.inputValue('#theme')).toBe('auto');
    await page.click('.switch');
    const failures = [
      ['a-newer-code', 'Too\u202e new.', 'Failed: Too\\u202e new.'],
      ['constructor', '', 'Failed: an unknown reason. Try again.'],
    ] as const;
    for (const [code, message, shown] of failures) {
      await page.route('**/photos/*', (route) => {
        const id = new URL(route.request().url()).pathname.split('/').at(-1);
        return route.fulfill({ json: { status: 'failed', id, name: 'x', code, message, retryable: false } });
      });
      await chooseFiles(page, files([`${code}.jpg`]));
      await page.waitForFunction(
        (text) => [...document.querySelectorAll('.state')].at(-1)?.textContent === text,
        shown,
      );
      await page.unrouteAll();
    }
    expect(await states(page)).toEqual(failures.map(([, , shown]) => shown));
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('writes no path into the ZIP file', async () => {
    const page = await openWith(['..\\..\\evil.jpg', '..:..:evil.jpg', 'CON.jpg', 'a?.jpg', 'A*.jpg']);
    await expectSteps(page, all(5, 'succeeded'));
    expect([...(await downloadZip(page)).keys()]).toEqual([
      '.._.._evil.jpg',
      '.._.._evil (2).jpg',
      '_CON.jpg',
      'a_.jpg',
      'A_ (2).jpg',
    ]);
    await page.context().close();
  }, 120_000);
}
