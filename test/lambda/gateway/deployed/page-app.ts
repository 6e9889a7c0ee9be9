/** The page as an app in a real browser: links that are shared, and the page without a connection and of two versions. */
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BrowserContext, Page, Route } from 'playwright-core';
import { localPath } from '../../../../common/environment.ts';
import { Scope } from '../../../../common/scope.ts';
import {
  accessibilityViolations,
  chooseFiles,
  expectSteps,
  visibleButtons,
  visit,
  type UploadFile,
} from '../support/browser.ts';
import { startColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';
import { openSignIn, signIn } from '../support/sign-in.ts';

let oma: UploadFile;
const open = (options = {}) => visit(deployed.browser, deployed.open.url, options);
const ready = (page: Page) => page.waitForSelector('html[data-ready]');
/** From then on the page opens without a connection. */
const offlineReady = (page: Page) =>
  page.evaluate(async () => void (await navigator.serviceWorker.ready).active!.state);

/** The page of a later deployment, from the network. */
async function deployLater(context: BrowserContext): Promise<void> {
  const other = (text: string) => text.replaceAll(/v=[0-9a-f]{16}/g, 'v=0123456789abcdef');
  const page = async (route: Route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: other(await response.text()).replace('<title>', '<title>Later ') });
  };
  await context.route(deployed.open.url, page);
}

export function pageAppTests(): void {
  const scope = new Scope();
  beforeAll(async () => {
    const grey = sharp({ create: { width: 96, height: 64, channels: 3, background: '#777' } });
    oma = { name: 'Oma 1931.jpg', mimeType: 'image/jpeg', buffer: await grey.jpeg().toBuffer() };
    await startColouringWorker(deployed.open, scope);
    await startColouringWorker(deployed.jwt, scope);
  });
  afterAll(() => scope.close());

  it('shares a result by a link that says when it ends, and has neither id nor name', async () => {
    const { page, requests, errors } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.click('.switch');
    await chooseFiles(page, [oma]);
    await expectSteps(page, ['succeeded']);
    await page.getByRole('button', { name: 'Share: Oma 1931.jpg' }).click();
    await page.waitForSelector('#share-link:not([hidden])');
    expect(await page.textContent('#share-text')).toMatch(
      /for 15 min, until \d{1,2}:\d\d\s[AP]M\. Only deleting the photo/,
    );
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.screenshot({ path: localPath('page', 'share.png') });
    const url = await page.inputValue('#share-link');
    await page.click('#share-copy');
    await page.waitForFunction(() => document.querySelector('#share-copy')!.textContent === 'Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(url);
    const id = requests.map((one) => /\/photos\/([\w-]{22})$/.exec(one.url())?.[1]).find(Boolean);
    expect(id).toBeDefined();
    expect(decodeURIComponent(url)).not.toMatch(new RegExp(`${id}|Oma`));
    const response = await fetch(url);
    expect((await sharp(Buffer.from(await response.arrayBuffer())).metadata()).width).toBe(96);
    expect(JSON.stringify([...response.headers])).not.toMatch(new RegExp(`${id}|Oma|x-amz-meta`));
    await page.click('#share-close');
    // What the service refuses is said.
    await page.route('**/share', (route) => route.fulfill({ status: 404, json: { code: 'not-found' } }));
    await page.getByRole('button', { name: /^Share:/ }).click();
    await page.waitForFunction(() => /no longer/.test(document.querySelector('#share-text')!.textContent));
    expect(await page.isVisible('#share-copy')).toBe(false);
    expect(errors.filter((one) => !one.includes('404'))).toEqual([]);
    await page.context().close();
  }, 60_000);

  it('opens without a connection, with its photos, and sends what is chosen when it is back', async () => {
    const { page, errors } = await open({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
    await chooseFiles(page, [oma]);
    await expectSteps(page, ['succeeded']);
    await offlineReady(page);
    const devTools = await page.context().newCDPSession(page);
    const { installabilityErrors } = await devTools.send('Page.getInstallabilityErrors');
    // Each test has a window of its own kind.
    expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
    await devTools.detach();
    await page.context().setOffline(true);
    await page.reload();
    await ready(page);
    await expectSteps(page, ['succeeded']);
    expect(await page.textContent('#offline')).toContain('No connection');
    await page.waitForSelector('#offline');
    expect(await accessibilityViolations(page)).toEqual([]);
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>('img.after')!.naturalWidth > 0);
    await page.screenshot({ path: localPath('page', 'offline.png'), fullPage: true });
    await chooseFiles(page, [{ ...oma, name: 'b.jpg' }]);
    await page.waitForFunction(() =>
      /Offline/.test([...document.querySelectorAll('.state')].at(-1)!.textContent),
    );
    await page.context().setOffline(false);
    await expectSteps(page, ['succeeded', 'succeeded']);
    expect(await page.isVisible('#offline')).toBe(false);
    expect(errors.filter((one) => !/ERR_INTERNET_DISCONNECTED/.test(one))).toEqual([]);
    await page.context().close();
  }, 90_000);

  it('shows a signed-in tab its photos without a connection, and signs in again when it is back', async () => {
    const { page } = await openSignIn();
    await signIn(page);
    await chooseFiles(page, [oma]);
    await expectSteps(page, ['succeeded']);
    await offlineReady(page);
    await page.context().setOffline(true);
    await page.reload();
    await ready(page);
    await expectSteps(page, ['succeeded']);
    expect(await visibleButtons(page)).not.toContain('Choose photos');
    const other = await page.context().newPage();
    await other.goto(deployed.jwt.url);
    await ready(other);
    expect(await other.locator('.card').count()).toBe(0);
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Choose photos' }).waitFor();
    await expectSteps(page, ['succeeded']);
    await page.context().close();
  }, 90_000);

  it('is the newest page wherever there is a connection, and never a mixture', async () => {
    const { page, requests } = await open();
    await offlineReady(page);
    requests.length = 0;
    await page.reload();
    await ready(page);
    const titles = () => page.title();
    expect(await titles()).toBe('DDColor');
    // Also where the device has no room for it.
    await page.context().route(deployed.open.url, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replace('<title>', '<title>New ') });
    });
    for (const one of page.context().serviceWorkers())
      await one.evaluate(() => {
        Cache.prototype.put = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
      });
    await page.reload();
    await ready(page);
    expect(await titles()).toBe('New DDColor');
    await page.context().unrouteAll();
    await deployLater(page.context());
    await page.reload();
    await ready(page);
    expect(await titles()).toBe('Later DDColor');
    const scripts = await page.evaluate(() =>
      performance.getEntriesByType('resource').map(({ name }) => new URL(name).search),
    );
    expect(scripts.filter((one) => one.startsWith('?v=')).every((one) => one === '?v=0123456789abcdef')).toBe(
      true,
    );
    // A service that fails shows the page that is here.
    await page.context().unrouteAll();
    await page.context().route(deployed.open.url, (route) => route.fulfill({ status: 503, body: 'away' }));
    await page.reload();
    await ready(page);
    expect(await titles()).toBe('DDColor');
    await page.context().close();
  }, 60_000);
}
