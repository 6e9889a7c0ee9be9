/** Requests and links through the deployed gateway. */
import { PutObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';
import { apiPhotoKey, failedKey, resultKey } from '../../../../contract/keys.ts';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import { DEFAULT_POLICY } from '../../../../contract/policy.ts';
import type { View } from '../../../../contract/view.ts';
import { photoSchema, type CreatedPhoto } from '../../../../contract/photo-api.ts';
import { deployed } from '../support/deployed.ts';
import {
  BYTES,
  createPhoto,
  getPhoto,
  keys,
  PHOTO,
  post,
  problemOf,
  put,
  stored,
  type Headers,
} from '../support/http.ts';

export function requestTests(): void {
  describe('a photo', () => {
    it('is uploaded by a link and its result downloaded by another', async () => {
      const created = await createPhoto({ name: 'Grüße.jpg' });
      expect((await put(created)).status).toBe(200);
      expect(photoSchema.parse(await (await getPhoto(created.id)).json())).toMatchObject({
        status: 'waiting',
        uploaded: true,
        name: 'Grüße.jpg',
      });
      const Key = resultKey(apiPhotoKey(created.id));
      await deployed.s3.send(
        new PutObjectCommand({
          Bucket: deployed.open.bucket,
          Key,
          Body: 'colour',
          ContentType: 'image/jpeg',
        }),
      );
      const response = await getPhoto(created.id);
      expect(response.headers.get('retry-after')).toBeNull();
      const status = photoSchema.parse(await response.json());
      if (status.status !== 'succeeded') throw new Error(`status ${status.status}`);
      const [result, photo] = await Promise.all([
        fetch(status.links.result),
        fetch(status.links.photo ?? ''),
      ]);
      expect(await result.text()).toBe('colour');
      expect(result.headers.get('content-disposition')).toContain("filename*=UTF-8''Gr%C3%BC%C3%9Fe.jpg");
      expect(Buffer.from(await photo.arrayBuffer())).toEqual(BYTES);
    });

    it('of a burst onto a fresh stage at zero has the burst ahead, and about a boot to wait', async () => {
      const { serviceSeconds, bootSeconds } = DEFAULT_POLICY;
      const at = Math.floor(Date.now() / 1000) - 5;
      const fresh: View = {
        ...{ at, tickSeconds: 30, visible: 0, inFlight: 0, inService: 0, coming: [] },
        ...{ arrivalsPerSecond: 0, serviceSeconds, bootSeconds, bootsMeasured: 0, photosMeasured: 0 },
        sizing: { desired: 0, beside: 0.1, perQueued: 0.001, max: 20 },
        history: [{ at, backlog: 0, completed: null }],
      };
      await deployed.documents.send(
        new PutCommand({
          TableName: deployed.open.scalerTable,
          Item: { [TABLE_KEY]: MEMORY_KEY, [VIEW_ATTRIBUTE]: fresh },
        }),
      );
      const burst: Awaited<ReturnType<typeof createPhoto>>[] = [];
      for (let k = 0; k < 12; k++) burst.push(await createPhoto());
      await put(burst[11]!);
      // For two seconds the function may go by the missing view that another test's request has read.
      const photo = await vi.waitFor(
        async () => {
          const read = photoSchema.parse(await (await getPhoto(burst[11]!.id)).json());
          if (read.status !== 'waiting') throw new Error(`status ${read.status}`);
          expect(read.ahead).not.toBeNull();
          return read;
        },
        { timeout: 20_000, interval: 500 },
      );
      // Other tests' photos of the last seconds are announced too.
      expect(photo.ahead).toBeGreaterThanOrEqual(11);
      const boot = bootSeconds * (Math.sin(Math.PI / 6) / (Math.PI / 6));
      const expected = 3 + 1.5 + boot + (photo.ahead! + 1.5) * serviceSeconds;
      expect(Math.abs(photo.seconds! - expected)).toBeLessThan(5);
    });

    it('that failed has code and message', async () => {
      const { id } = await createPhoto();
      const failure = {
        code: 'unreadable-image',
        message: 'Torn.',
        retryable: false,
        key: apiPhotoKey(id),
        etag: 'x',
      };
      await deployed.s3.send(
        new PutObjectCommand({
          Bucket: deployed.open.bucket,
          Key: failedKey(apiPhotoKey(id)),
          Body: JSON.stringify(failure),
        }),
      );
      expect(await (await getPhoto(id)).json()).toMatchObject({
        status: 'failed',
        code: 'unreadable-image',
        message: 'Torn.',
      });
    });

    it('with output chroma has it in its metadata', async () => {
      const created = await createPhoto({ output: 'chroma' });
      expect((await put(created)).status).toBe(200);
      const { Metadata } = await deployed.s3.send(
        new GetObjectCommand({ Bucket: deployed.open.bucket, Key: apiPhotoKey(created.id) }),
      );
      expect(Metadata).toEqual({
        output: 'chroma',
        'trace-id': expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      });
    });
  });

  describe('an invalid request stores nothing', () => {
    it.each<[string, unknown, Headers, number, string]>([
      ['a wrong type', { ...PHOTO, type: 'image/gif' }, {}, 415, 'unsupported-type'],
      ['too many bytes', { ...PHOTO, size: 25_000_001 }, {}, 413, 'too-large'],
      ['a path for a name', { ...PHOTO, name: '../../etc/passwd' }, {}, 400, 'bad-request'],
      ['a key of its own', { ...PHOTO, key: 'incoming/mine.jpg' }, {}, 400, 'bad-request'],
      ['no JSON', 'name=photo.jpg', {}, 400, 'bad-request'],
      [
        'a form',
        'name=photo.jpg',
        { 'content-type': 'application/x-www-form-urlencoded' },
        415,
        'unsupported-type',
      ],
      ['a megabyte of JSON', { ...PHOTO, name: 'x'.repeat(1e6) }, {}, 413, 'too-large'],
    ])('%s', async (_case, body, headers, status, code) => {
      const before = await keys();
      const response = await post(body, headers);
      expect(response.status).toBe(status);
      expect((await problemOf(response)).code).toBe(code);
      expect(await keys()).toEqual(before);
    });

    if (process.env.FULL) {
      it('ten megabytes of JSON', async () => {
        const before = await keys();
        const response = await post({ ...PHOTO, name: 'x'.repeat(1e7) });
        expect([413, 400]).toContain(response.status);
        expect(await keys()).toEqual(before);
      });
    }
  });

  describe('a link stores one object once', () => {
    it.each<[string, (created: CreatedPhoto) => Promise<Response>]>([
      ['more bytes', (created) => put(created, Buffer.concat([BYTES, BYTES]))],
      ['fewer bytes', (created) => put(created, BYTES.subarray(1))],
      ['another type', (created) => put(created, BYTES, { 'content-type': 'text/html' })],
      ['another output', (created) => put(created, BYTES, { 'x-amz-meta-output': 'chroma' })],
      ['another condition', (created) => put(created, BYTES, { 'if-none-match': 'x' })],
      [
        'another key',
        (created) =>
          put(created, BYTES, {}, created.upload.url.replace(created.id, 'A'.repeat(created.id.length))),
      ],
      [
        'a key above',
        (created) => put(created, BYTES, {}, created.upload.url.replace(`api/${created.id}`, `api/../x`)),
      ],
      [
        'a longer life',
        (created) =>
          put(created, BYTES, {}, created.upload.url.replace(/X-Amz-Expires=\d+/, 'X-Amz-Expires=604800')),
      ],
      [
        'no signature',
        (created) =>
          put(created, BYTES, {}, created.upload.url.replace(/X-Amz-Signature=\w+/, 'X-Amz-Signature=0')),
      ],
    ])('and rejects %s', async (_case, send) => {
      const created = await createPhoto();
      const before = await keys();
      const response = await send(created);
      expect(response.status).toBe(403);
      expect(await keys()).toEqual(before);
      // The link still works.
      expect((await put(created)).status).toBe(200);
    });

    it('and rejects an upload without its condition', async () => {
      const created = await createPhoto();
      const { 'if-none-match': _, ...headers } = created.upload.headers;
      const response = await fetch(created.upload.url, {
        method: 'PUT',
        headers,
        body: new Uint8Array(BYTES),
      });
      expect(response.status).toBe(403);
    });

    it('and rejects a second upload', async () => {
      const created = await createPhoto();
      expect((await put(created)).status).toBe(200);
      const other = Buffer.from(BYTES).fill('x');
      expect((await put(created, other)).status).toBe(412);
      expect(await stored(created.id)).toEqual(BYTES);
    });

    it('of twenty uploads at once', async () => {
      const created = await createPhoto();
      const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await put(created)).status));
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(19);
    });
  });
}
