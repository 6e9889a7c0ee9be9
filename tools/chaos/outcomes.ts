/** Reads all outcomes of the bucket with their content. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { FAILED, RESULTS, SOURCE_ETAG_METADATA } from '../../contract/keys.ts';
import { listKeys } from '../../local/run/outcomes.ts';
import type { StoredOutcome } from './check-outcomes.ts';

/** @returns the objects below `results/` and `failed/`, by key */
export async function readStoredOutcomes(s3: S3Client, bucket: string): Promise<Map<string, StoredOutcome>> {
  const found = new Map<string, StoredOutcome>();
  for (const prefix of [RESULTS, FAILED]) {
    for (const key of await listKeys(s3, bucket, prefix)) {
      const { Body, Metadata } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
      found.set(key, { sourceEtag: Metadata?.[SOURCE_ETAG_METADATA], body });
    }
  }
  return found;
}

/** Counts the objects below `results/` and `failed/`. */
export async function countOutcomes(
  s3: S3Client,
  bucket: string,
): Promise<{ results: number; failed: number }> {
  const [results, failed] = await Promise.all([listKeys(s3, bucket, RESULTS), listKeys(s3, bucket, FAILED)]);
  return { results: results.size, failed: failed.size };
}
