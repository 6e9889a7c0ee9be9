/** The two services of `colour`, each with control of its photos. */
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { ApiService } from '../../../cli/colour/service/api.ts';
import { S3Service } from '../../../cli/colour/service/s3.ts';
import type { Service } from '../../../cli/colour/service/service.ts';
import { PhotoApi } from '../../../client/api.ts';
import { failureSchema, type Failure } from '../../../contract/failure.ts';
import { failedKey, INCOMING, resultKey } from '../../../contract/keys.ts';
import { metadataOf } from '../../../contract/photo-option.ts';
import { FOLDERS, laneOf, type Lane } from '../../../contract/lanes.ts';
import { coloured, FakeGateway, type FakeGatewayOptions } from '../../client/support/gateway.ts';

/** A service, and control of its photos. */
export interface Made {
  service: Service;
  /** The uploaded bytes. */
  arrived: (id: string) => Promise<Buffer | undefined>;
  /** Lane that the photo was sent to. */
  laneOf: (id: string) => Promise<Lane>;
  /** Options of the workflow that the photo was sent with, as texts. */
  optionsOf: (id: string) => Promise<Record<string, string>>;
  /** Gives the photo a result, `coloured` of its bytes. */
  finish: (id: string) => Promise<void>;
  fail: (id: string, failure: Pick<Failure, 'code' | 'message' | 'retryable'>) => Promise<void>;
  /** Deletes the photo and its outcome. */
  lose: (id: string) => Promise<void>;
  close: () => Promise<void>;
}

export async function overApi(): Promise<Made> {
  type StatusOf = NonNullable<FakeGatewayOptions['statusOf']>;
  const outcomes = new Map<string, ReturnType<StatusOf>>();
  const gateway = await FakeGateway.start({
    statusOf: ({ id }) => outcomes.get(id) ?? { status: 'waiting' },
  });
  return {
    service: new ApiService(gateway.url, new PhotoApi(gateway.url)),
    arrived: async (id) => gateway.photos.get(id)?.body,
    laneOf: async (id) => gateway.photos.get(id)?.wanted.lane ?? 'interactive',
    optionsOf: async (id) => metadataOf(gateway.photos.get(id)?.wanted.options ?? {}),
    finish: async (id) => void outcomes.set(id, { status: 'succeeded' }),
    fail: async (id, failure) => void outcomes.set(id, { status: 'failed', ...failure }),
    lose: async (id) => void gateway.photos.delete(id),
    close: () => gateway.close(),
  };
}

let buckets = 0;
export async function overS3(s3: S3Client): Promise<Made> {
  const Bucket = `cli-${++buckets}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const put = (Key: string, Body: Buffer | string) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const remove = (Key: string) => s3.send(new DeleteObjectCommand({ Bucket, Key }));
  const keyOf = (id: string) => (id.startsWith(FOLDERS.bulk.photos) ? id : INCOMING + id);
  const arrived = async (id: string) => {
    const found = await s3.send(new GetObjectCommand({ Bucket, Key: keyOf(id) })).catch(() => undefined);
    return found && Buffer.from((await found.Body?.transformToByteArray()) ?? []);
  };
  return {
    service: new S3Service(s3, Bucket),
    arrived,
    laneOf: async (id) => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return laneOf(Contents.find(({ Key }) => Key?.endsWith(id))?.Key ?? '');
    },
    optionsOf: async (id) =>
      (await s3.send(new HeadObjectCommand({ Bucket, Key: keyOf(id) }))).Metadata ?? {},
    finish: async (id) => {
      await put(resultKey(keyOf(id)), coloured((await arrived(id)) ?? Buffer.alloc(0)));
      await remove(failedKey(keyOf(id)));
    },
    fail: async (id, failure) => {
      const content = failureSchema.parse({ ...failure, key: keyOf(id), etag: 'x' });
      await put(failedKey(keyOf(id)), JSON.stringify(content));
    },
    lose: async (id) => {
      for (const key of [keyOf(id), resultKey(keyOf(id))]) await remove(key);
    },
    close: async () => undefined,
  };
}
