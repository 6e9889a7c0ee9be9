/** The package's client against a fake gateway: one photo, many photos, refused ones, aborts and continued ids. */
import { afterEach, describe, expect, it } from 'vitest';
import { ColouringClient, type ColouringClientOptions, type Photo } from '../../client/index.ts';
import { apiError } from './support/api.ts';
import { testClock } from './support/clock.ts';
import { collect } from './support/collect.ts';
import { coloured, FakeGateway, problem, type FakeGatewayOptions } from './support/gateway.ts';

let gateway: FakeGateway;
afterEach(() => gateway.close());
async function start(options?: FakeGatewayOptions, more: Partial<ColouringClientOptions> = {}) {
  gateway = await FakeGateway.start(options);
  return new ColouringClient({ url: gateway.url, clock: testClock(Date.now()), ...more });
}
const body = new Uint8Array([1, 2, 3]);
const photoOf = (n: number): Photo => ({ name: `${n}.jpg`, type: 'image/jpeg', body });
const photos = (count: number) => Array.from({ length: count }, (_, n) => photoOf(n));

describe('one photo', () => {
  it('is submitted, awaited by another client with its id, and downloaded', async () => {
    const client = await start();
    const id = await client.submit(photoOf(1), { lane: 'bulk' });
    expect(gateway.photos.get(id)?.wanted.lane).toBe('bulk');
    const other = new ColouringClient({ url: gateway.url, clock: testClock(Date.now()) });
    const outcome = await other.outcome(id);
    if (outcome.status !== 'succeeded') throw new Error(outcome.message);
    const picture = await other.download(outcome);
    expect(Buffer.from(await picture.arrayBuffer())).toEqual(coloured(Buffer.from(body)));
  });

  it('is awaited until the signal is aborted', async () => {
    const client = await start({ statusOf: () => ({ status: 'waiting' }) }, { clock: undefined });
    const id = await client.submit(photoOf(1));
    const abort = new AbortController();
    const outcome = client.outcome(id, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(outcome).rejects.toThrow('enough');
  });

  it('is created again when its link has expired before the upload', async () => {
    let nowMs = Date.now();
    const client = await start({ now: () => (nowMs += 500_000), linkSeconds: 900 });
    nowMs -= 400_000;
    gateway.faults.upload = [
      { status: 403, body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>' },
    ];
    const id = await client.submit(photoOf(1));
    expect(gateway.count('create')).toBe(2);
    expect(gateway.photos.get(id)?.body).toEqual(Buffer.from(body));
  });

  it('sends what authorize returns to the API and to no link', async () => {
    const client = await start(undefined, { authorize: async () => ({ authorization: 'Bearer t' }) });
    await client.outcome(await client.submit(photoOf(1)));
    for (const { route, authorization } of gateway.requests)
      expect(authorization, route).toBe(route === 'upload' ? undefined : 'Bearer t');
  });

  it.each([0, 1.5, -1, NaN])('no concurrency of %d', (concurrency) => {
    expect(() => new ColouringClient({ url: 'https://x.example/', concurrency })).toThrow(
      `concurrency ${concurrency}: use a whole number from 1.`,
    );
  });
});

describe('many photos', () => {
  it('are each yielded once, with their outcome, failed ones too', async () => {
    const client = await start({
      statusOf: ({ wanted }) =>
        wanted.name === '3.jpg'
          ? { status: 'failed', code: 'unreadable-image', message: 'cut off', retryable: false }
          : { status: 'succeeded' },
    });
    const seen: string[] = [];
    for await (const item of client.colour(photos(20)))
      seen.push(`${item.photo.name} ${'error' in item ? item.error.code : item.outcome.status}`);
    const expected = photos(20).map(({ name }) => `${name} ${name === '3.jpg' ? 'failed' : 'succeeded'}`);
    expect(seen.sort()).toEqual(expected.sort());
  });

  it('are sent with the options, and with nothing else', async () => {
    const client = await start();
    const options = { preset: 'buildings' };
    await collect(client.colour(photos(1), { options, lane: 'bulk', onSubmitted: () => undefined }));
    const [sent] = gateway.photos.values();
    expect(sent!.wanted).toEqual({
      name: '0.jpg',
      type: 'image/jpeg',
      size: 3,
      output: 'photo',
      options,
      lane: 'bulk',
    });
  });

  it('are no longer polled when the loop is left', async () => {
    const client = await start(
      { statusOf: ({ wanted }) => ({ status: wanted.name === '0.jpg' ? 'succeeded' : 'waiting' }) },
      { concurrency: 2 },
    );
    for await (const item of client.colour(photos(2))) if (item.photo.name === '0.jpg') break;
    const isQuiet = async () => {
      const before = gateway.requests.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return gateway.requests.length === before;
    };
    await expect.poll(isQuiet).toBe(true);
  });

  it('go on after one that the API refuses', async () => {
    const client = await start(undefined, { concurrency: 1 });
    gateway.faults.create = [problem(413, 'too-large', 'size 3')];
    const items = await collect(client.colour(photos(2)));
    expect(items[0]).toMatchObject({ photo: { name: '0.jpg' }, error: apiError('too-large') });
    expect(items[1]).toMatchObject({ photo: { name: '1.jpg' }, outcome: { status: 'succeeded' } });
  });

  it('stop when the signal is aborted, with the ids known so far', async () => {
    const client = await start({ statusOf: () => ({ status: 'waiting' }) }, { clock: undefined });
    const abort = new AbortController();
    const ids: string[] = [];
    const onSubmitted = (_: Photo, id: string) => {
      if (ids.push(id) === 3) abort.abort(new Error('enough'));
    };
    const all = collect(client.colour(photos(9), { onSubmitted }, { signal: abort.signal }));
    await expect(all).rejects.toThrow('enough');
    for (const id of ids) expect(gateway.photos.get(id)?.body).toBeDefined();
  });
});
