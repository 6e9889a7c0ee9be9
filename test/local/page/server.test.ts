/** The live page over HTTP: files, state, previews, and requests that it refuses. */
import { createServer, request } from 'node:http';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startPage } from '../../../local/page/server.ts';
import { Recorder } from '../../../local/run/recorder.ts';

let page: Awaited<ReturnType<typeof startPage>>;
let recorder: Recorder;
let reads: string[];

beforeEach(async () => {
  recorder = new Recorder({ standIn: true, comfyui: 'stand-in', stage: 'local' }, () => 5000);
  reads = [];
  page = await startPage({
    port: 0,
    state: recorder,
    image: async (side, key) => {
      reads.push(`${side} ${key}`);
      if (key === 'letter.jpg') return { body: Buffer.from('Dear grandmother'), type: 'image/jpeg' };
      if (key !== 'Grüße/scan 1+1.tif') return undefined;
      const image = sharp({ create: { width: 2000, height: 500, channels: 3, background: 'grey' } });
      return { body: await image.tiff().toBuffer(), type: 'image/tiff' };
    },
  });
});
afterEach(() => page.close());

const get = (path: string) => fetch(new URL(path, page.url));

/** Sends headers that fetch does not allow. */
function status(method: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(page.url, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('the page', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'ddcolor-elastic'],
    ['/app.js', 'text/javascript', 'EventSource'],
    ['/texts.js', 'text/javascript', 'describeDecision'],
    ['/plots.js', 'text/javascript', 'uPlot'],
    ['/pairs.js', 'text/javascript', 'slider'],
    ['/style.css', 'text/css', '--accent'],
    ['/vendor/uplot.js', 'text/javascript', 'uPlot'],
    ['/vendor/uplot.css', 'text/css', 'uplot'],
  ])('serves %s with a content security policy', async (path, type, part) => {
    const response = await get(path);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*frame-ancestors 'none'/,
    );
    expect(await response.text()).toContain(part);
  });

  it('links to its own files only', async () => {
    const html = await (await get('/')).text();
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    for (const link of links.filter((one) => one.startsWith('/'))) expect((await get(link)).status).toBe(200);
    expect(links.filter((link) => !link.startsWith('/') && link !== 'data:,')).toEqual([]);
  });

  it('sends the state, and an event after each change', async () => {
    expect(await (await get('/state.json')).json()).toMatchObject({
      standIn: true,
      phase: 'starting',
      now: 5000,
    });
    const reader = (await get('/events')).body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader?.read())?.value).toMatch(/^data: {.*"phase":"starting".*}\n\n$/);
    recorder.update((state) => void (state.phase = 'colouring'));
    expect((await reader?.read())?.value).toContain('"phase":"colouring"');
    await reader?.cancel();
  });

  it('serves a preview of any format as JPEG, under any name', async () => {
    const response = await get(`/photos/before/${encodeURIComponent('Grüße')}/scan%201%2B1.tif`);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    const preview = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    expect(preview).toMatchObject({ format: 'jpeg', width: 640, height: 160 });
  });

  it('caches previews, and reads a missing photo again', async () => {
    const path = `/photos/after/${encodeURIComponent('Grüße')}/scan%201%2B1.tif`;
    await get(path);
    await get(path);
    expect(reads).toHaveLength(1);
    await get('/photos/after/later.jpg');
    await get('/photos/after/later.jpg');
    expect(reads).toHaveLength(3);
  });

  it.each([
    '/photos/before/none.jpg',
    '/photos/before/letter.jpg',
    '/photos/side/x.jpg',
    '/package.json',
    '/photos/before/%E0%A4',
  ])('answers 404 at %s', async (path) => expect((await get(path)).status).toBe(404));

  it.each([
    ['POST', {}, 405],
    ['DELETE', {}, 405],
    ['GET', { host: 'evil.example' }, 403],
    ['GET', { host: '127.0.0.1.evil.example' }, 403],
    ['GET', { host: 'localhost:1234' }, 200],
    ['HEAD', {}, 200],
  ])('answers %s with the headers %j by %i', async (method, headers, expected) => {
    expect(await status(method, headers)).toBe(expected);
  });

  it('names the port that is in use and the option to change it', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const image = () => Promise.resolve(undefined);
    await expect(startPage({ port, state: recorder, image })).rejects.toThrow(
      `port ${port} is in use; choose another with --port.`,
    );
    other.close();
  });
});
