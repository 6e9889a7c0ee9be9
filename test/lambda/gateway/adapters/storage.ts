/** PhotoStorage: one suite for memory and S3, with links used over HTTP. */
import { beforeEach, describe, expect, it } from 'vitest';
import { apiPhotoKey, failedKey, resultKey, sharedKey } from '../../../../contract/keys.ts';
import type { PhotoPlace, PhotoStorage, UploadLink } from '../../../../lambda/gateway/ports.ts';
import { newId, record, TRACE } from '../support/aws.ts';
import { failureOf } from '../support/memory.ts';
import type { LinkRequest } from '../support/memory-storage.ts';
import { memoryPhotos, s3Photos, type Fixture } from './storage-fixtures.ts';

/** A download. */
export const fileOf = (name = 'x.jpg') => ({ name, type: 'image/jpeg' as const });

/** Names that need encoding in a header. */
const NAMES = [
  'Oma.jpg',
  "Grüße 'x' (1).jpg",
  '照片.png',
  '"quoted".jpg',
  'a; filename=b.exe',
  '100% *echt*, ja!.tif',
  "UTF-8''x.jpg",
  '👵🏽 1945.webp',
  'שלום.jpg',
  ' x .jpg ',
  '.jpg',
  'ä'.repeat(200),
];

/** The name by RFC 6266 and RFC 8187; undefined for invalid syntax. */
export function nameIn(disposition: string | undefined | null): string | undefined {
  const encoded = /^attachment; filename\*=UTF-8''((?:[A-Za-z0-9!#$&+.^_`|~-]|%[0-9A-F]{2})+)$/.exec(
    disposition ?? '',
  )?.[1];
  return encoded === undefined ? undefined : decodeURIComponent(encoded);
}

export function storageTests(): void {
  describe.each<[string, () => Fixture]>([
    ['memory', memoryPhotos],
    ['S3', s3Photos],
  ])('PhotoStorage: %s', (_name, make) => {
    let fixture: Fixture;
    let storage: PhotoStorage;
    let id: string;
    beforeEach(() => {
      fixture = make();
      ({ storage } = fixture);
      id = newId();
    });
    const key = () => apiPhotoKey(id);
    const body = Buffer.from('as good as a photo');

    it('has no missing objects', async () => {
      expect(await storage.photo({ id })).toBeUndefined();
      expect(await storage.result({ id })).toBeUndefined();
      expect(await storage.failure({ id })).toBeUndefined();
    });

    it('reads photo, result and failure record', async () => {
      const readAll = () =>
        Promise.all([storage.photo({ id }), storage.result({ id }), storage.failure({ id })]);
      await fixture.write(key(), body, 'image/jpeg');
      const stored = { bytes: body.length, type: 'image/jpeg', storedAt: expect.any(Number) as number };
      expect(await readAll()).toEqual([stored, undefined, undefined]);
      await fixture.write(failedKey(key()), JSON.stringify(failureOf(id)), 'application/json');
      const failed = { ...failureOf(id), storedAt: expect.any(Number) as number };
      expect(await readAll()).toEqual([stored, undefined, failed]);
      await fixture.write(resultKey(key()), 'in colour', 'image/png');
      expect(await readAll()).toEqual([stored, { ...stored, bytes: 9, type: 'image/png' }, failed]);
    });

    it('keeps a bulk photo, its result and its failure record in the folders of its lane', async () => {
      const bulk = { id, lane: 'bulk' } as const;
      const link = await storage.uploadLink(record({ ...bulk }), body.length, 900);
      const sent = await fixture.use(link.url, { method: 'PUT', headers: link.headers, body });
      expect(sent.status).toBe(200);
      const bulkKey = apiPhotoKey(id, 'bulk');
      await fixture.write(failedKey(bulkKey), JSON.stringify(failureOf(id)), 'application/json');
      await fixture.write(resultKey(bulkKey), 'in colour', 'image/jpeg');
      const readAll = (place: PhotoPlace) =>
        Promise.all([storage.photo(place), storage.result(place), storage.failure(place)]);
      expect(await readAll({ id })).toEqual([undefined, undefined, undefined]);
      expect(await readAll(bulk)).toMatchObject([{ bytes: body.length }, { bytes: 9 }, failureOf(id)]);
      const download = await storage.downloadLink(bulk, 'result', fileOf(), 60);
      expect((await fixture.use(download, { method: 'GET' })).body.toString()).toBe('in colour');
    });

    it('copies a result for shared links, without its metadata, under a key that does not have its id', async () => {
      const place = { id, lane: 'bulk' } as const;
      expect(await storage.shared(id)).toBeUndefined();
      await expect(storage.copyToShared(place, 'image/png')).rejects.toThrow();
      await fixture.write(resultKey(apiPhotoKey(id, 'bulk')), 'in colour', 'image/png', {
        'trace-id': TRACE,
      });
      await storage.copyToShared(place, 'image/png');
      expect(await storage.shared(id)).toMatchObject({ bytes: 9, type: 'image/png' });
      expect(await fixture.metadata(sharedKey(id))).toEqual({});
      const link = await storage.sharedLink(id, { name: 'photo.png', type: 'image/png' }, 60);
      expect(decodeURIComponent(link)).not.toContain(id);
      const shown = await fixture.use(link, { method: 'GET' });
      expect([shown.status, shown.body.toString(), shown.disposition]).toEqual([
        200,
        'in colour',
        "inline; filename*=UTF-8''photo.png",
      ]);
    });

    it('has the time of storage, to a second', async () => {
      const before = fixture.now();
      await fixture.write(key(), body, 'image/jpeg');
      const { storedAt = NaN } = (await storage.photo({ id })) ?? {};
      // S3 keeps whole seconds, rounded down.
      expect(storedAt).toBeGreaterThan(before - 1);
      expect(storedAt).toBeLessThanOrEqual(fixture.now());
    });

    it.each([
      ['truncated', '{"code":"retries-exhausted","mess'],
      ['empty', ''],
      ['with an unknown code', JSON.stringify({ ...failureOf('x'), code: 'tired' })],
      ['a list', '[]'],
      ['larger than any', JSON.stringify({ ...failureOf('x'), message: 'x'.repeat(100_000) })],
    ])('has failed with a failure record that is %s', async (_case, text) => {
      await fixture.write(failedKey(key()), text, 'application/json');
      expect(await storage.failure({ id })).toMatchObject({ code: 'cannot-be-coloured' });
    });

    describe('an upload link', () => {
      const photo = () => record({ id });
      let link: UploadLink;
      beforeEach(async () => {
        link = await storage.uploadLink(photo(), body.length, 900);
      });
      const put = (changes: Partial<LinkRequest> & { url?: string } = {}) =>
        fixture.use(changes.url ?? link.url, { method: 'PUT', headers: link.headers, body, ...changes });

      it('stores the photo', async () => {
        expect((await put()).status).toBe(200);
        expect(await storage.photo({ id })).toMatchObject({ bytes: body.length, type: 'image/jpeg' });
        expect(await fixture.metadata(key())).toEqual({ output: 'photo', 'trace-id': TRACE });
        const download = await storage.downloadLink({ id }, 'photo', fileOf(), 60);
        expect((await fixture.use(download, { method: 'GET' })).body).toEqual(body);
      });

      it('stores output chroma as metadata', async () => {
        const chroma = await storage.uploadLink(record({ id, output: 'chroma' }), body.length, 900);
        expect((await put(chroma)).status).toBe(200);
        expect(await fixture.metadata(key())).toEqual({ output: 'chroma', 'trace-id': TRACE });
      });

      it('stores the choice for photos in colour as metadata', async () => {
        const choosing = await storage.uploadLink(photo(), body.length, 900, 'refuse');
        const other = { ...choosing.headers, 'x-amz-meta-coloured-photos': 'recolour' };
        expect((await put({ url: choosing.url, headers: other })).status).toBe(403);
        expect((await put(choosing)).status).toBe(200);
        expect(await fixture.metadata(key())).toMatchObject({ 'coloured-photos': 'refuse' });
      });

      it('stores options of the workflow as metadata, as they were signed', async () => {
        const options = { preset: 'buildings', strength: 80 };
        const choosing = await storage.uploadLink(photo(), body.length, 900, undefined, options);
        const other = { ...choosing.headers, 'x-amz-meta-strength': '100' };
        expect((await put({ url: choosing.url, headers: other })).status).toBe(403);
        expect((await put(choosing)).status).toBe(200);
        expect(await fixture.metadata(key())).toMatchObject({ preset: 'buildings', strength: '80' });
      });

      const without = (name: string) =>
        Object.fromEntries(Object.entries(link.headers).filter(([header]) => header !== name));
      const anotherKey = () => ({ url: link.url.replace(encodeURIComponent(id), newId()) });

      it.each<[how: string, changes: () => Partial<LinkRequest> & { url?: string }]>([
        ['one byte less', () => ({ body: body.subarray(1) })],
        ['one byte more', () => ({ body: Buffer.concat([body, body.subarray(0, 1)]) })],
        ['nothing', () => ({ body: Buffer.alloc(0) })],
        ['another type', () => ({ headers: { ...link.headers, 'content-type': 'text/html' } })],
        ['no type', () => ({ headers: without('content-type') })],
        ['no condition', () => ({ headers: without('if-none-match') })],
        ['another condition', () => ({ headers: { ...link.headers, 'if-none-match': '"x"' } })],
        ['another output', () => ({ headers: { ...link.headers, 'x-amz-meta-output': 'chroma' } })],
        ['no output', () => ({ headers: without('x-amz-meta-output') })],
        ['another key', anotherKey],
        ['another signature', () => ({ url: `${link.url.slice(0, -4)}beef` })],
      ])('rejects %s', async (_case, changes) => {
        const changed = changes();
        if (changed.url !== undefined) expect(changed.url).not.toBe(link.url);
        expect((await put(changed)).status).toBe(403);
        expect(await storage.photo({ id })).toBeUndefined();
        const other = changed.url && /api\/([\w-]{22})/.exec(changed.url)?.[1];
        if (other) expect(await storage.photo({ id: other })).toBeUndefined();
        // The link still works.
        expect((await put()).status).toBe(200);
      });

      it('works once', async () => {
        expect((await put()).status).toBe(200);
        expect((await put({ body: Buffer.from('some other photo..') })).status).toBe(412);
        const download = await storage.downloadLink({ id }, 'photo', fileOf(), 60);
        expect((await fixture.use(download, { method: 'GET' })).body).toEqual(body);
      });

      it('works once among concurrent uploads', async () => {
        const answers = await Promise.all(Array.from({ length: 6 }, () => put()));
        expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412, 412, 412]);
      });

      it('allows PUT only', async () => {
        await fixture.write(key(), body, 'image/jpeg');
        for (const method of ['GET', 'DELETE', 'HEAD'])
          expect((await fixture.use(link.url, { method, headers: link.headers })).status).toBe(403);
        expect(await storage.photo({ id })).toBeDefined();
      });

      it('expires', async () => {
        const url = await fixture.expired(
          async () => (await storage.uploadLink(photo(), body.length, 1)).url,
        );
        expect((await put({ url })).status).toBe(403);
        expect(await storage.photo({ id })).toBeUndefined();
      });
    });

    describe('a download link', () => {
      beforeEach(async () => {
        await fixture.write(key(), 'grey', 'image/jpeg');
        await fixture.write(resultKey(key()), 'in colour', 'image/png');
      });

      it('downloads photo or result', async () => {
        const get = async (which: 'photo' | 'result') =>
          (
            await fixture.use(await storage.downloadLink({ id }, which, fileOf(), 60), { method: 'GET' })
          ).body.toString();
        expect([await get('photo'), await get('result')]).toEqual(['grey', 'in colour']);
      });

      it.each(NAMES)('has the file name %s', async (name) => {
        const link = await storage.downloadLink({ id }, 'result', fileOf(name), 60);
        const { status, disposition } = await fixture.use(link, { method: 'GET' });
        expect(status).toBe(200);
        expect(nameIn(disposition)).toBe(name);
      });

      it('allows GET of this object only', async () => {
        const link = await storage.downloadLink({ id }, 'result', fileOf(), 60);
        const other = link.replace('results/', 'incoming/');
        expect(other).not.toBe(link);
        expect((await fixture.use(other, { method: 'GET' })).status).toBe(403);
        expect((await fixture.use(link, { method: 'PUT', body })).status).toBe(403);
        expect((await fixture.use(link, { method: 'DELETE' })).status).toBe(403);
        expect((await fixture.use(link, { method: 'GET' })).body.toString()).toBe('in colour');
      });

      it('expires', async () => {
        const url = await fixture.expired(() => storage.downloadLink({ id }, 'result', fileOf(), 1));
        expect((await fixture.use(url, { method: 'GET' })).status).toBe(403);
      });
    });
  });
}
