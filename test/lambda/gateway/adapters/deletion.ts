/** What deletes a photo, in storage and registry: one suite for memory, a fake S3, and S3 and DynamoDB. */
import { HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  apiPhotoKey,
  DELETION_METADATA,
  failedKey,
  resultKey,
  sharedKey,
} from '../../../../contract/keys.ts';
import { laneOfQueue, QUEUES } from '../../../../contract/lanes.ts';
import { DynamoPhotoRegistry } from '../../../../lambda/gateway/aws/registry.ts';
import { S3PhotoStorage } from '../../../../lambda/gateway/aws/storage.ts';
import type { PhotoRegistry, PhotoStorage } from '../../../../lambda/gateway/ports.ts';
import { fakeS3 } from '../../../support/fake-s3.ts';
import { BUCKET, documents, newId, record, s3, TABLE } from '../support/aws.ts';
import { MemoryStorage } from '../support/memory-storage.ts';
import { MemoryRegistry } from '../support/memory.ts';

interface Fixture {
  storage: PhotoStorage;
  write: (key: string) => Promise<unknown>;
  /** Undefined for a missing object. */
  sizeOf: (key: string) => Promise<number | undefined>;
  /** Of a deletion. */
  stateOf: (key: string) => Promise<string | undefined>;
}

const memory = (): Fixture => {
  const storage = new MemoryStorage(() => 0);
  return {
    storage,
    write: async (key) => storage.write(key, 'body', 'image/jpeg'),
    sizeOf: async (key) => storage.objects.get(key)?.body.length,
    stateOf: async (key) => storage.objects.get(key)?.metadata[DELETION_METADATA],
  };
};

const inS3 = (client: () => S3Client) => (): Fixture => {
  const s3 = client();
  return {
    storage: new S3PhotoStorage(s3, BUCKET),
    write: (Key) => s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'body' })),
    sizeOf: (Key) =>
      s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key })).then(
        ({ ContentLength }) => ContentLength,
        () => undefined,
      ),
    stateOf: async (Key) =>
      (await s3.send(new HeadObjectCommand({ Bucket: BUCKET, Key }))).Metadata?.[DELETION_METADATA],
  };
};

export function deletionTests(): void {
  describe.each<[string, () => Fixture]>([
    ['memory', memory],
    ['the adapter on a fake S3', inS3(() => fakeS3(new Map()))],
    ['S3', inS3(() => s3)],
  ])('PhotoStorage: %s', (_name, make) => {
    let fixture: Fixture;
    beforeEach(() => void (fixture = make()));

    it.each(QUEUES)(
      'removes a photo of the queue %s, its outcomes and nothing else, twice',
      async (queue) => {
        const { storage, write, sizeOf } = fixture;
        const sidelined = queue === 'sidelined';
        const [place, neighbour] = [{ id: newId(), lane: laneOfQueue(queue), sidelined }, newId()];
        const keysOf = (id: string) => {
          const key = apiPhotoKey(id, queue);
          return [key, resultKey(key), failedKey(key), sharedKey(id)];
        };
        for (const key of [...keysOf(place.id), ...keysOf(neighbour)]) await write(key);
        for (let time = 0; time < 2; time++) {
          await storage.beginDeletion(place, false);
          await storage.endDeletion(place, false);
          await storage.removeOutcomes(place);
          await storage.removeShared(place.id);
          expect(await Promise.all(keysOf(place.id).map(sizeOf))).toEqual([
            undefined,
            undefined,
            undefined,
            undefined,
          ]);
        }
        expect(await Promise.all(keysOf(neighbour).map(sizeOf))).toEqual([4, 4, 4, 4]);
      },
    );

    it('leaves an empty object where an upload is to be refused, whether or not a photo was there', async () => {
      const { storage, write, sizeOf } = fixture;
      for (const isUploaded of [true, false]) {
        const place = { id: newId() };
        if (isUploaded) await write(apiPhotoKey(place.id));
        await storage.beginDeletion(place, true);
        expect(await sizeOf(apiPhotoKey(place.id))).toBe(0);
        await storage.endDeletion(place, true);
        await storage.beginDeletion(place, true);
        expect(await storage.photo(place)).toMatchObject({ bytes: 0 });
      }
    });

    it('says whether the deletion runs, and not again once it is done', async () => {
      const { storage, write, stateOf } = fixture;
      const place = { id: newId() };
      await write(apiPhotoKey(place.id));
      const states: unknown[] = [];
      for (const step of ['beginDeletion', 'endDeletion', 'beginDeletion'] as const) {
        await storage[step](place, true);
        states.push(await stateOf(apiPhotoKey(place.id)));
      }
      expect(states).toEqual(['running', 'done', 'done']);
    });
  });

  describe.each<[string, () => PhotoRegistry]>([
    ['memory', () => new MemoryRegistry()],
    ['DynamoDB', () => new DynamoPhotoRegistry(documents, TABLE)],
  ])('PhotoRegistry: %s', (_name, make) => {
    it('keeps what was found of a photo that is being deleted, and gives it to one of several', async () => {
      const registry = make();
      const [one, other] = [record(), record()];
      for (const photo of [one, other]) await registry.put(photo);
      expect(await registry.markDeleted(one.id, { deletedAt: 1, hadOutcome: true })).toBe(true);
      expect(await registry.markDeleted(one.id, { deletedAt: 2 })).toBe(true);
      const marked = { ...one, deletedAt: 2, hadOutcome: true };
      expect(await registry.get(one.id)).toEqual(marked);
      const removed = await Promise.all(Array.from({ length: 5 }, () => registry.remove(one.id)));
      expect(removed.filter(Boolean)).toEqual([marked]);
      expect([await registry.get(one.id), await registry.get(other.id)]).toEqual([undefined, other]);
    });

    it('makes no record of a photo that is gone', async () => {
      const registry = make();
      const id = newId();
      expect(await registry.markDeleted(id, { deletedAt: 1, hadOutcome: true })).toBe(false);
      expect([await registry.get(id), await registry.remove(id)]).toEqual([undefined, undefined]);
    });
  });
}
