/** Reads all outcomes of the bucket with their content. */
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { SOURCE_ETAG_METADATA } from '../../contract/keys.ts';
import { FOLDERS, QUEUES } from '../../contract/lanes.ts';
import { listKeys } from '../../local/run/outcomes.ts';

/** A result or a failure record of any queue's photo. */
export interface StoredOutcome {
  /** ETag of the photo in the object's metadata. */
  sourceEtag: string | undefined;
  body: Buffer;
  /** When it was written, epoch milliseconds; S3 has whole seconds. @default unknown */
  storedAtMs?: number | undefined;
}

const foldersOf = (kind: 'results' | 'failed') => QUEUES.map((queue) => FOLDERS[queue][kind]);

/** Of all queues. */
export const outcomeFolders = () => [...foldersOf('results'), ...foldersOf('failed')];

/** @returns the results and failure records, by key */
export async function readStoredOutcomes(s3: S3Client, bucket: string): Promise<Map<string, StoredOutcome>> {
  const found = new Map<string, StoredOutcome>();
  for (const prefix of outcomeFolders()) {
    for (const key of await listKeys(s3, bucket, prefix)) {
      const { Body, Metadata, LastModified } = await s3.send(
        new GetObjectCommand({ Bucket: bucket, Key: key }),
      );
      const body = Buffer.from((await Body?.transformToByteArray()) ?? []);
      const storedAtMs = LastModified?.getTime();
      found.set(key, { sourceEtag: Metadata?.[SOURCE_ETAG_METADATA], body, storedAtMs });
    }
  }
  return found;
}

/** Counts the results and the failure records. */
export async function countOutcomes(
  s3: S3Client,
  bucket: string,
): Promise<{ results: number; failed: number }> {
  const count = async (kind: 'results' | 'failed') => {
    const keys = await Promise.all(foldersOf(kind).map((folder) => listKeys(s3, bucket, folder)));
    return keys.reduce((sum, { size }) => sum + size, 0);
  };
  const [results, failed] = await Promise.all([count('results'), count('failed')]);
  return { results, failed };
}
