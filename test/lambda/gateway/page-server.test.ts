/** The page's files, as the function serves them. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { PAGE_FILES, type PageSettings } from '../../../contract/page.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import type { Response } from '../../../lambda/gateway/response.ts';
import { PageServer, type PageConfig } from '../../../lambda/gateway/page-server.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { eventOf, memoryGateway } from './support/memory.ts';

const PAGE_FOLDER = join(import.meta.dirname, '..', '..', '..', 'lambda', 'gateway', 'page');

describe('the files of the page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(PAGE_FOLDER, 'index.html'), join(folder, 'index.html'));
  copyFileSync(join(PAGE_FOLDER, 'icon.svg'), join(folder, 'icon.svg'));
  writeFileSync(join(folder, 'app.js'), 'console.log("照片");\n'.repeat(50));
  writeFileSync(join(folder, 'style.css'), 'p { color: red }');

  const odd = "</script><script>alert('$&')</script><!-- $1 $` \u2028 \"";
  const settings: PageSettings = {
    maxUploadBytes: 25_000_000,
    chromaSize: 512,
    signIn: {
      authorizationEndpoint: 'https://issuer.example/authorize?a=1&b=2',
      tokenEndpoint: 'https://issuer.example/token',
      clientId: odd,
    },
  };
  let facts: () => Promise<PageConfig>;
  let page: PageServer;
  beforeEach(() => {
    facts = () =>
      Promise.resolve({ settings, connect: ['https://photos.example', 'https://issuer.example'] });
    page = new PageServer(folder, () => facts());
  });
  const get = async (name: string, headers: Record<string, string> = {}) => {
    const response = await page.serve(name, parseRequest(eventOf(`GET /${name}`, { headers })));
    if (!response) throw new Error(`no ${name}`);
    return response;
  };
  const bytes = ({ body, isBase64Encoded }: Response) =>
    Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

  it.each([
    ['index.html', 'text/html; charset=utf-8'],
    ['app.js', 'text/javascript; charset=utf-8'],
    ['style.css', 'text/css; charset=utf-8'],
    ['icon.svg', 'image/svg+xml'],
  ])('%s is %s', async (name, type) => {
    const response = await get(name);
    expect(response).toMatchObject({ statusCode: 200, headers: { 'content-type': type } });
    if (name !== 'index.html') expect(bytes(response)).toEqual(readFileSync(join(folder, name)));
  });

  it('tell the page what this stage does, whatever stands in it', async () => {
    const html = bytes(await get('index.html')).toString();
    const scripts = [...html.matchAll(/<script[^>]*id="settings"[^>]*>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    expect(JSON.parse(scripts[0]![1]!)).toEqual(settings);
    // And nothing else of the page is another than before.
    const before = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html.replace(scripts[0]![1]!, () => '')).toBe(before.replace(/(id="settings"[^>]*>)[^<]*/, '$1'));
  });

  it('may talk to the bucket and the issuer, and run nothing that is not theirs', async () => {
    const policy = (await get('index.html')).headers['content-security-policy'] ?? '';
    const rules = new Map(
      policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    );
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('script-src')).toBe("'self'");
    expect(rules.get('connect-src')).toBe("'self' https://photos.example https://issuer.example");
    expect(rules.get('frame-ancestors')).toBe("'none'");
    expect(policy).not.toContain('unsafe');
  });

  it.each([
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['x-gzip-not', false],
    ['gzip', true],
    ['GZIP', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.5', true],
    ['deflate,gzip;q=1', true],
  ])('come compressed to whoever says "%s": %s', async (accepted, zipped) => {
    const response = await get('app.js', accepted === undefined ? {} : { 'Accept-Encoding': accepted });
    expect(response.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    expect(response.headers.vary).toBe('accept-encoding');
    const body = zipped ? gunzipSync(bytes(response)) : bytes(response);
    expect(body).toEqual(readFileSync(join(folder, 'app.js')));
  });

  it('are not sent again to whoever has them', async () => {
    for (const name of ['index.html', 'app.js']) {
      const { etag = '' } = (await get(name)).headers;
      expect(etag).toMatch(/^"[^"]+"$/);
      const again = await get(name, { 'if-none-match': etag, 'accept-encoding': 'gzip' });
      expect(again).toMatchObject({ statusCode: 304, body: '', headers: { etag } });
      expect((await get(name, { 'if-none-match': '"other"' })).statusCode).toBe(200);
    }
    const tags = await Promise.all(
      ['index.html', 'app.js'].map(async (one) => (await get(one)).headers.etag),
    );
    expect(new Set(tags).size).toBe(2);
  });

  it('are others once the stage`s settings are others', async () => {
    const before = (await get('index.html')).headers.etag;
    facts = () => Promise.resolve({ settings: { ...settings, maxUploadBytes: 1 }, connect: [] });
    page = new PageServer(folder, () => facts());
    const { headers, statusCode } = await get('index.html', { 'if-none-match': before! });
    expect(statusCode).toBe(200);
    expect(headers.etag).not.toBe(before);
    expect(headers['content-security-policy']).toContain("connect-src 'self';");
  });

  it('come as soon as the issuer answers again', async () => {
    const works = facts;
    facts = () => Promise.reject(new Error('the issuer is away'));
    await expect(get('index.html')).rejects.toThrow('the issuer is away');
    facts = works;
    expect((await get('index.html')).statusCode).toBe(200);
    facts = () => Promise.reject(new Error('asked again'));
    expect((await get('app.js')).statusCode).toBe(200);
  });

  it('are at their addresses, the first at / as well, and a file that was not built at none', async () => {
    const gateway = memoryGateway(0, { folder });
    const status = async (path: string) =>
      (await respond(parseRequest(eventOf(`GET ${path}`)), gateway)).statusCode;
    for (const path of ['/', '/index.html', '/app.js', '/style.css', '/icon.svg'])
      expect(await status(path), path).toBe(200);
    expect(PAGE_FILES).toContain('image-worker.js');
    for (const path of ['/image-worker.js', '/../package.json', '/app.ts', '/%2e%2e/package.json'])
      expect(await status(path), path).toBe(404);
  });

  it('are none at all where there is no folder', async () => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const gateway = memoryGateway(0, { folder: join(folder, 'empty') });
    const response = await respond(parseRequest(eventOf('GET /')), gateway);
    expect(response.statusCode).toBe(404);
  });
});
