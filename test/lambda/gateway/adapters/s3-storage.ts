/** S3PhotoStorage alone: headers, names and errors that only S3 has. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadObjectCommand, S3Client } from '@aws-sdk/client-s3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientConfig } from '../../../../common/environment.ts';
import { apiPhotoKey } from '../../../../contract/keys.ts';
import { newPhotoSchema } from '../../../../contract/photo-api.ts';
import { S3PhotoStorage } from '../../../../lambda/gateway/aws/storage.ts';
import { BUCKET, newId, record, s3 } from '../support/aws.ts';
import { fileOf, nameIn } from './storage.ts';

export function s3StorageTests(): void {
  describe('S3PhotoStorage', () => {
    it('throws for a missing bucket', async () => {
      const storage = new S3PhotoStorage(s3, 'elsewhere');
      await expect(storage.failure({ id: newId() })).rejects.toThrow(/cannot read 'failed\/api\//);
    });

    it.each<[what: string, status: number, code: string, isMissing: boolean]>([
      ['is not there, for one who may not list', 403, 'AccessDenied', true],
      ['is not there', 404, 'NoSuchKey', true],
      ['is read with another key', 403, 'SignatureDoesNotMatch', false],
      ['is in no bucket', 404, 'NoSuchBucket', false],
      ['cannot be read now', 503, 'SlowDown', false],
    ])('knows what an object is that %s', async (_what, status, code, isMissing) => {
      const server = createServer((_request, response) =>
        response.writeHead(status).end(`<Error><Code>${code}</Code><Message>No</Message></Error>`),
      );
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const config = { ...clientConfig(`http://127.0.0.1:${port}`), forcePathStyle: true, maxAttempts: 1 };
      try {
        const failure = new S3PhotoStorage(new S3Client(config), BUCKET).failure({ id: newId() });
        if (isMissing) expect(await failure).toBeUndefined();
        else await expect(failure).rejects.toThrow(/cannot read/);
        const head = new S3PhotoStorage(new S3Client(config), BUCKET).photo({ id: newId() });
        // A response to HEAD says no more than 403 or 404.
        if (status !== 503) expect(await head).toBeUndefined();
        else await expect(head).rejects.toThrow(/cannot read/);
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });

    it('has the origin of its links', async () => {
      const storage = new S3PhotoStorage(s3, BUCKET);
      const link = await storage.downloadLink({ id: newId() }, 'result', fileOf(), 60);
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
      const link = await storage.downloadLink({ id }, 'photo', fileOf(), 60);
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
          const url = new URL(await storage.downloadLink({ id: 'x' }, 'result', fileOf(name), 60));
          expect(nameIn(url.searchParams.get('response-content-disposition'))).toBe(name);
        }),
        { seed: 1, numRuns: 300 },
      );
    });
  });
}
