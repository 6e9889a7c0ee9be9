/** Reads the outcomes of photos from the bucket, as a client would. */
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { FOLDERS, queueOf, QUEUES } from '../../contract/lanes.ts';
import { failureSchema, type Failure } from '../../contract/failure.ts';
import type { Photo } from './photos.ts';

/** Lists the keys under a prefix. */
export async function listKeys(s3: S3Client, bucket: string, prefix: string): Promise<Set<string>> {
  const keys = new Set<string>();
  let token: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix, ContinuationToken: token, MaxKeys: 1000 }),
    );
    for (const { Key } of page.Contents ?? []) if (Key) keys.add(Key);
    token = page.NextContinuationToken;
  } while (token);
  return keys;
}

export type PhotoOutcome = 'succeeded' | 'failed' | 'both' | 'none';

/** @returns the outcome of each photo so far, by the photo's key */
export async function readOutcomes(
  s3: S3Client,
  bucket: string,
  photos: Photo[],
): Promise<Map<string, PhotoOutcome>> {
  const queues = QUEUES.filter((queue) => photos.some(({ key }) => queueOf(key) === queue));
  const listAll = async (kind: 'results' | 'failed') => {
    const lists = await Promise.all(queues.map((queue) => listKeys(s3, bucket, FOLDERS[queue][kind])));
    return new Set(lists.flatMap((list) => [...list]));
  };
  const [results, failed] = await Promise.all([listAll('results'), listAll('failed')]);
  return new Map(
    photos.map(({ key }) => {
      const hasResult = results.has(resultKey(key));
      const hasFailure = failed.has(failedKey(key));
      return [
        key,
        hasResult && hasFailure ? 'both' : hasResult ? 'succeeded' : hasFailure ? 'failed' : 'none',
      ];
    }),
  );
}

export async function readFailure(s3: S3Client, bucket: string, key: string): Promise<Failure> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: failedKey(key) }));
  return failureSchema.parse(JSON.parse((await Body?.transformToString()) ?? ''));
}

export async function readObject(
  s3: S3Client,
  bucket: string,
  key: string,
): Promise<{ body: Buffer; type: string }> {
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return {
    body: Buffer.from((await Body?.transformToByteArray()) ?? []),
    type: ContentType ?? 'application/octet-stream',
  };
}
