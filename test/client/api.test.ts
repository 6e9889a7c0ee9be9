/** PhotoApi against a fake gateway over HTTP. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { PhotoApi, type PhotoApiOptions, type SucceededPhoto } from '../../client/api.ts';
import { download } from '../../client/download.ts';
import { pollPhoto } from '../../client/poll.ts';
import { sendWith, upload } from '../../client/upload.ts';
import {
  apiError,
  bytes,
  closeGatewayAfterEachTest,
  colourPhoto,
  gateway,
  photo,
  start,
} from './support/api.ts';
import { testClock } from './support/clock.ts';
import { coloured, problem } from './support/gateway.ts';

closeGatewayAfterEachTest();

describe('base address', () => {
  it.each(['https://a.example', 'https://a.example//', 'https://a.example/x', 'https://a.example/?x/'])(
    'rejects %s',
    (base) => expect(() => new PhotoApi(base)).toThrow(RangeError),
  );

  it('keeps its path', async () => {
    const api = await start();
    await api.health();
    await api.create(photo);
    expect(gateway.requests.map(({ path }) => path)).toEqual(['/stage/health', '/stage/photos']);
  });
});

describe('a photo', () => {
  it('is created, uploaded, polled and downloaded', async () => {
    const api = await start({ pollSeconds: 7 });
    const created = await api.create(photo);
    await upload(created, new Blob([bytes]), sendWith());
    const clock = testClock(0, 0.5);
    const seen: unknown[] = [];
    for await (const look of pollPhoto(api, created.id, { clock })) seen.push(look);
    expect(seen).toMatchObject([
      { status: 'waiting', uploaded: true, ahead: 3, seconds: 20, retryAfterSeconds: 7 },
      { status: 'succeeded', name: photo.name },
    ]);
    // Retry-After 7 s plus half of the 20 % jitter.
    expect(clock.slept).toEqual([7700]);
    const succeeded = seen.at(-1) as SucceededPhoto;
    const result = Buffer.from(await (await download(api, succeeded)).arrayBuffer());
    expect(result).toEqual(coloured(Buffer.from(bytes)));
  });

  it.each([
    [{ url: 'https://photos.example/shared/x?signature=1', expiresAt: '2026-06-01T12:00:00Z' }, undefined],
    [{ url: 'http://photos.example/shared/x', expiresAt: '2026-06-01T12:00:00Z' }, 'untrusted-answer'],
    // oxlint-disable-next-line no-script-url -- an attack, which must not be followed
    [{ url: 'javascript:alert(1)', expiresAt: '2026-06-01T12:00:00Z' }, 'untrusted-answer'],
    [{ url: 'https://photos.example/shared/x', expiresAt: 'soon' }, 'unavailable'],
    [{}, 'unavailable'],
  ])('is shared by the link of the answer %j', async (answer, code) => {
    let sent = '';
    const send = (url: unknown, init?: RequestInit) => {
      sent = `${init?.method} ${String(url)}`;
      return Promise.resolve(Response.json(answer));
    };
    const shared = new PhotoApi('https://api.example/colour/', { fetch: send }).share('a/b');
    if (code === undefined) expect(await shared).toEqual(answer);
    else await expect(shared).rejects.toMatchObject({ code });
    expect(sent).toBe('POST https://api.example/colour/photos/a%2Fb/share');
  });

  it('is sent with credentials on each request except health', async () => {
    const seen: unknown[] = [];
    const authorize: PhotoApiOptions['authorize'] = (request) => {
      seen.push([request.method, new URL(request.url).pathname, request.body?.includes(photo.name)]);
      return { authorization: 'Bearer x' };
    };
    const api = await start({ allows: ({ headers }) => headers.authorization === 'Bearer x' }, { authorize });
    const { id } = await colourPhoto(api);
    await api.health();
    expect(seen.slice(0, 2)).toEqual([
      ['POST', '/stage/photos', true],
      ['GET', `/stage/photos/${id}`, undefined],
    ]);
    const authorized = gateway.requests
      .filter(({ authorization }) => authorization)
      .map(({ route }) => route);
    expect(authorized).toEqual(['create', 'status', 'status']);
  });

  it.each([
    ['create', { status: 200, body: '<html>Sign in to the hotel' }, 'unavailable'],
    ['create', { status: 201, body: '{"id":"x"}' }, 'unavailable'],
    ['create', 'half', 'unavailable'],
    ['create', 'reset', 'unavailable'],
    ['create', { status: 302, headers: { location: '/elsewhere' }, body: '' }, 'unavailable'],
    ['create', problem(429, 'hourly-quota-exceeded', '60 per hour.'), 'hourly-quota-exceeded'],
    ['health', { status: 200, body: '{"status":"fine"}' }, 'unavailable'],
    ['status', { status: 200, body: '{"status":"succeeded"}' }, 'unavailable'],
    ['status', { status: 200, body: 'null' }, 'unavailable'],
  ] as const)('%s throws an ApiError on response %j', async (route, fault, code) => {
    const api = await start();
    gateway.faults[route] = [fault];
    const requests = {
      create: () => api.create(photo),
      health: () => api.health(),
      status: () => api.status('x'),
    };
    await expect(requests[route]()).rejects.toEqual(apiError(code));
  });

  it('rejects with the reason of an aborted signal', async () => {
    const api = await start();
    const reason = new Error('aborted');
    await expect(api.create(photo, AbortSignal.abort(reason))).rejects.toBe(reason);
    const later = new AbortController();
    const pending = api.create(photo, later.signal);
    later.abort(reason);
    await expect(pending).rejects.toBe(reason);
  });
});

it('the bundle for browsers is below 6 kB and uses nothing of Node', async () => {
  // What the page uses; the package's own face is measured with the package.
  const files = readdirSync('client')
    .filter((name) => !['index.ts', 'colouring-client.ts', 'pooled.ts'].includes(name))
    .map((name) => join('client', name));
  const contents = files.map((file) => `export * from './${file}';`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(6144);
  for (const file of files) expect(readFileSync(file, 'utf8')).not.toMatch(/\b(process|Buffer|require)\b/);
});
