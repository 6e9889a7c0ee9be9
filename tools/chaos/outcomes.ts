/** The ends that stand in the bucket, with what is in them. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { FAILED, RESULTS, SOURCE_ETAG_METADATA } from '../../contract/keys.ts';
import { list } from '../../local/run/outcomes.ts';
import type { FoundEnd } from './check-outcomes.ts';

/** @returns by their keys */
export async function findEnds(s3: S3Client, bucket: string): Promise<Map<string, FoundEnd>> {
  const found = new Map<string, FoundEnd>();
  for (const prefix of [RESULTS, FAILED]) {
    for (const key of await list(s3, bucket, prefix)) {
      const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
      found.set(key, { sourceEtag: Metadata?.[SOURCE_ETAG_METADATA], body });
    }
  }
  return found;
}

/** How many ends there are by now. */
export async function countEnds(s3: S3Client, bucket: string): Promise<{ results: number; failed: number }> {
  const [results, failed] = await Promise.all([list(s3, bucket, RESULTS), list(s3, bucket, FAILED)]);
  return { results: results.size, failed: failed.size };
}
