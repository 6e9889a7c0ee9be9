/** Serving the page: settings, security policy, compression and caching. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { PAGE_FILES, type PageSettings } from '../../../contract/page.ts';
import { parseRequest } from '../../../lambda/gateway/request.ts';
import type { Response } from '../../../lambda/gateway/response.ts';
import { PageServer, type PageConfig } from '../../../lambda/gateway/page-server.ts';
import { respond } from '../../../lambda/gateway/routes.ts';
import { memoryGateway } from './support/memory.ts';
import { eventOf } from './support/events.ts';

const PAGE_FOLDER = join(import.meta.dirname, '..', '..', '..', 'lambda', 'gateway', 'page');

describe('PageServer', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-page-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  copyFileSync(join(PAGE_FOLDER, 'index.html'), join(folder, 'index.html'));
  for (const name of ['icon.svg', 'icon-192.png', 'icon-512.png', 'manifest.webmanifest'])
    copyFileSync(join(PAGE_FOLDER, name), join(folder, name));
  writeFileSync(join(folder, 'app.js'), 'console.log("照片");\n'.repeat(50));
  writeFileSync(join(folder, 'style.css'), 'p { color: red }');

  const odd = "</script><script>alert('$&')</script><!-- $1 $` \u2028 \"";
  const settings: PageSettings = {
    maxUploadBytes: 25_000_000,
    chromaSize: 512,
    options: [],
    bulkDeadlineSeconds: 3600,
    signIn: {
      authorizationEndpoint: 'https://issuer.example/authorize?a=1&b=2',
      tokenEndpoint: 'https://issuer.example/token',
      clientId: odd,
    },
  };
  let loadConfig: () => Promise<PageConfig>;
  let page: PageServer;
  beforeEach(() => {
    loadConfig = () =>
      Promise.resolve({ settings, connect: ['https://photos.example', 'https://issuer.example'] });
    page = new PageServer(folder, () => loadConfig());
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
    ['icon-192.png', 'image/png'],
    ['manifest.webmanifest', 'application/manifest+json'],
  ])('serves %s as %s', async (name, type) => {
    const response = await get(name);
    expect(response).toMatchObject({ statusCode: 200, headers: { 'content-type': type } });
    if (name !== 'index.html') expect(bytes(response)).toEqual(readFileSync(join(folder, name)));
  });

  it('has the icons of its manifest, in their sizes, and opaque where a device cuts them', async () => {
    const { icons } = JSON.parse(bytes(await get('manifest.webmanifest')).toString()) as {
      icons: { src: (typeof PAGE_FILES)[number]; sizes: string; purpose?: string }[];
    };
    expect(icons.length).toBe(3);
    for (const { src, sizes, purpose } of icons) {
      expect(PAGE_FILES).toContain(src);
      const { width, height, hasAlpha } = await sharp(bytes(await get(src))).metadata();
      expect(purpose === undefined || `${width}x${height} ${hasAlpha}` === `${sizes} false`, src).toBe(true);
    }
  });

  it('puts the settings into the HTML, whatever characters they have', async () => {
    const html = bytes(await get('index.html')).toString();
    const scripts = [...html.matchAll(/<script[^>]*id="settings"[^>]*>([^]*?)<\/script>/g)];
    expect(scripts).toHaveLength(1);
    expect(JSON.parse(scripts[0]![1]!)).toEqual(settings);
    // The rest of the HTML is unchanged.
    const before = readFileSync(join(folder, 'index.html'), 'utf8');
    expect(html.replace(scripts[0]![1]!, () => '')).toBe(before.replace(/(id="settings"[^>]*>)[^<]*/, '$1'));
  });

  it('is revalidated on each load, isolated and without device permissions', async () => {
    expect((await get('app.js')).headers).toMatchObject({
      'cache-control': 'no-cache',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    });
  });

  it('puts settings into HTML only', async () => {
    const script = '<script type="application/json" id="settings">{}</script>';
    writeFileSync(join(folder, 'other.js'), script);
    expect(bytes(await get('other.js')).toString()).toBe(script);
  });

  it('allows requests to the bucket and the issuer, and own scripts only', async () => {
    const policy = (await get('index.html')).headers['content-security-policy'] ?? '';
    const rules = new Map(
      policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1).join(' ')]),
    );
    expect(rules.get('default-src')).toBe("'none'");
    expect(rules.get('script-src')).toBe("'self' 'wasm-unsafe-eval'");
    expect(rules.get('connect-src')).toBe("'self' https://photos.example https://issuer.example");
    expect(rules.get('frame-ancestors')).toBe("'none'");
    expect(rules.get('worker-src')).toBe("'self'");
    expect(rules.get('style-src')).toBe("'self'");
    expect(rules.get('img-src')).toBe("'self' blob:");
    expect(rules.get('base-uri')).toBe("'none'");
    expect(rules.get('form-action')).toBe("'none'");
    expect(rules.get('manifest-src')).toBe("'self'");
    expect(rules.size).toBe(10);
    expect(policy.replace('wasm-unsafe-eval', '')).not.toContain('unsafe');
  });

  it.each([
    [undefined, false],
    ['', false],
    ['identity', false],
    ['br, deflate', false],
    ['gzip;q=0', false],
    ['gzip; q=0.000, br', false],
    ['x-gzip-not', false],
    ['xgzip', false],
    ['gzip; q=0.5', true],
    ['gzip;  q=0', false],
    ['gzip', true],
    ['GZIP', true],
    ['gzip, deflate, br, zstd', true],
    ['br;q=1.0, gzip;q=0.5', true],
    ['deflate,gzip;q=1', true],
  ])('gzip with Accept-Encoding "%s": %s', async (accepted, zipped) => {
    const response = await get('app.js', accepted === undefined ? {} : { 'Accept-Encoding': accepted });
    expect(response.headers['content-encoding']).toBe(zipped ? 'gzip' : undefined);
    expect(response.headers.vary).toBe('accept-encoding');
    const body = zipped ? gunzipSync(bytes(response)) : bytes(response);
    expect(body).toEqual(readFileSync(join(folder, 'app.js')));
  });

  it('returns 304 for a current ETag', async () => {
    for (const name of ['index.html', 'app.js']) {
      const { etag = '' } = (await get(name)).headers;
      expect(etag).toMatch(/^"[0-9a-f]{20}"$/);
      const again = await get(name, { 'if-none-match': etag, 'accept-encoding': 'gzip' });
      expect(again).toMatchObject({
        statusCode: 304,
        body: '',
        headers: { etag, 'cache-control': 'no-cache' },
      });
      expect((await get(name, { 'if-none-match': '"other"' })).statusCode).toBe(200);
    }
    const tags = await Promise.all(
      ['index.html', 'app.js'].map(async (one) => (await get(one)).headers.etag),
    );
    expect(new Set(tags).size).toBe(2);
  });

  it('changes the ETag with the settings', async () => {
    const before = (await get('index.html')).headers.etag;
    loadConfig = () => Promise.resolve({ settings: { ...settings, maxUploadBytes: 1 }, connect: [] });
    page = new PageServer(folder, () => loadConfig());
    const { headers, statusCode } = await get('index.html', { 'if-none-match': before! });
    expect(statusCode).toBe(200);
    expect(headers.etag).not.toBe(before);
    expect(headers['content-security-policy']).toContain("connect-src 'self';");
  });

  it('loads the configuration again after a failure, and once after a success', async () => {
    const works = loadConfig;
    loadConfig = () => Promise.reject(new Error('no response of the issuer'));
    await expect(get('index.html')).rejects.toThrow('no response of the issuer');
    loadConfig = works;
    expect((await get('index.html')).statusCode).toBe(200);
    loadConfig = () => Promise.reject(new Error('loaded twice'));
    expect((await get('app.js')).statusCode).toBe(200);
  });

  it('serves files at their paths, the first one also at /, and 404 for others', async () => {
    const gateway = memoryGateway(0, { folder });
    const status = async (path: string) =>
      (await respond(parseRequest(eventOf(`GET ${path}`)), gateway)).statusCode;
    for (const path of ['/', '/index.html', '/app.js', '/style.css', '/icon.svg'])
      expect(await status(path), path).toBe(200);
    expect(PAGE_FILES).toContain('image-worker.js');
    for (const path of ['/image-worker.js', '/../package.json', '/app.ts', '/%2e%2e/package.json'])
      expect(await status(path), path).toBe(404);
  });

  it('returns 404 without built files', async () => {
    mkdirSync(join(folder, 'empty'), { recursive: true });
    const gateway = memoryGateway(0, { folder: join(folder, 'empty') });
    const response = await respond(parseRequest(eventOf('GET /')), gateway);
    expect(response.statusCode).toBe(404);
  });
});
