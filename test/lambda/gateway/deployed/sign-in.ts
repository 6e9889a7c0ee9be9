/** The page of a stage with access jwt, in a real browser: sign-in and sign-out. */
import { readFileSync } from 'node:fs';
import type { Page, Request, Route } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Scope } from '../../../../common/scope.ts';
import {
  accessibilityViolations,
  chooseFiles,
  dropOrPaste,
  expectSteps,
  visibleButtons,
  visit,
  type UploadFile,
  type Visit,
} from '../support/browser.ts';
import { startColouringWorker } from '../support/colouring-worker.ts';
import { deployed } from '../support/deployed.ts';
import {
  greyPhoto,
  openSignIn,
  sessionKeys,
  SIGNED_IN,
  SIGNED_OUT,
  signIn,
  storage,
} from '../support/sign-in.ts';

let photo: UploadFile;

const isApi = (request: Request) => request.url().startsWith(`${deployed.jwt.url}photos`);
const isBucket = (request: Request) => request.url().includes('X-Amz-Signature');
const authorizations = (requests: Request[]) =>
  Promise.all(requests.map(async (one) => `${one.method()} ${(await one.allHeaders()).authorization}`));

/** The token is in requests to the API, and nowhere else. */
async function expectTokenForApiOnly(page: Page, requests: Request[], token: string): Promise<void> {
  const api = await authorizations(requests.filter(isApi));
  expect(new Set(api)).toEqual(new Set([`POST Bearer ${token}`, `GET Bearer ${token}`]));
  expect(await authorizations(requests.filter(isBucket))).toEqual(['PUT undefined', 'GET undefined']);
  for (const request of requests.filter((one) => !isApi(one))) {
    const all = [request.url(), await request.allHeaders(), request.postData()];
    expect(JSON.stringify(all), request.url()).not.toContain(token);
  }
  const urls = requests.map((one) => one.url());
  expect(urls.filter((url) => url.includes(token))).toEqual([]);
  // The local bucket has the origin of the local API.
  const origins = [deployed.jwt.url, deployed.issuer.url].map((url) => new URL(url).origin);
  expect(urls.filter((url) => !origins.includes(new URL(url).origin))).toEqual([]);
  expect(await storage(page)).not.toContain(token);
  expect(page.url()).toBe(deployed.jwt.url);
}

interface FailedSignIn {
  name: string;
  at: 'authorize' | 'token';
  spoil: (route: Route) => Promise<void>;
  requestsToken: boolean;
  error?: string;
}

/** Redirects back to the page instead of asking the issuer. */
const redirectBack = (query: (route: Route) => Record<string, string>) => (route: Route) => {
  const back = new URL(new URL(route.request().url()).searchParams.get('redirect_uri') ?? '');
  for (const [name, value] of Object.entries(query(route))) back.searchParams.set(name, value);
  return route.fulfill({ status: 302, headers: { location: back.href } });
};
const stateOf = (route: Route) => new URL(route.request().url()).searchParams.get('state') ?? '';
const changeQuery = (name: string, value: string) => (route: Route) => {
  const url = new URL(route.request().url());
  url.searchParams.set(name, value);
  return route.continue({ url: url.href });
};
const tokens = (body: () => object) => (route: Route) =>
  route.fulfill({ json: body(), headers: { 'access-control-allow-origin': '*' } });

const FAILED_SIGN_INS: FailedSignIn[] = [
  {
    name: 'another state',
    at: 'authorize',
    spoil: changeQuery('state', 'other'),
    requestsToken: false,
  },
  {
    name: 'no state',
    at: 'authorize',
    spoil: redirectBack(() => ({ code: 'stolen' })),
    requestsToken: false,
  },
  {
    name: 'an error of the issuer',
    at: 'authorize',
    spoil: redirectBack((route) => ({ error: 'access_denied', state: stateOf(route) })),
    requestsToken: false,
  },
  {
    name: 'a code for another challenge',
    at: 'authorize',
    spoil: changeQuery('code_challenge', 'other'),
    requestsToken: true,
    error: '400',
  },
  {
    name: 'a token for another audience',
    at: 'token',
    spoil: tokens(() => ({ access_token: deployed.issuer.token('ann', { aud: 'other' }), expires_in: 600 })),
    requestsToken: true,
  },
  { name: 'no token', at: 'token', spoil: tokens(() => ({ token_type: 'Bearer' })), requestsToken: true },
  {
    name: 'a connection error',
    at: 'token',
    spoil: (route) => route.abort('connectionreset'),
    requestsToken: true,
    error: 'ERR_CONNECTION_RESET',
  },
];

async function expectFailedSignIn({ page }: Visit): Promise<void> {
  expect(await page.textContent('#problem')).toBe('Sign-in failed. Try again.');
  expect(await page.isVisible('#problem')).toBe(true);
  expect(await visibleButtons(page)).toEqual(SIGNED_OUT);
  expect(page.url()).toBe(deployed.jwt.url);
  expect(await sessionKeys(page)).toEqual([]);
}

export function signInTests(): void {
  const scope = new Scope();
  beforeAll(async () => {
    photo = await greyPhoto();
    await startColouringWorker(deployed.jwt, scope);
  });
  afterAll(() => scope.close());

  it('accepts no photos before', async () => {
    const { page, requests, errors } = await openSignIn();
    expect(await visibleButtons(page)).toEqual(SIGNED_OUT);
    expect(await page.isVisible('#problem')).toBe(false);
    await chooseFiles(page, [photo]);
    await dropOrPaste(page, 'drop', photo.buffer);
    await dropOrPaste(page, 'paste', photo.buffer);
    expect(await page.locator('.card').count()).toBe(0);
    expect(requests.filter((one) => one.url().includes('photos'))).toEqual([]);
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('colours a photo with a token that goes to the API only, and signs out', async () => {
    const { page, requests, errors } = await openSignIn();
    const issued = page.waitForResponse(`${deployed.issuer.url}/token`);
    await signIn(page);
    expect(await visibleButtons(page)).toEqual(SIGNED_IN);
    expect(await accessibilityViolations(page)).toEqual([]);
    const { id_token: token } = (await (await issued).json()) as { id_token: string };
    expect(token).toMatch(/^eyJ/);

    await page.click('.switch');
    await chooseFiles(page, [photo]);
    await expectSteps(page, ['succeeded']);
    // In memory only: what the tab stores, browsers write to disk.
    expect(await sessionKeys(page)).toEqual(['signed-in']);
    const saved = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download: oma.jpg' }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe('oma.jpg');
    const result = await sharp(readFileSync(await download.path())).stats();
    expect(result.channels[0]!.mean).toBeGreaterThan(result.channels[2]!.mean + 10);
    await expectTokenForApiOnly(page, requests, token);

    await page.click('#sign-out');
    expect([await page.isVisible('#sign-in'), await page.isVisible('#choose')]).toEqual([true, false]);
    await chooseFiles(page, [photo]);
    expect(await page.locator('.card').count()).toBe(0);
    expect(await sessionKeys(page)).toEqual([]);
    expect(errors).toEqual([]);
    await page.context().close();
  }, 120_000);

  it('offers nothing before the issuer has responded', async () => {
    const { page, errors } = await openSignIn();
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(`${deployed.issuer.url}/token`, async (route) => {
      await held;
      await route.continue();
    });
    const requested = page.waitForRequest(`${deployed.issuer.url}/token`);
    await page.click('#sign-in');
    await requested;
    expect(await visibleButtons(page)).toEqual([]);
    release();
    await page.waitForSelector('html[data-ready]');
    expect(await visibleButtons(page)).toEqual(SIGNED_IN);
    expect(errors).toEqual([]);
    await page.context().close();
  });

  it('fails for every invalid response of the issuer, and succeeds the next time', async () => {
    const opened = await openSignIn();
    const { page, requests, errors } = opened;
    const { issuer } = deployed;
    for (const { name, at, spoil, requestsToken, error } of FAILED_SIGN_INS) {
      [requests.length, errors.length] = [0, 0];
      let tokenRequests = 0;
      const count = (request: Request) => (tokenRequests += Number(request.url() === `${issuer.url}/token`));
      page.on('request', count);
      const pattern = at === 'token' ? `${issuer.url}/token` : `${issuer.url}/authorize?*`;
      await page.route(pattern, spoil);
      await signIn(page);
      await expectFailedSignIn(opened);
      expect(tokenRequests, name).toBe(requestsToken ? 1 : 0);
      expect(errors, name).toEqual(error === undefined ? [] : [expect.stringContaining(error)]);
      page.off('request', count);
      await page.unroute(pattern);
    }
    expect(await accessibilityViolations(page)).toEqual([]);
    await signIn(page);
    expect(await page.isVisible('#problem')).toBe(false);
    expect(await visibleButtons(page)).toEqual(SIGNED_IN);
    await page.context().close();
  }, 120_000);

  it('fails for a code that the page has not asked for, in the current language', async () => {
    const opened = await visit(deployed.browser, `${deployed.jwt.url}?code=stolen&state=x`);
    await expectFailedSignIn(opened);
    const { page, requests, errors } = opened;
    expect(requests.filter((one) => one.url().startsWith(deployed.issuer.url))).toEqual([]);
    await page.selectOption('#language', 'zh-CN');
    expect(await page.textContent('#problem')).toBe('登录失败，请重试。');
    expect(errors).toEqual([]);
    await page.context().close();
  });
}
