/** S3PhotoStorage alone: headers, names and errors that only S3 has. */
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiPhotoKey } from '../../../../contract/keys.ts';
import { newPhotoSchema } from '../../../../contract/photo-api.ts';
import { S3PhotoStorage } from '../../../../lambda/gateway/aws/storage.ts';
import { BUCKET, newId, record, s3 } from '../support/aws.ts';
import { fileOf, nameIn } from './storage.ts';

export function s3StorageTests(): void {
  describe('S3PhotoStorage', () => {
    it('throws for a missing bucket', async () => {
      const storage = new S3PhotoStorage(s3, 'elsewhere');
      await expect(storage.failure(newId())).rejects.toThrow(/cannot read 'failed\/api\//);
    });

    it('has the origin of its links', async () => {
      const storage = new S3PhotoStorage(s3, BUCKET);
      const link = await storage.downloadLink(newId(), 'result', fileOf(), 60);
      expect(await storage.origin()).toBe(new URL(link).origin);
    });

    it('gives a download none of the headers that an upload has stored', async () => {
      const storage = new S3PhotoStorage(s3, BUCKET);
      const id = newId();
      const { url, headers } = await storage.uploadLink(record({ id }), 4, 900);
      const planted = {
        'cache-control': 'public, max-age=31536000',
        'content-encoding': 'gzip',
        'content-disposition': 'inline; filename=x.html',
        'content-language': 'planted',
        expires: 'Thu, 31 Dec 2099 00:00:00 GMT',
      };
      const body = new Uint8Array(Buffer.from('grey'));
      expect((await fetch(url, { method: 'PUT', headers: { ...headers, ...planted }, body })).status).toBe(
        200,
      );
      const stored = await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key: apiPhotoKey(id) }));
      // Unsigned headers are stored.
      expect(stored).toMatchObject({ ContentEncoding: 'gzip', CacheControl: planted['cache-control'] });
      const link = await storage.downloadLink(id, 'photo', fileOf(), 60);
      const response = await fetch(link);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/jpeg',
        'cache-control': 'private, no-store',
        'content-encoding': 'identity',
        'content-disposition': "attachment; filename*=UTF-8''x.jpg",
        'content-language': 'und',
      });
      expect(await response.text()).toBe('grey');
    });

    it('encodes every file name that the API accepts', async () => {
      const storage = new S3PhotoStorage(s3, BUCKET);
      const names = fc
        .string({ unit: 'binary', minLength: 1, maxLength: 40 })
        .filter((name) => newPhotoSchema.shape.name.safeParse(name).success);
      await fc.assert(
        fc.asyncProperty(names, async (name) => {
          const url = new URL(await storage.downloadLink('x', 'result', fileOf(name), 60));
          expect(nameIn(url.searchParams.get('response-content-disposition'))).toBe(name);
        }),
        { seed: 1, numRuns: 300 },
      );
    });
  });
}
