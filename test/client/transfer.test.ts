/** Upload, poll and download against a fake gateway that fails as S3 and API Gateway do. */
import { describe, expect, it } from 'vitest';
import type { SucceededPhoto } from '../../client/api.ts';
import { download } from '../../client/download.ts';
import { ApiError } from '../../client/errors.ts';
import { poll, pollDelayMs, pollPhoto } from '../../client/poll.ts';
import { sendWith, upload, type Send } from '../../client/upload.ts';
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
import { storeError } from './support/gateway.ts';

closeGatewayAfterEachTest();

describe('upload', () => {
  const slowDown = { status: 503, body: storeError('SlowDown', 'Please reduce your request rate.') };
  const conflict = { status: 409, body: storeError('ConditionalRequestConflict', 'x') };

  it('retries retryable errors', async () => {
    const api = await start();
    gateway.faults.upload = [slowDown, 'reset', conflict];
    const clock = testClock();
    const retries: string[] = [];
    const onRetry = (error: ApiError, waitMs: number) => void retries.push(`${error.code} ${waitMs}`);
    await upload(await api.create(photo), bytes, sendWith(), { clock, onRetry });
    expect(retries).toEqual(['unavailable 1000', 'unavailable 2000', 'link-used 4000']);
    expect(gateway.stored()).toEqual([photo.name]);
  });

  it('succeeds when an earlier attempt stored the photo and its response was lost', async () => {
    const api = await start();
    const created = await api.create(photo);
    let lost = false;
    const send: Send<Uint8Array<ArrayBuffer>> = async (...args) => {
      const response = await sendWith()(...args);
      if (lost) return response;
      lost = true;
      throw new TypeError('Failed to fetch');
    };
    await upload(created, bytes, send, { clock: testClock() });
    expect(gateway.count('upload')).toBe(2);
  });

  it('fails for a link that is used, expired or signed for other values', async () => {
    let nowMs = Date.now();
    const api = await start({ now: () => nowMs });
    const used = await api.create(photo);
    await upload(used, bytes, sendWith());
    await expect(upload(used, bytes, sendWith())).rejects.toEqual(apiError('link-used'));
    const other = await api.create(photo);
    await expect(upload(other, new Uint8Array(9), sendWith())).rejects.toEqual(apiError('link-mismatch'));
    nowMs += 3600_000;
    await expect(upload(other, bytes, sendWith())).rejects.toEqual(apiError('link-expired'));
  });

  it('decides by the clock whether the link has expired when the body is not readable', async () => {
    const api = await start();
    const created = await api.create(photo);
    const unreadable: Send<Uint8Array> = () => Promise.resolve(new Response(null, { status: 403 }));
    const late = testClock(Date.now() + 3600_000);
    await expect(upload(created, bytes, unreadable)).rejects.toEqual(apiError('link-mismatch'));
    await expect(upload(created, bytes, unreadable, { clock: late })).rejects.toEqual(
      apiError('link-expired'),
    );
  });
});

describe('poll', () => {
  it('waits for five seconds without Retry-After, and up to 20 % longer than it', () => {
    expect(pollDelayMs(undefined, 0)).toBe(5000);
    expect(pollDelayMs(2, 1)).toBe(2400);
  });

  it('retries retryable errors and waits for Retry-After', async () => {
    const api = await start();
    const created = await api.create(photo);
    await upload(created, bytes, sendWith());
    const busy = { status: 429, headers: { 'retry-after': '30' }, body: '{"message":"Too Many Requests"}' };
    gateway.faults.status = ['reset', busy, { status: 503, body: '{"message":"Service Unavailable"}' }];
    const clock = testClock();
    const seen: unknown[] = [];
    for await (const { status } of pollPhoto(api, created.id, { clock })) seen.push(status);
    expect(seen).toEqual(['waiting', 'succeeded']);
    expect(clock.slept).toEqual([1000, 30_000, 4000, 0]);
  });

  it('throws other errors', async () => {
    const api = await start();
    const wait = pollPhoto(api, 'x'.repeat(22));
    await expect(wait.next()).rejects.toEqual(apiError('not-found'));
  });

  it('stops when onRetry throws or the signal is aborted', async () => {
    const failing = () => Promise.reject(new ApiError('unavailable', 503));
    const clock = testClock();
    const onRetry = () => {
      throw new Error('retries exhausted');
    };
    await expect(poll(failing, { clock, onRetry }).next()).rejects.toThrow('retries exhausted');
    const abort = new AbortController();
    const waiting = poll(failing, { signal: abort.signal }).next();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});

describe('download', () => {
  const later = (photo: SucceededPhoto) => testClock(Date.parse(photo.expiresAt) + 1);

  it('renews links that have expired by the clock or by the response of S3', async () => {
    let nowMs = Date.now();
    const api = await start({ now: () => nowMs });
    const succeeded = await colourPhoto(api);
    nowMs += 3600_000;
    const before = gateway.count('status');
    expect((await download(api, succeeded)).size).toBe(succeeded.size);
    expect(gateway.count('status')).toBe(before + 1);
    expect(gateway.count('result')).toBe(2);
    expect((await download(api, succeeded, { clock: later(succeeded) })).size).toBe(succeeded.size);
    expect(gateway.count('result')).toBe(3);
  });

  it('says why a deleted photo is not found', async () => {
    const api = await start();
    const succeeded = await colourPhoto(api);
    const gone = {
      status: 'failed',
      id: succeeded.id,
      name: 'x',
      code: 'expired',
      message: 'Deleted.',
      retryable: true,
    };
    gateway.faults.status = [{ status: 200, body: JSON.stringify(gone) }];
    const error = (await download(api, succeeded, { clock: later(succeeded) }).catch(
      (reason: unknown) => reason,
    )) as ApiError;
    expect(error).toMatchObject({ code: 'not-found', detail: 'Deleted.' });
    await expect(download(api, succeeded, { which: 'photo' })).rejects.toEqual(apiError('not-found'));
  });

  it('fails when the response is not complete', async () => {
    const api = await start();
    const succeeded = await colourPhoto(api);
    gateway.faults.result = ['half', { status: 200, body: 'short' }, 'reset'];
    for (let k = 0; k < 3; k++)
      await expect(download(api, succeeded)).rejects.toEqual(apiError('unavailable'));
  });
});
