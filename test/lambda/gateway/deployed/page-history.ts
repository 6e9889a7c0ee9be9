/** The page in a real browser: what is left of its photos after a reload, in another tab, for another user, and without storage. */
import type { Page, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { localPath } from '../../../../common/environment.ts';
import { Scope } from '../../../../common/scope.ts';
import { downloadZip } from '../support/album.ts';
import {
  accessibilityViolations,
  bytesSent,
  chooseFiles,
  expectSteps,
  visit,
  type UploadFile,
} from '../support/browser.ts';
import { startColouringWorker, type ColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';
import { openSignIn, signIn } from '../support/sign-in.ts';

let worker: ColouringWorker;
let oma: UploadFile;
const named = (name: string) => ({ ...oma, name });
const open = (options = {}) => visit(deployed.browser, deployed.open.url, options);

async function reload(page: Page): Promise<void> {
  await page.reload();
  await page.waitForSelector('html[data-ready]');
}

const names = (page: Page) => page.$$eval('.name', (all) => all.map(({ textContent }) => textContent));

/** Number of photos and of files that the browser keeps for the page. */
const stored = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<number[]>((resolve, reject) => {
        const request = indexedDB.open(`photos ${location.pathname}`);
        request.onerror = () => reject(new Error('no database'));
        request.onsuccess = () => {
          const stores = ['photos', 'parts'].map((name) =>
            request.result.transaction(name).objectStore(name).count(),
          );
          const last = stores.at(-1)!;
          last.onsuccess = () => {
            request.result.close();
            resolve(stores.map(({ result }) => result));
          };
        };
      }),
  );

export function pageHistoryTests(): void {
  const scope = new Scope();
  beforeAll(async () => {
    const grey = sharp({ create: { width: 96, height: 64, channels: 3, background: '#777' } });
    oma = { name: 'Oma 1931.jpg', mimeType: 'image/jpeg', buffer: await grey.jpeg().toBuffer() };
    worker = await startColouringWorker(deployed.open, scope);
    await startColouringWorker(deployed.jwt, scope);
  });
  afterAll(() => scope.close());

  it('cancels a photo that waits and deletes one that is done, at the service too', async () => {
    const { page, requests, errors } = await open();
    worker.paused = true;
    await page.click('.switch');
    await chooseFiles(page, [oma, named('Opa.jpg')]);
    await expectSteps(page, ['waiting', 'waiting']);
    await page.getByRole('button', { name: 'Cancel: Oma 1931.jpg' }).click();
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 1);
    worker.paused = false;
    await expectSteps(page, ['succeeded']);
    await page.screenshot({ path: localPath('page', 'delete.png') });
    const erase = async () => {
      await page.getByRole('button', { name: 'Delete: Opa.jpg' }).click();
      // It is not downloaded.
      await page.click('#loss-remove');
    };
    // What the service refuses is said, and the photo stays.
    const refuse = (route: Route) =>
      route.request().method() === 'DELETE'
        ? route.fulfill({ status: 403, json: { code: 'unauthorized' } })
        : route.fallback();
    await page.route('**/photos/*', refuse);
    await erase();
    await page.waitForFunction(() =>
      document.querySelector('.state')!.textContent.includes('could not delete'),
    );
    await page.unroute('**/photos/*', refuse);
    await erase();
    await page.waitForFunction(() => document.querySelectorAll('.card').length === 0);
    expect(await stored(page)).toEqual([0, 0]);
    const deleted = new Set(requests.filter((one) => one.method() === 'DELETE').map((one) => one.url()));
    expect(deleted.size).toBe(2);
    for (const url of deleted) expect((await fetch(url)).status).toBe(404);
    expect(errors.filter((text) => !text.includes('403'))).toEqual([]);
    await page.context().close();
  });

  it('goes on after a reload with photos that wait, and has those that are done, with their looks', async () => {
    const { page, requests, errors } = await open();
    worker.paused = true;
    await chooseFiles(page, [oma]);
    await expectSteps(page, ['waiting']);
    await page.click('.switch');
    await chooseFiles(page, [named('sent whole.jpg')]);
    await expectSteps(page, ['waiting', 'waiting']);
    await reload(page);
    expect(await names(page)).toEqual(['Oma 1931.jpg', 'sent whole.jpg']);
    worker.paused = false;
    await expectSteps(page, ['succeeded', 'succeeded']);
    // Neither was sent again.
    expect(requests.filter((one) => one.method() === 'PUT').length).toBe(2);
    const results = await downloadZip(page);
    await page.waitForSelector('#zip:enabled');

    await reload(page);
    await expectSteps(page, ['succeeded', 'succeeded']);
    expect([...(await downloadZip(page))]).toEqual([...results]);
    await page.getByRole('button', { name: 'Compare looks: Oma 1931.jpg' }).click();
    await page.waitForFunction(() => document.querySelectorAll('#versions img').length === 3);
    await page.click('#versions-close');
    await expectSteps(page, ['succeeded', 'succeeded', 'succeeded']);
    // Three photos; the original of the two looks once, and none of the photo that the service has coloured.
    await expect.poll(() => stored(page)).toEqual([3, 1 + 2 * 4 + 3]);
    await reload(page);
    const src = await page.getAttribute('img.after', 'src');
    await page.locator('.strength input').first().fill('0');
    await page.waitForFunction(
      (old) => document.querySelector('img.after')!.getAttribute('src') !== old,
      src,
    );
    expect(await accessibilityViolations(page)).toEqual([]);
    const sent = requests.filter((one) => one.method() === 'PUT');
    expect(Math.max(...(await bytesSent(sent)))).toBeLessThan(400_000);
    expect(sent.length).toBe(3);

    await page.getByRole('button', { name: 'Remove: Oma 1931.jpg' }).first().click();
    await page.click('#loss-remove');
    await expect.poll(() => stored(page)).toEqual([2, 1 + 4 + 3]);
    await page.click('#clear');
    await page.click('#loss-remove');
    await expect.poll(() => stored(page)).toEqual([0, 0]);
    await reload(page);
    expect(await page.locator('.card').count()).toBe(0);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('works on a photo in one tab, which leaves it to another when it is closed, and removes it in both', async () => {
    const { page: first } = await open();
    worker.paused = true;
    await chooseFiles(first, [oma, named('b.jpg')]);
    await expectSteps(first, ['waiting', 'waiting']);
    const asked: string[] = [];
    const second = await first.context().newPage();
    second.on('request', (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`));
    await second.goto(deployed.open.url);
    await second.waitForSelector('html[data-ready]');
    await expectSteps(second, ['queued', 'queued']);
    await first.getByRole('button', { name: 'Remove: b.jpg' }).click();
    await expectSteps(second, ['queued']);
    worker.paused = false;
    // What the first tab has made of it.
    await expectSteps(second, ['succeeded']);
    expect(asked.filter((one) => one.includes('/photos/'))).toEqual([]);
    worker.paused = true;
    await chooseFiles(first, [named('c.jpg')]);
    await expectSteps(first, ['succeeded', 'waiting']);
    await second.reload();
    await expectSteps(second, ['succeeded', 'queued']);
    await first.close({ runBeforeUnload: false });
    await expectSteps(second, ['succeeded', 'waiting']);
    worker.paused = false;
    await expectSteps(second, ['succeeded', 'succeeded']);
    expect(asked.filter((one) => one.startsWith('P'))).toEqual([]);
    await second.context().close();
  }, 120_000);

  it('goes on with a photo of another tab whose state it cannot read', async () => {
    const { page: first } = await open();
    worker.paused = true;
    await chooseFiles(first, [oma]);
    await expectSteps(first, ['waiting']);
    const second = await first.context().newPage();
    await second.goto(deployed.open.url);
    await second.waitForSelector('html[data-ready]');
    await second.evaluate(() => {
      IDBObjectStore.prototype.get = () => {
        throw new DOMException('away', 'UnknownError');
      };
    });
    await first.close({ runBeforeUnload: false });
    worker.paused = false;
    await expectSteps(second, ['succeeded']);
    await second.context().close();
  }, 60_000);

  it('shows a photo once that is chosen before those of earlier pages are there', async () => {
    const { page } = await open();
    worker.paused = false;
    await page.addInitScript(`{
      const { postMessage } = Worker.prototype;
      Worker.prototype.postMessage = function (message) {
        const post = () => postMessage.call(this, message);
        if (message.kind === 'check') window.addEventListener('test-goes-on', post);
        else post();
      };
    }`);
    await page.reload();
    await page.waitForFunction(() => document.querySelector('#kept')!.textContent !== '');
    await chooseFiles(page, [oma]);
    await expect.poll(async () => (await stored(page))[0]).toBe(1);
    await page.evaluate(() => window.dispatchEvent(new Event('test-goes-on')));
    await page.waitForSelector('html[data-ready]');
    expect(await names(page)).toEqual(['Oma 1931.jpg']);
    await page.context().close();
  }, 60_000);

  it('shows a user’s photos to that user alone', async () => {
    const { page, errors } = await openSignIn();
    await signIn(page);
    await chooseFiles(page, [oma]);
    await expectSteps(page, ['succeeded']);
    await page.click('#sign-out');
    expect(await names(page)).toEqual([]);
    await reload(page);
    expect(await names(page)).toEqual([]);
    await page.route(`${deployed.issuer.url}/token`, (route) =>
      route.fulfill({
        json: { id_token: deployed.issuer.token('bob'), expires_in: 600 },
        headers: { 'access-control-allow-origin': '*' },
      }),
    );
    await signIn(page);
    expect(await names(page)).toEqual([]);
    await page.click('#sign-out');
    await page.unrouteAll();
    await signIn(page);
    expect(await names(page)).toEqual(['Oma 1931.jpg']);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it.each([
    [
      'there is no storage',
      'This browser keeps nothing',
      "Object.defineProperty(window, 'indexedDB', { value: undefined })",
    ],
    [
      'storage is full',
      'This device has no room',
      "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }",
    ],
  ])(
    'colours photos where %s, and says so',
    async (_what, text, script) => {
      const { page, errors } = await open();
      await page.addInitScript(script);
      await reload(page);
      await chooseFiles(page, [oma]);
      await expectSteps(page, ['succeeded']);
      await expect.poll(() => page.textContent('#kept')).toContain(text);
      await reload(page);
      expect(await names(page)).toEqual([]);
      expect(errors).toEqual([]);
      await page.context().close();
    },
    60_000,
  );
}
