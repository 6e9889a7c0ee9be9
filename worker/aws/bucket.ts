/**
 * The bucket on S3.
 *
 * - A conditional write fails with 412 when the condition is false, with 409 during another write of the key, with 404 when
 *   the object of `If-Match` is deleted.
 * - Without s3:ListBucket, a missing object is a 403 instead of a 404.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  type S3Client,
} from '@aws-sdk/client-s3';
import { SOURCE_ETAG_METADATA } from '../../contract/keys.ts';
import { encodedPhotoKey, PHOTO_KEY_METADATA, timesAsMetadata } from '../../contract/outcome-metadata.ts';
import { REMARKS_METADATA } from '../../contract/photo-types.ts';
import { TRACE_METADATA } from '../../contract/trace.ts';
import {
  ConditionFailed,
  type Bucket,
  type ExpectedEtag,
  type StoredObject,
  type Write,
} from '../photo/bucket.ts';

const quoted = (etag: string) => `"${etag}"`;
const unquoted = (etag: string | undefined) => (etag ?? '').replaceAll('"', '');

export class S3Bucket implements Bucket {
  constructor(
    private readonly s3: S3Client,
    private readonly name: string,
    private readonly abortSignal?: AbortSignal,
  ) {}

  until(signal: AbortSignal): Bucket {
    return new S3Bucket(this.s3, this.name, signal);
  }

  private get options() {
    return this.abortSignal ? { abortSignal: this.abortSignal } : {};
  }

  async head(key: string): Promise<StoredObject | undefined> {
    const object = await this.s3
      .send(new HeadObjectCommand({ Bucket: this.name, Key: key }), this.options)
      .catch(absent);
    if (!object) return undefined;
    const { [SOURCE_ETAG_METADATA]: sourceEtag, ...metadata } = object.Metadata ?? {};
    return { etag: unquoted(object.ETag), sourceEtag, bytes: object.ContentLength ?? 0, metadata };
  }

  async get(key: string, etag: string): Promise<Buffer | undefined> {
    const object = await this.s3
      .send(new GetObjectCommand({ Bucket: this.name, Key: key, IfMatch: quoted(etag) }), this.options)
      .catch(absent);
    return object && Buffer.from((await object.Body?.transformToByteArray()) ?? []);
  }

  async put(key: string, write: Write, expected: ExpectedEtag): Promise<string> {
    const { body, contentType, sourceEtag, trace, photoKey, remarks = [] } = write;
    const { ETag } = await this.s3
      .send(
        new PutObjectCommand({
          Bucket: this.name,
          Key: key,
          Body: body,
          ContentType: contentType,
          Metadata: {
            [SOURCE_ETAG_METADATA]: sourceEtag,
            [TRACE_METADATA]: trace,
            ...timesAsMetadata(write),
            ...(photoKey !== undefined && { [PHOTO_KEY_METADATA]: encodedPhotoKey(photoKey) }),
            ...(remarks.length > 0 && { [REMARKS_METADATA]: remarks.join(',') }),
          },
          ...(expected === undefined ? { IfNoneMatch: '*' } : { IfMatch: quoted(expected) }),
        }),
        this.options,
      )
      .catch((error: unknown) => {
        throw status(error) === 404
          ? new ConditionFailed(`'${key}' is deleted`, { cause: error })
          : conflict(error);
      });
    return unquoted(ETag);
  }

  async delete(key: string, etag: string): Promise<void> {
    await this.s3
      .send(new DeleteObjectCommand({ Bucket: this.name, Key: key, IfMatch: quoted(etag) }), this.options)
      .catch(absent);
  }
}

const status = (error: unknown) =>
  error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;

/** Undefined for a missing object. */
function absent(error: unknown): undefined {
  if (status(error) !== 404) throw conflict(error);
}

function conflict(error: unknown): unknown {
  const isConflict = status(error) === 412 || status(error) === 409;
  return isConflict ? new ConditionFailed('changed by another writer', { cause: error }) : error;
}
