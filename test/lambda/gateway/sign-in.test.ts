/** The page of a stage of tokens, in a real browser: in by the issuer, out again. The test plays the worker. */
import { readFileSync } from 'node:fs';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Browser, Page, Request, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCOMING, RESULTS } from '../../../contract/keys.ts';
import { Scope } from '../../../common/scope.ts';
import { until } from '../../support/wait.ts';
import { findings, settled, startBrowser, visit } from './support/browser.ts';
import { deployGateways, type Deployed } from './support/deployed.ts';
import { startIssuer, type Issuer } from './support/issuer.ts';

const PATIENCE_MS = 60_000;
const scope = new Scope();
let issuer: Issuer;
let aws: Deployed;
let browser: Browser;
let grey: Buffer;
let colours: Buffer;

const plain = (background: string) =>
  sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .jpeg()
    .toBuffer();

beforeAll(async () => {
  issuer = await startIssuer('page', 'ann');
  await scope.defer(() => issuer.close());
  [grey, colours] = await Promise.all([plain('#777'), plain('#a63')]);
  [aws, browser] = await Promise.all([deployGateways('sign-in', issuer.url, scope), startBrowser(scope)]);
}, 120_000);
afterAll(() => scope.close());

const photo = () => ({ name: 'oma.jpg', mimeType: 'image/jpeg', buffer: grey });
const choose = (page: Page) => page.setInputFiles('#files', [photo()]);
/** All that can be pressed. */
const offered = (page: Page) =>
  page.$$eval('button', (all) =>
    all.filter((one) => one.checkVisibility()).map(({ textContent }) => textContent),
  );
const keptToken = (page: Page) => page.evaluate(() => sessionStorage.getItem('token'));

/** Presses a button that leads away, and waits until the page is back. */
async function signIn(page: Page): Promise<void> {
  // The address alone would not tell: it is the same before and after.
  const back = page.waitForEvent('domcontentloaded');
  await page.click('#sign-in');
  await back;
  await page.waitForSelector('html[data-ready]');
}

/** Hands files over as a user does who does not press a button. */
const handOver = (page: Page, kind: 'drop' | 'paste') =>
  page.evaluate(
    ({ bytes, kind }) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], `${kind}.jpg`, { type: 'image/jpeg' }));
      window.dispatchEvent(
        kind === 'drop'
          ? new DragEvent('drop', { dataTransfer: data, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: data }),
      );
    },
    { bytes: [...grey], kind },
  );

/** Colours whatever has arrived, as a worker would. */
async function colour(): Promise<void> {
  const Bucket = aws.jwt.bucket;
  const Prefix = `${INCOMING}api/`;
  const { Contents = [] } = await until(
    () => aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix })),
    ({ Contents = [] }) => Contents.length > 0,
  );
  for (const { Key = '' } of Contents) {
    const result = Key.replace(INCOMING, RESULTS);
    await aws.s3.send(
      new PutObjectCommand({ Bucket, Key: result, Body: colours, ContentType: 'image/jpeg' }),
    );
  }
}

const isOfApi = (request: Request) => request.url().startsWith(`${aws.jwt.url}photos`);
const isOfBucket = (request: Request) => request.url().includes('X-Amz-Signature');

describe('the page of a stage of tokens', () => {
  it('lets nobody send anything before they sign in', async () => {
    const { page, asked, complaints } = await visit(browser, aws.jwt.url);
    expect(await offered(page)).toEqual(['Sign in']);
    expect(await page.isVisible('#problem')).toBe(false);
    await choose(page);
    await handOver(page, 'drop');
    await handOver(page, 'paste');
    expect(await page.locator('.card').count()).toBe(0);
    expect(asked.filter(({ url }) => url.includes('photos'))).toEqual([]);
    expect(await findings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('signs in by the issuer, colours, and signs out', async () => {
    const { page, complaints } = await visit(browser, aws.jwt.url);
    const requests: Request[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith('blob:')) requests.push(request);
    });
    await signIn(page);
    expect(page.url()).toBe(aws.jwt.url);
    // The camera is for phones.
    expect(await offered(page)).toEqual(['Sign out', 'Choose photos']);
    expect(await findings(page)).toEqual([]);
    const { token } = JSON.parse((await keptToken(page)) ?? '{}') as { token: string };
    expect(token).toMatch(/^eyJ/);

    await page.click('.switch');
    await choose(page);
    await page.waitForSelector('[data-step=waiting]', { timeout: PATIENCE_MS });
    await colour();
    expect(await settled(page, PATIENCE_MS)).toEqual(['succeeded']);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download: oma.jpg' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('oma.jpg');
    expect(readFileSync(await download.path())).toEqual(colours);

    const told = (is: (request: Request) => boolean) =>
      Promise.all(
        requests
          .filter(is)
          .map(async (one) => [one.method(), (await one.allHeaders()).authorization] as const),
      );
    const api = await told(isOfApi);
    expect(new Set(api.map(([method]) => method))).toEqual(new Set(['POST', 'GET']));
    expect(new Set(api.map(([, header]) => header))).toEqual(new Set([`Bearer ${token}`]));
    expect(await told(isOfBucket)).toEqual([
      ['PUT', undefined],
      ['GET', undefined],
    ]);
    // Neither in an address nor in a header nor in a body does anybody else get to know it.
    for (const request of requests.filter((one) => !isOfApi(one))) {
      const all = [request.url(), await request.allHeaders(), request.postData()];
      expect(JSON.stringify(all), request.url()).not.toContain(token);
    }
    expect(requests.filter((one) => one.url().includes(token))).toEqual([]);
    // The local bucket is at the local API's origin.
    const known = [aws.jwt.url, issuer.url].map((url) => new URL(url).origin);
    expect(requests.map((one) => one.url()).filter((url) => !known.includes(new URL(url).origin))).toEqual(
      [],
    );
    expect(await page.evaluate(() => JSON.stringify(localStorage) + document.cookie)).not.toContain(token);
    expect(page.url()).toBe(aws.jwt.url);

    // The tab stays signed in, without the issuer; another does not.
    const before = requests.length;
    await page.reload();
    await page.waitForSelector('html[data-ready]');
    expect(await offered(page)).toEqual(['Sign out', 'Choose photos']);
    expect(requests.slice(before).filter((one) => one.url().startsWith(issuer.url))).toEqual([]);
    const other = await page.context().newPage();
    await other.goto(aws.jwt.url);
    await other.waitForSelector('html[data-ready]');
    expect(await offered(other)).toEqual(['Sign in']);

    await page.click('#sign-out');
    expect(await offered(page)).toEqual(['Sign in']);
    await choose(page);
    expect(await page.locator('.card').count()).toBe(0);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(await findings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('offers nothing while the issuer is still asked', async () => {
    const { page, complaints } = await visit(browser, aws.jwt.url);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(`${issuer.url}/token`, async (route) => {
      await held;
      await route.continue();
    });
    const asking = page.waitForRequest(`${issuer.url}/token`);
    await page.click('#sign-in');
    await asking;
    expect(await offered(page)).toEqual([]);
    release();
    await page.waitForSelector('html[data-ready]');
    expect(await offered(page)).toEqual(['Sign out', 'Choose photos']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

/** Where the issuer was asked to send the browser. */
const backOf = (route: Route, query: Record<string, string>) => {
  const back = new URL(new URL(route.request().url()).searchParams.get('redirect_uri') ?? '');
  for (const [name, value] of Object.entries(query)) back.searchParams.set(name, value);
  return back.href;
};
const stateOf = (route: Route) => new URL(route.request().url()).searchParams.get('state') ?? '';
/** Asks the issuer for something else than the page did. */
const askWith = (name: string, value: string) => (route: Route) => {
  const url = new URL(route.request().url());
  url.searchParams.set(name, value);
  return route.continue({ url: url.href });
};
const turnBack = (query: (route: Route) => Record<string, string>) => (route: Route) =>
  route.fulfill({ status: 302, headers: { location: backOf(route, query(route)) } });
const answer = (body: () => object) => (route: Route) =>
  route.fulfill({ json: body(), headers: { 'access-control-allow-origin': '*' } });

describe('signing in', () => {
  it.each<
    [string, 'authorize' | 'token', (route: Route) => Promise<void>, asks: boolean, complaint?: string]
  >([
    ['with the state of somebody else', 'authorize', askWith('state', 'other'), false],
    ['with no state', 'authorize', turnBack(() => ({ code: 'stolen' })), false],
    [
      'that the issuer refuses',
      'authorize',
      turnBack((route) => ({ error: 'access_denied', state: stateOf(route) })),
      false,
    ],
    ['with a code of somebody else', 'authorize', askWith('code_challenge', 'other'), true, '400'],
    [
      'for a token that is for somebody else',
      'token',
      answer(() => ({ access_token: issuer.token('ann', { aud: 'other' }), expires_in: 600 })),
      true,
    ],
    ['for no token', 'token', answer(() => ({ token_type: 'Bearer' })), true],
    [
      'for a token that does not come',
      'token',
      (route) => route.abort('connectionreset'),
      true,
      'ERR_CONNECTION_RESET',
    ],
  ])('%s does not work, and does once more', async (_what, where, spoil, asks, complaint) => {
    const { page, complaints } = await visit(browser, aws.jwt.url);
    const tokens: Request[] = [];
    page.on('request', (request) => {
      if (request.url() === `${issuer.url}/token`) tokens.push(request);
    });
    const pattern = where === 'token' ? `${issuer.url}/token` : `${issuer.url}/authorize?*`;
    await page.route(pattern, spoil);
    await signIn(page);
    expect(await page.textContent('#problem')).toBe('Signing in did not work. Try once more.');
    expect(await page.isVisible('#problem')).toBe(true);
    expect(await offered(page)).toEqual(['Sign in']);
    expect(page.url()).toBe(aws.jwt.url);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(tokens.length).toBe(asks ? 1 : 0);
    expect(complaints).toEqual(complaint === undefined ? [] : [expect.stringContaining(complaint)]);
    expect(await findings(page)).toEqual([]);

    await page.unroute(pattern);
    await signIn(page);
    expect(await page.isVisible('#problem')).toBe(false);
    expect(await offered(page)).toEqual(['Sign out', 'Choose photos']);
    await page.context().close();
  });

  it('that nobody began does not work, and says so in the language that is chosen', async () => {
    const { page, asked, complaints } = await visit(browser, `${aws.jwt.url}?code=stolen&state=x`);
    expect(await page.textContent('#problem')).toBe('Signing in did not work. Try once more.');
    expect(page.url()).toBe(aws.jwt.url);
    expect(await keptToken(page)).toBeNull();
    expect(await offered(page)).toEqual(['Sign in']);
    expect(asked.filter(({ url }) => url.startsWith(issuer.url))).toEqual([]);
    await page.selectOption('#language', 'zh-CN');
    expect(await page.textContent('#problem')).toMatch(/\p{Script=Han}/u);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

const refuse = (route: Route) => route.fulfill({ status: 401, json: { message: 'Unauthorized' } });
const keep = (page: Page, change: object) =>
  page.evaluate((more) => {
    const kept = JSON.parse(sessionStorage.getItem('token') ?? '{}') as object;
    sessionStorage.setItem('token', JSON.stringify({ ...kept, ...more }));
  }, change);

describe('a session that is over', () => {
  it.each<[string, (page: Page) => Promise<unknown>, sent: number]>([
    ['because the tab has forgotten it', (page) => page.evaluate(() => sessionStorage.clear()), 0],
    ['because its time is over', (page) => keep(page, { until: Date.now() }), 0],
    ['because API Gateway does not take its token', (page) => keep(page, { token: issuer.forged('ann') }), 0],
    ['because it is revoked while a photo waits', (page) => page.route('**/photos/*', refuse), 1],
  ])(
    '%s: the page says so, and offers to sign in again',
    async (_why, end, sent) => {
      const { page, asked, complaints } = await visit(browser, aws.jwt.url);
      await signIn(page);
      await end(page);
      await page.click('.switch');
      await choose(page);
      expect(await settled(page, PATIENCE_MS)).toEqual(['failed']);
      expect(await page.textContent('.state')).toContain('You are not signed in any more');
      expect(asked.filter(({ method }) => method === 'PUT')).toHaveLength(sent);
      expect(await page.isVisible('#sign-in')).toBe(true);
      expect([await page.isVisible('#choose'), await page.isVisible('#sign-out')]).toEqual([false, false]);
      expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
      expect(await findings(page)).toEqual([]);
      expect(complaints).toEqual([expect.stringContaining('401')]);
      await signIn(page);
      expect(await offered(page)).toEqual(['Sign out', 'Choose photos']);
      await page.context().close();
    },
    120_000,
  );
});
