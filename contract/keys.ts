/**
 * Keys of a photo and of its two possible outcomes in the bucket.
 *
 * `incoming/<name>` becomes `results/<name>`, or `failed/<name>.json` when it cannot be coloured.
 */
import { createHash } from 'node:crypto';

export const INCOMING = 'incoming/';
export const RESULTS = 'results/';
export const FAILED = 'failed/';

/** Key of a photo that is uploaded by the HTTP API. */
export const apiPhotoKey = (id: string) => `${INCOMING}api/${id}`;

/** Folder of the probe photos: `contract/probe.ts`. Reserved, since the probe deletes what it has put there. */
export const PROBE_PHOTOS = `${INCOMING}ddcolor-elastic-probe/`;

/** S3's limit on a key, in bytes of UTF-8. */
export const MAX_KEY_BYTES = 1024;

/** Metadata of a result or failure record: the ETag, without quotes, of its photo. */
export const SOURCE_ETAG_METADATA = 'source-etag';

/**
 * The part of a photo's key that its outcomes share.
 *
 * @throws when the key is not that of a photo
 */
export function relativeKey(photoKey: string): string {
  if (!photoKey.startsWith(INCOMING) || photoKey.length === INCOMING.length) {
    throw new Error(`not a photo's key: '${photoKey}' (expected '${INCOMING}<name>')`);
  }
  return photoKey.slice(INCOMING.length);
}

export const resultKey = (photoKey: string) => RESULTS + relativeKey(photoKey);

/** `failed/<name>.json`, or `failed/sha256-<hex>.json` where that would be longer than S3 allows. */
export function failedKey(photoKey: string): string {
  const key = `${FAILED}${relativeKey(photoKey)}.json`;
  if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
  return `${FAILED}sha256-${createHash('sha256').update(photoKey).digest('hex')}.json`;
}
