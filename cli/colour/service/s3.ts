/**
 * The service by its bucket alone: a photo put under `incoming/` gets a result under `results/` or a record under `failed/`; one under `bulk/`, in the
 * folders of the bulk lane.
 *
 * Each upload has a new key, also of the same photo, so that the outcome of an earlier one is never taken for its own.
 */
import { randomBytes } from 'node:crypto';
import {
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { withRetries } from '../../../client/retry.ts';
import { ApiError } from '../../../client/errors.ts';
import { isPreliminary, MOST_FAILURE_BYTES, readFailure, type Failure } from '../../../contract/failure.ts';
import { failedKey, resultKey } from '../../../contract/keys.ts';
import { FOLDERS } from '../../../contract/lanes.ts';
import { metadataOf } from '../../../contract/photo-option.ts';
import { COLOURED_PHOTOS_METADATA, REMARKS_METADATA, remarksIn } from '../../../contract/photo-types.ts';
import { UserError } from '../../../common/errors.ts';
import { awsCall } from '../../shared/aws-errors.ts';
import type { Outgoing, Service, PhotoStatus, SubmitOptions } from './service.ts';

const NEEDS =
  's3:PutObject on incoming/cli/*, s3:GetObject on incoming/, results/ and failed/ (with --bulk on bulk/, bulk-results/ and bulk-failed/), and s3:ListBucket, without which a missing object looks forbidden';

/** Below the lane's folder, for photos of this command. */
const FOLDER = 'cli/';
const ID_BYTES = 16;
/** A poll is two requests. */
const POLL_SECONDS = 3;

/** A readable name for the bucket, without characters that need escaping. */
export const plainName = (name: string) => name.replace(/[^\p{L}\p{M}\p{N}._ -]/gu, '_');

/** An id is the photo's key, in the interactive lane without the lane's folder: it begins with {@link FOLDER}. */
const keyOf = (id: string) => (id.startsWith(FOLDERS.bulk.photos) ? id : FOLDERS.interactive.photos + id);

export class S3Service implements Service {
  readonly name: string;

  /** @param now epoch milliseconds */
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
    private readonly now: () => number = Date.now,
  ) {
    this.name = `s3://${bucket}`;
  }

  async check(signal: AbortSignal): Promise<void> {
    const there = await this.found(signal, () =>
      this.s3.send(new HeadBucketCommand({ Bucket: this.bucket }), { abortSignal: signal }),
    );
    if (!there) throw new UserError(`${this.name}: there is no such bucket.`);
  }

  async submit(
    { name, type, body, colouredPhotos, lane = 'interactive', options: chosen = {} }: Outgoing,
    options: SubmitOptions,
  ): Promise<string> {
    const id = `${lane === 'bulk' ? FOLDERS.bulk.photos : ''}${FOLDER}${randomBytes(ID_BYTES).toString('base64url')}/${plainName(name)}`;
    options.announced(id);
    const put = new PutObjectCommand({
      Bucket: this.bucket,
      Key: keyOf(id),
      Body: body,
      ContentType: type ?? 'application/octet-stream',
      Metadata: {
        ...(colouredPhotos && { [COLOURED_PHOTOS_METADATA]: colouredPhotos }),
        ...metadataOf(chosen),
      },
    });
    const { signal = new AbortController().signal } = options;
    await withRetries(
      () => awsCall(this.name, NEEDS, signal, () => this.s3.send(put, { abortSignal: signal })),
      options,
    );
    return id;
  }

  async look(id: string, signal: AbortSignal): Promise<PhotoStatus> {
    const photo = keyOf(id);
    const there = (Key: string) =>
      this.found(signal, () =>
        this.s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key }), { abortSignal: signal }),
      );
    // In this order: a result replaces a failure record.
    const result = resultKey(photo);
    const stored = await there(result);
    if (stored) {
      const remarks = remarksIn(stored.Metadata?.[REMARKS_METADATA]);
      return { status: 'done', remarks, fetch: (abort) => this.get(result, abort) };
    }
    const failure = await this.failure(failedKey(photo), signal);
    if (failure) return { status: 'failed', ...failure };
    if (!(await there(photo))) {
      throw new ApiError('not-found', 404, 'Neither the photo nor its outcome is in the bucket.');
    }
    return { status: 'waiting', uploaded: true, seconds: null, retryAfterSeconds: POLL_SECONDS };
  }

  private async found<T>(signal: AbortSignal, head: () => Promise<T>): Promise<T | undefined> {
    return awsCall(this.name, NEEDS, signal, async () => {
      try {
        return await head();
      } catch (error) {
        if (error instanceof NotFound) return undefined;
        throw error;
      }
    });
  }

  private async get(key: string, signal: AbortSignal): Promise<Buffer> {
    return (await this.read(key, signal)).body;
  }

  /** @param most bytes that are read; of a larger object none are */
  private async read(Key: string, signal: AbortSignal, most = Infinity) {
    return awsCall(this.name, NEEDS, signal, async () => {
      const get = new GetObjectCommand({ Bucket: this.bucket, Key });
      const { Body, ContentLength = 0, LastModified } = await this.s3.send(get, { abortSignal: signal });
      const storedMs = LastModified?.getTime() ?? 0;
      if (ContentLength > most) {
        (Body as { destroy?: () => void } | undefined)?.destroy?.();
        return { body: Buffer.alloc(0), storedMs };
      }
      return { body: Buffer.from((await Body?.transformToByteArray()) ?? []), storedMs };
    });
  }

  /** @returns undefined for no record, and for one that the last attempt may still replace */
  private async failure(key: string, signal: AbortSignal): Promise<Failure | undefined> {
    const record = await this.read(key, signal, MOST_FAILURE_BYTES).catch((error: unknown) => {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    });
    if (!record) return undefined;
    const failure = readFailure(record.body.toString());
    return isPreliminary(failure, (this.now() - record.storedMs) / 1000) ? undefined : failure;
  }
}
