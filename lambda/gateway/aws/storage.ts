/**
 * Photos, results and failure records in S3, and presigned links to them.
 *
 * Gotchas:
 * - A presigned link binds its signed headers only: type, length and condition must be among them, or S3 accepts any value.
 *   By default the SDK also signs the checksum of an empty body; the client must have `requestChecksumCalculation` off.
 * - An upload may add headers that S3 stores and does not sign, such as `Content-Encoding` and `Cache-Control`. No signature can
 *   demand that one is absent, so download links override them.
 * - The function may not list the bucket, so S3 answers 403 for an object that is missing. A right that is lost looks the same:
 *   the tests of rights hold those that it has.
 * - A link dies with the credentials that signed it; a function's credentials last some hours.
 */
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3ServiceException,
  type HeadObjectCommandOutput,
  type PutObjectCommandInput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { MOST_FAILURE_BYTES, readFailure, type Failure } from '../../../contract/failure.ts';
import {
  DELETION_METADATA,
  failedKey,
  resultKey,
  sharedKey,
  type DeletionState,
} from '../../../contract/keys.ts';
import { metadataOf, type Options } from '../../../contract/photo-option.ts';
import {
  COLOURED_PHOTOS_METADATA,
  OUTPUT_METADATA,
  REMARKS_METADATA,
  remarksIn,
  type ColouredPhotos,
  type PhotoType,
} from '../../../contract/photo-types.ts';
import { TRACE_METADATA } from '../../../contract/trace.ts';
import { photoKeyOf } from '../first-queue.ts';
import type {
  DownloadedFile,
  PhotoPlace,
  PhotoRecord,
  PhotoStorage,
  StoredPhoto,
  UploadLink,
} from '../ports.ts';

/** Headers that an upload must send exactly as signed, besides those of its options. */
const SIGNED = [
  'content-type',
  'content-length',
  'if-none-match',
  `x-amz-meta-${OUTPUT_METADATA}`,
  `x-amz-meta-${TRACE_METADATA}`,
  `x-amz-meta-${COLOURED_PHOTOS_METADATA}`,
];

/** `Content-Disposition` for a file name, RFC 6266. */
const disposition = (name: string, kind: 'attachment' | 'inline' = 'attachment') =>
  `${kind}; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)}`;

/** In responses of download links, whatever is stored. `identity` is no encoding. */
const STORED_BY_UPLOADERS = {
  ResponseCacheControl: 'private, no-store',
  ResponseContentEncoding: 'identity',
  ResponseContentLanguage: 'und',
  ResponseExpires: new Date(0),
};

/** NotFound, and 403 alone, are of HEAD requests: their responses have no body, and so no code. */
const isMissing = (error: unknown, isHead: boolean) =>
  error instanceof S3ServiceException &&
  (['NoSuchKey', 'NotFound', 'AccessDenied'].includes(error.name) ||
    (isHead && error.$metadata.httpStatusCode === 403));

/** Another writer of a photo is its upload, which S3 takes once, or another deletion. */
const MAX_ROUNDS = 10;

const secondsOf = (time: Date | undefined) => (time?.getTime() ?? 0) / 1000;

export class S3PhotoStorage implements PhotoStorage {
  constructor(
    private readonly s3: S3Client,
    private readonly bucket: string,
  ) {}

  photo(place: PhotoPlace) {
    return this.head(photoKeyOf(place));
  }

  result(place: PhotoPlace) {
    return this.head(resultKey(photoKeyOf(place)));
  }

  async failure(place: PhotoPlace): Promise<(Failure & { storedAt: number }) | undefined> {
    const Key = failedKey(photoKeyOf(place));
    try {
      const get = new GetObjectCommand({ Bucket: this.bucket, Key });
      const { Body, ContentLength = 0, LastModified } = await this.s3.send(get);
      const isRecord = ContentLength <= MOST_FAILURE_BYTES;
      if (!isRecord) (Body as { destroy?: () => void } | undefined)?.destroy?.();
      const failure = readFailure(isRecord ? await Body?.transformToString() : undefined);
      return { ...failure, storedAt: secondsOf(LastModified) };
    } catch (error) {
      if (isMissing(error, false)) return undefined;
      throw new Error(`cannot read '${Key}'`, { cause: error });
    }
  }

  async beginDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const found = await this.find(photoKeyOf(place));
      if (found ? found.ContentLength === 0 : !refuseUploads) return;
      const condition = found ? { IfMatch: found.ETag } : { IfNoneMatch: '*' };
      if (await this.putPlaceholder(place, 'running', condition)) return;
    }
    throw new Error(`'${photoKeyOf(place)}' was changed ${MAX_ROUNDS} times in a row`);
  }

  async endDeletion(place: PhotoPlace, refuseUploads: boolean): Promise<void> {
    if (refuseUploads) await this.putPlaceholder(place, 'done');
    else await this.delete(photoKeyOf(place));
  }

  /** @returns false when the photo is not as expected */
  private async putPlaceholder(
    place: PhotoPlace,
    state: DeletionState,
    condition: Pick<PutObjectCommandInput, 'IfMatch' | 'IfNoneMatch'> = {},
  ): Promise<boolean> {
    const put = new PutObjectCommand({
      ...{ Bucket: this.bucket, Key: photoKeyOf(place), Body: new Uint8Array() },
      Metadata: { [DELETION_METADATA]: state },
      ...condition,
    });
    try {
      await this.s3.send(put);
      return true;
    } catch (error) {
      // 404: the object of `If-Match` is gone; 409: another write of the key runs.
      const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
      if (status === 412 || status === 409 || (status === 404 && condition.IfMatch)) return false;
      throw error;
    }
  }

  async removeOutcomes(place: PhotoPlace): Promise<void> {
    for (const outcome of [resultKey, failedKey]) await this.delete(outcome(photoKeyOf(place)));
  }

  async uploadLink(
    photo: PhotoRecord,
    bytes: number,
    expiresIn: number,
    colouredPhotos?: ColouredPhotos,
    options: Options = {},
  ): Promise<UploadLink> {
    const { type, output, trace } = photo;
    const metadata = {
      [OUTPUT_METADATA]: output,
      [TRACE_METADATA]: trace,
      ...(colouredPhotos && { [COLOURED_PHOTOS_METADATA]: colouredPhotos }),
      ...metadataOf(options),
    };
    const signed = [...SIGNED, ...Object.keys(options).map((name) => `x-amz-meta-${name}`)];
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: photoKeyOf(photo),
      ContentType: type,
      ContentLength: bytes,
      IfNoneMatch: '*',
      Metadata: metadata,
    });
    const url = await getSignedUrl(this.s3, command, {
      expiresIn,
      signableHeaders: new Set(['host', ...signed]),
      unhoistableHeaders: new Set(signed),
    });
    const headers = {
      'content-type': type,
      'if-none-match': '*',
      ...Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
    };
    return { url, headers };
  }

  downloadLink(
    place: PhotoPlace,
    which: 'photo' | 'result',
    { name, type }: DownloadedFile,
    expiresIn: number,
  ) {
    const key = photoKeyOf(place);
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: which === 'photo' ? key : resultKey(key),
      ResponseContentDisposition: disposition(name),
      ResponseContentType: type,
      ...STORED_BY_UPLOADERS,
    });
    return getSignedUrl(this.s3, command, { expiresIn });
  }

  shared(id: string) {
    return this.head(sharedKey(id));
  }

  async copyToShared(place: PhotoPlace, type: PhotoType): Promise<void> {
    const Key = sharedKey(place.id);
    const copy = new CopyObjectCommand({
      Bucket: this.bucket,
      Key,
      CopySource: `${this.bucket}/${resultKey(photoKeyOf(place))}`,
      // The result's names its upload, and a link's response would have it.
      MetadataDirective: 'REPLACE',
      ContentType: type,
    });
    await this.s3.send(copy).catch((cause: unknown) => {
      throw new Error(`cannot write '${Key}'`, { cause });
    });
  }

  async removeShared(id: string): Promise<void> {
    await this.delete(sharedKey(id));
  }

  sharedLink(id: string, { name, type }: DownloadedFile, expiresIn: number) {
    const command = new GetObjectCommand({
      Bucket: this.bucket,
      Key: sharedKey(id),
      ResponseContentDisposition: disposition(name, 'inline'),
      ResponseContentType: type,
      ...STORED_BY_UPLOADERS,
    });
    return getSignedUrl(this.s3, command, { expiresIn });
  }

  /** Origin of the links, for the page's security policy. */
  async origin(): Promise<string> {
    return new URL(await this.downloadLink({ id: 'x' }, 'photo', { name: 'x', type: 'image/jpeg' }, 1))
      .origin;
  }

  private async head(Key: string): Promise<StoredPhoto | undefined> {
    const found = await this.find(Key);
    if (!found) return undefined;
    const remarks = remarksIn(found.Metadata?.[REMARKS_METADATA]);
    return {
      bytes: found.ContentLength ?? 0,
      type: found.ContentType ?? '',
      storedAt: secondsOf(found.LastModified),
      ...(remarks.length > 0 && { remarks }),
    };
  }

  private async delete(Key: string): Promise<void> {
    await this.s3.send(new DeleteObjectCommand({ Bucket: this.bucket, Key }));
  }

  private async find(Key: string): Promise<HeadObjectCommandOutput | undefined> {
    try {
      return await this.s3.send(new HeadObjectCommand({ Bucket: this.bucket, Key }));
    } catch (error) {
      if (isMissing(error, true)) return undefined;
      throw new Error(`cannot read '${Key}'`, { cause: error });
    }
  }
}
