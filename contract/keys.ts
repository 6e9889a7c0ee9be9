/**
 * Keys of a photo and of its two possible outcomes in the bucket.
 *
 * `incoming/<name>` becomes `results/<name>`, or `failed/<name>.json` when it cannot be coloured; `bulk/<name>` becomes
 * `bulk-results/<name>` or `bulk-failed/<name>.json`.
 */
import { createHash } from 'node:crypto';
import { FOLDERS, type Lane, laneOf } from './lanes.ts';

/** Folders of the interactive lane. */
export const { photos: INCOMING, results: RESULTS, failed: FAILED } = FOLDERS.interactive;

/** Key of a photo that is uploaded by the HTTP API. */
export const apiPhotoKey = (id: string, lane: Lane = 'interactive') => `${FOLDERS[lane].photos}api/${id}`;

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
export const relativeKey = (photoKey: string) => photoKey.slice(FOLDERS[laneOf(photoKey)].photos.length);

/**
 * `results/<name>` or `bulk-results/<name>`. The second is longer than its photo's key: where it would be longer than S3
 * allows, it is `bulk-results/sha256-<hex>`.
 */
export const resultKey = (photoKey: string) => outcomeKey(FOLDERS[laneOf(photoKey)].results, photoKey, '');

/** `failed/<name>.json` or `bulk-failed/<name>.json`, with `sha256-<hex>` as name where that would be too long. */
export const failedKey = (photoKey: string) =>
  outcomeKey(FOLDERS[laneOf(photoKey)].failed, photoKey, '.json');

function outcomeKey(folder: string, photoKey: string, suffix: string): string {
  const key = folder + relativeKey(photoKey) + suffix;
  if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
  return `${folder}sha256-${createHash('sha256').update(photoKey).digest('hex')}${suffix}`;
}
