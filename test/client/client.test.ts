/** The client against a gateway that follows the contract, and misbehaves. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { PhotoApi, type SucceededPhoto, type PhotoApiOptions } from '../../client/api.ts';
import { download } from '../../client/download.ts';
import { backoffMs, withRetries } from '../../client/retry.ts';
import { ApiError } from '../../client/errors.ts';
import { withTimeout, systemClock } from '../../client/time.ts';
import { sendWithFetch, upload, type Send } from '../../client/upload.ts';
import { poll, pollDelayMs, pollPhoto } from '../../client/poll.ts';
import { testClock } from './support/clock.ts';
import { coloured, FakeGateway, problem, storeError, type FakeGatewayOptions } from './support/gateway.ts';

const bytes = new Uint8Array([1, 2, 3]);
const photo = { name: 'Großmutter 1931.jpg', type: 'image/jpeg', size: bytes.length } as const;

let gateway: FakeGateway;
afterEach(() => gateway?.close());
async function start(options?: FakeGatewayOptions, apiOptions?: PhotoApiOptions): Promise<PhotoApi> {
  gateway = await FakeGateway.start(options);
  return new PhotoApi(gateway.url, apiOptions);
}
const refusal = (code: string) => expect.objectContaining({ name: 'ApiError', code }) as Error;

/** Sends a photo and waits for its end. */
async function through(api: PhotoApi): Promise<SucceededPhoto> {
  const created = await api.create(photo);
  await upload(created, bytes, sendWithFetch);
  for await (const look of pollPhoto(api, created.id, { clock: testClock() }))
    if (look.status === 'succeeded') return look;
  throw new Error('it is not done');
}

describe('the address of the API', () => {
  it.each(['https://a.example', 'https://a.example//', 'https://a.example/x', 'https://a.example/?x/'])(
    'cannot be %s',
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
  it('is announced, sent, waited for and fetched', async () => {
    const api = await start({ pollSeconds: 7 });
    const created = await api.create(photo);
    await upload(created, new Blob([bytes]), sendWithFetch);
    const clock = testClock(0, 0.5);
    const seen = [];
    for await (const look of pollPhoto(api, created.id, { clock })) seen.push(look);
    expect(seen).toMatchObject([
      { status: 'waiting', uploaded: true, ahead: 3, seconds: 20, retryAfterSeconds: 7 },
      { status: 'succeeded', name: photo.name },
    ]);
    // A tenth more than asked for: half of the jitter.
    expect(clock.slept).toEqual([7700]);
    const done = seen.at(-1) as SucceededPhoto;
    const result = Buffer.from(await (await download(api, done)).arrayBuffer());
    expect(result).toEqual(coloured(Buffer.from(bytes)));
  });

  it('comes with whatever says who asks, on each request but that for health', async () => {
    const seen: unknown[] = [];
    const authorize: PhotoApiOptions['authorize'] = (request) => {
      seen.push([request.method, new URL(request.url).pathname, request.body?.includes(photo.name)]);
      return { authorization: 'Bearer x' };
    };
    const api = await start({ allows: ({ headers }) => headers.authorization === 'Bearer x' }, { authorize });
    const { id } = await through(api);
    await api.health();
    expect(seen.slice(0, 2)).toEqual([
      ['POST', '/stage/photos', true],
      ['GET', `/stage/photos/${id}`, undefined],
    ]);
    const told = gateway.requests.filter(({ authorization }) => authorization).map(({ route }) => route);
    expect(told).toEqual(['create', 'status', 'status']);
  });

  it.each([
    ['create', { status: 200, body: '<html>Sign in to the hotel' }, 'unavailable'],
    ['create', { status: 201, body: '{"id":"x"}' }, 'unavailable'],
    ['create', 'half', 'unavailable'],
    ['create', 'reset', 'unavailable'],
    ['create', { status: 302, headers: { location: '/elsewhere' }, body: '' }, 'unavailable'],
    ['create', problem(429, 'hourly-quota-exceeded', 'Enough.'), 'hourly-quota-exceeded'],
    ['health', { status: 200, body: '{"status":"fine"}' }, 'unavailable'],
    ['status', { status: 200, body: '{"status":"succeeded"}' }, 'unavailable'],
    ['status', { status: 200, body: 'null' }, 'unavailable'],
  ] as const)('is refused when %s answers %j', async (route, fault, code) => {
    const api = await start();
    gateway.faults[route] = [fault];
    const asked = {
      create: () => api.create(photo),
      health: () => api.health(),
      status: () => api.status('x'),
    };
    await expect(asked[route]()).rejects.toEqual(refusal(code));
  });

  it('ends at a signal with its reason, and not as a refusal', async () => {
    const api = await start();
    const reason = new Error('enough');
    await expect(api.create(photo, AbortSignal.abort(reason))).rejects.toBe(reason);
    const later = new AbortController();
    const asked = api.create(photo, later.signal);
    later.abort(reason);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('sending', () => {
  const slowDown = { status: 503, body: storeError('SlowDown', 'Please reduce your request rate.') };
  const conflict = { status: 409, body: storeError('ConditionalRequestConflict', 'x') };

  it('is tried again while it fails in passing', async () => {
    const api = await start();
    gateway.faults.upload = [slowDown, 'reset', conflict];
    const clock = testClock();
    const told: string[] = [];
    const trouble = (one: ApiError, waitMs: number) => void told.push(`${one.code} ${waitMs}`);
    await upload(await api.create(photo), bytes, sendWithFetch, { clock, onRetry: trouble });
    expect(told).toEqual(['unavailable 1000', 'unavailable 2000', 'link-used 4000']);
    expect(gateway.stored()).toEqual([photo.name]);
  });

  it('is done when an earlier try has got through and only its answer was lost', async () => {
    const api = await start();
    const created = await api.create(photo);
    let lost = false;
    const send: Send<Uint8Array<ArrayBuffer>> = async (...args) => {
      const response = await sendWithFetch(...args);
      if (lost) return response;
      lost = true;
      throw new TypeError('Failed to fetch');
    };
    await upload(created, bytes, send, { clock: testClock() });
    expect(gateway.count('upload')).toBe(2);
  });

  it('is refused by a link that was used, that has expired, or that is for something else', async () => {
    let nowMs = Date.now();
    const api = await start({ now: () => nowMs });
    const used = await api.create(photo);
    await upload(used, bytes, sendWithFetch);
    await expect(upload(used, bytes, sendWithFetch)).rejects.toEqual(refusal('link-used'));
    const other = await api.create(photo);
    await expect(upload(other, new Uint8Array(9), sendWithFetch)).rejects.toEqual(refusal('link-mismatch'));
    nowMs += 3600_000;
    await expect(upload(other, bytes, sendWithFetch)).rejects.toEqual(refusal('link-expired'));
  });

  it('knows an expired link by the time where the store cannot be read', async () => {
    const api = await start();
    const created = await api.create(photo);
    const unread: Send<Uint8Array> = () => Promise.resolve(new Response(null, { status: 403 }));
    const late = testClock(Date.now() + 3600_000);
    await expect(upload(created, bytes, unread)).rejects.toEqual(refusal('link-mismatch'));
    await expect(upload(created, bytes, unread, { clock: late })).rejects.toEqual(refusal('link-expired'));
  });
});

describe('waiting', () => {
  it('is patient with what passes, and waits as long as it is told to', async () => {
    const api = await start();
    const created = await api.create(photo);
    await upload(created, bytes, sendWithFetch);
    const busy = { status: 429, headers: { 'retry-after': '30' }, body: '{"message":"Too Many Requests"}' };
    gateway.faults.status = ['reset', busy, { status: 503, body: '{"message":"Service Unavailable"}' }];
    const clock = testClock();
    const seen = [];
    for await (const { status } of pollPhoto(api, created.id, { clock })) seen.push(status);
    expect(seen).toEqual(['waiting', 'succeeded']);
    expect(clock.slept).toEqual([1000, 30_000, 4000, 0]);
  });

  it('ends with what does not pass', async () => {
    const api = await start();
    const wait = pollPhoto(api, 'x'.repeat(22));
    await expect(wait.next()).rejects.toEqual(refusal('not-found'));
  });

  it('can be ended by whoever is told of the trouble, and by a signal', async () => {
    const failing = () => Promise.reject(new ApiError('unavailable', 503));
    const clock = testClock();
    const trouble = () => {
      throw new Error('too long');
    };
    await expect(poll(failing, { clock, onRetry: trouble }).next()).rejects.toThrow('too long');
    const abort = new AbortController();
    const waiting = poll(failing, { signal: abort.signal }).next();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('fetching', () => {
  const later = (done: SucceededPhoto) => testClock(Date.parse(done.expiresAt) + 1);

  it('asks for new links when their time is over, by the clock or by what the store says', async () => {
    let nowMs = Date.now();
    const api = await start({ now: () => nowMs });
    const done = await through(api);
    nowMs += 3600_000;
    const before = gateway.count('status');
    expect((await download(api, done)).size).toBe(done.size);
    expect(gateway.count('status')).toBe(before + 1);
    expect(gateway.count('result')).toBe(2);
    expect((await download(api, done, { clock: later(done) })).size).toBe(done.size);
    expect(gateway.count('result')).toBe(3);
  });

  it('says what has become of a photo that is gone', async () => {
    const api = await start();
    const done = await through(api);
    const gone = {
      status: 'failed',
      id: done.id,
      name: 'x',
      code: 'expired',
      message: 'Deleted.',
      retryable: true,
    };
    gateway.faults.status = [{ status: 200, body: JSON.stringify(gone) }];
    const error = (await download(api, done, { clock: later(done) }).catch(
      (one: unknown) => one,
    )) as ApiError;
    expect(error).toMatchObject({ code: 'not-found', detail: 'Deleted.' });
    await expect(download(api, done, { which: 'photo' })).rejects.toEqual(refusal('not-found'));
  });

  it('is refused when not all of it came', async () => {
    const api = await start();
    const done = await through(api);
    gateway.faults.result = ['half', { status: 200, body: 'short' }, 'reset'];
    for (let k = 0; k < 3; k++) await expect(download(api, done)).rejects.toEqual(refusal('unavailable'));
  });
});

describe('time', () => {
  it.each([
    [1, undefined, 0, 1000],
    [1, undefined, 0.998, 501],
    [4, undefined, 0, 8000],
    [7, undefined, 0, 60_000],
    [70, undefined, 0, 60_000],
    [1, 90, 0.5, 90_000],
    [6, 2, 0, 32_000],
  ])('after %s failures, told %s s, waits %s', (failures, told, random, ms) => {
    expect(backoffMs(failures, told, random)).toBe(ms);
  });

  it('asks again after five seconds where nobody says', () => {
    expect(pollDelayMs(undefined, 0)).toBe(5000);
    expect(pollDelayMs(2, 1)).toBe(2400);
  });

  it('passes on what is no refusal', async () => {
    await expect(withRetries(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError);
  });

  it('of a real clock ends at a signal', async () => {
    await systemClock.sleep(1);
    const reason = new Error('enough');
    await expect(systemClock.sleep(1e6, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(systemClock.random()).toBeLessThan(1);
  });

  it('is limited for one request', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<void>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    await expect(withTimeout(5, undefined, never)).rejects.toThrow('no answer within 0.005 s');
    const outer = new AbortController();
    const asked = withTimeout(1e6, outer.signal, never);
    outer.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});

it('is a few kilobytes in a page, and nothing of Node', async () => {
  const files = readdirSync('client').map((name) => join('client', name));
  const contents = files.map((file) => `export * from './${file}';`).join('\n');
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: process.cwd() },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  expect(gzipSync(outputFiles[0]?.contents ?? '').length).toBeLessThan(4096);
  for (const file of files) expect(readFileSync(file, 'utf8')).not.toMatch(/\b(process|Buffer|require)\b/);
});
