/** The storages of photos, in memory and S3, and how their links are used. */
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { vi } from 'vitest';
import { S3PhotoStorage } from '../../../../lambda/gateway/aws/storage.ts';
import type { PhotoStorage } from '../../../../lambda/gateway/ports.ts';
import { BUCKET, s3 } from '../support/aws.ts';
import { MemoryStorage, type LinkResponse, type LinkRequest } from '../support/memory-storage.ts';

export interface Fixture {
  storage: PhotoStorage;
  /** Sends a request by a link. */
  use: (url: string, request: LinkRequest) => Promise<LinkResponse>;
  /** Writes an object, as a worker does. */
  write: (
    key: string,
    body: Buffer | string,
    type: string,
    metadata?: Record<string, string>,
  ) => Promise<unknown>;
  /** Metadata of an object. */
  metadata: (key: string) => Promise<Record<string, string> | undefined>;
  /** A link of one second whose time is over. */
  expired: (sign: () => Promise<string>) => Promise<string>;
  /** Clock of the storage, epoch seconds. */
  now: () => number;
}

/** Over HTTP, without an SDK. */
async function useOverHttp(url: string, { method, headers, body }: LinkRequest): Promise<LinkResponse> {
  const answer = await fetch(url, { method, headers, body: body && new Uint8Array(body) });
  return {
    status: answer.status,
    disposition: answer.headers.get('content-disposition') ?? undefined,
    body: Buffer.from(await answer.arrayBuffer()),
  };
}

export const memoryPhotos = (): Fixture => {
  const clock = { now: 1_780_316_400 };
  const storage = new MemoryStorage(() => clock.now);
  return {
    storage,
    use: (url, request) => storage.use(url, request),
    write: async (key, body, type, metadata) => storage.write(key, body, type, metadata),
    metadata: async (key) => storage.objects.get(key)?.metadata,
    expired: async (sign) => {
      const url = await sign();
      clock.now += 2;
      return url;
    },
    now: () => clock.now,
  };
};

export const s3Photos = (): Fixture => ({
  storage: new S3PhotoStorage(s3, BUCKET),
  use: useOverHttp,
  write: (Key, body, ContentType, Metadata) =>
    s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: Buffer.from(body), ContentType, Metadata })),
  metadata: async (Key) => (await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }))).Metadata,
  // Signed a minute ago.
  expired: async (sign) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 60_000 });
    try {
      return await sign();
    } finally {
      vi.useRealTimers();
    }
  },
  now: () => Date.now() / 1000,
});
