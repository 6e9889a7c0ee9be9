/** The page of a stage of tokens, in a real browser: in by the issuer, out again. The test plays the worker. */
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import type { Browser, Request } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RESULTS } from '../../../contract/keys.ts';
import { Scope } from '../../../local/scope.ts';
import { until } from '../../support/wait.ts';
import { findings, settled, startBrowser, visit, type Visit } from './support/browser.ts';
import { deployGateways, type Deployed } from './support/deployed.ts';
import { startIssuer, type Issuer } from './support/issuer.ts';

const PATIENCE_MS = 60_000;
const scope = new Scope();
let issuer: Issuer;
let aws: Deployed;
let browser: Browser;
let jpeg: Buffer;

beforeAll(async () => {
  issuer = await startIssuer('page', 'ann');
  await scope.defer(() => issuer.close());
  jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#777' } })
    .jpeg()
    .toBuffer();
  [aws, browser] = await Promise.all([deployGateways('sign-in', issuer.url, scope), startBrowser(scope)]);
}, 120_000);
afterAll(() => scope.close());

const photo = () => ({ name: 'oma.jpg', mimeType: 'image/jpeg', buffer: jpeg });

/** Goes through the issuer, who asks nothing. */
async function signIn({ page }: Visit): Promise<void> {
  await page.click('#sign-in');
  await page.waitForURL((url) => url.href.startsWith(aws.jwt.url));
  await page.waitForSelector('html[data-ready]');
}

/** Colours whatever has arrived, as a worker would. */
async function colour(): Promise<void> {
  const Bucket = aws.jwt.bucket;
  const { Contents = [] } = await until(
    () => aws.s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'incoming/' })),
    ({ Contents = [] }) => Contents.length > 0,
  );
  const Body = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#a63' } })
    .jpeg()
    .toBuffer();
  for (const { Key = '' } of Contents) {
    const result = Key.replace('incoming/', RESULTS);
    await aws.s3.send(new PutObjectCommand({ Bucket, Key: result, Body, ContentType: 'image/jpeg' }));
  }
}

describe('the page of a stage of tokens', () => {
  it('lets nobody send anything before they sign in', async () => {
    const visited = await visit(browser, aws.jwt.url);
    const { page, complaints } = visited;
    expect([await page.isVisible('#sign-in'), await page.isVisible('#choose')]).toEqual([true, false]);
    await page.setInputFiles('#files', [photo()]);
    expect(await page.locator('.card').count()).toBe(0);
    expect(await findings(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('signs in by the issuer, colours, and signs out', async () => {
    const visited = await visit(browser, aws.jwt.url);
    const { page, complaints } = visited;
    const requests: Request[] = [];
    page.on('request', (request) => requests.push(request));
    await signIn(visited);
    expect(page.url()).toBe(aws.jwt.url);
    expect(await page.isVisible('#choose')).toBe(true);
    await page.click('.switch');
    await page.setInputFiles('#files', [photo()]);
    await page.waitForSelector('[data-step=waiting]', { timeout: PATIENCE_MS });
    await colour();
    expect(await settled(page, PATIENCE_MS)).toEqual(['done']);

    const told = async (is: (request: Request) => boolean) =>
      Promise.all(requests.filter(is).map(async (request) => (await request.allHeaders()).authorization));
    const api = await told((one) => one.url().startsWith(`${aws.jwt.url}photos`));
    expect(api.length).toBeGreaterThanOrEqual(2);
    expect(api.every((header) => header?.startsWith('Bearer '))).toBe(true);
    const links = await told((one) => one.url().includes('X-Amz-Signature'));
    expect(links.length).toBeGreaterThanOrEqual(2);
    expect(links.every((header) => header === undefined)).toBe(true);
    const known = [aws.jwt.url, issuer.url].map((url) => new URL(url).origin);
    const asked = requests.map((one) => new URL(one.url())).filter(({ protocol }) => protocol !== 'blob:');
    expect(asked.filter(({ origin }) => !known.includes(origin)).map(({ href }) => href)).toEqual([]);
    expect(await page.evaluate(() => JSON.stringify(localStorage))).not.toContain('eyJ');

    await page.click('#sign-out');
    expect([await page.isVisible('#sign-in'), await page.isVisible('#choose')]).toEqual([true, false]);
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  }, 120_000);

  it.each([
    ['a state that nobody began', '?code=stolen&state=x'],
    ['an error of the issuer', '?error=access_denied&state=x'],
  ])('takes no %s', async (_what, query) => {
    const { page } = await visit(browser, `${aws.jwt.url}${query}`);
    expect(await page.textContent('#problem')).toContain('did not work');
    expect(page.url()).toBe(aws.jwt.url);
    expect(await page.evaluate(() => sessionStorage.getItem('token'))).toBeNull();
    expect(await page.isVisible('#sign-in')).toBe(true);
    await page.context().close();
  });

  it('says so when the session is over, and offers to sign in again', async () => {
    const visited = await visit(browser, aws.jwt.url);
    const { page } = visited;
    await signIn(visited);
    await page.evaluate(() => sessionStorage.removeItem('token'));
    await page.click('.switch');
    await page.setInputFiles('#files', [photo()]);
    expect(await settled(page, PATIENCE_MS)).toEqual(['failed']);
    expect(await page.textContent('.state')).toContain('not signed in any more');
    expect(await page.isVisible('#sign-in')).toBe(true);
    await page.context().close();
  }, 120_000);
});
