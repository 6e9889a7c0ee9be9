/** Outcomes in S3. */
import { GetObjectCommand, HeadObjectCommand, S3ServiceException, type S3Client } from '@aws-sdk/client-s3';
import { MOST_FAILURE_BYTES, readFailure } from '../../../contract/failure.ts';
import type { OutcomeStore, StoredOutcome } from '../ports.ts';

/** Not a 403: with s3:ListBucket a missing object is a 404, and a right or a key that is lost must not look like a photo that was deleted. */
const isMissing = (error: unknown) =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;

export class S3OutcomeStore implements OutcomeStore {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
  ) {}

  async read(key: string, kind: 'result' | 'failed'): Promise<StoredOutcome | undefined> {
    const place = { Bucket: this.bucket, Key: key };
    try {
      if (kind === 'result') return described(key, await this.s3.send(new HeadObjectCommand(place)));
      const object = await this.s3.send(new GetObjectCommand(place));
      const isRecord = (object.ContentLength ?? 0) <= MOST_FAILURE_BYTES;
      if (!isRecord) (object.Body as { destroy?: () => void } | undefined)?.destroy?.();
      const failure = readFailure(isRecord ? await object.Body?.transformToString() : undefined);
      return { ...described(key, object), failure };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw new Error(`an outcome cannot be read: ${(error as Error).name}`, { cause: error });
    }
  }
}

interface Described {
  ETag?: string | undefined;
  ContentLength?: number | undefined;
  ContentType?: string | undefined;
  LastModified?: Date | undefined;
  Metadata?: Record<string, string> | undefined;
}

const described = (key: string, object: Described): StoredOutcome => ({
  key,
  etag: (object.ETag ?? '').replaceAll('"', ''),
  bytes: object.ContentLength ?? 0,
  contentType: object.ContentType ?? '',
  storedAtMs: object.LastModified?.getTime() ?? 0,
  metadata: object.Metadata ?? {},
});
