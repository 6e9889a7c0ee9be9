/** How the photos of a run have ended, seen as a client sees it: by what stands in the bucket. */
import { GetObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { FAILED, failedKey, INCOMING, RESULTS, resultKey } from '../../contract/keys.ts';
import { failureSchema, type Failure } from '../../contract/failure.ts';
import type { Photo } from './photos.ts';

/** Keys under a prefix. */
export async function list(s3: S3Client, bucket: string, prefix: string): Promise<Set<string>> {
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

export type End = 'coloured' | 'failed' | 'both' | 'none';

/** The end of each photo so far, by its key. */
export async function readEnds(s3: S3Client, bucket: string, photos: Photo[]): Promise<Map<string, End>> {
  const [results, failed] = await Promise.all([list(s3, bucket, RESULTS), list(s3, bucket, FAILED)]);
  return new Map(
    photos.map(({ key }) => {
      const coloured = results.has(resultKey(INCOMING + key));
      const gaveUp = failed.has(failedKey(INCOMING + key));
      return [key, coloured && gaveUp ? 'both' : coloured ? 'coloured' : gaveUp ? 'failed' : 'none'];
    }),
  );
}

export async function readFailure(s3: S3Client, bucket: string, key: string): Promise<Failure> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: failedKey(INCOMING + key) }));
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
