/**
 * Keys of a photo and of its two possible outcomes in the bucket.
 *
 * `incoming/<name>` becomes `results/<name>`, or `failed/<name>.json` when it cannot be coloured; `bulk/<name>` becomes
 * `bulk-results/<name>` or `bulk-failed/<name>.json`, and `sidelined/<name>` likewise.
 */
import { createHash } from 'node:crypto';
import { FOLDERS, laneOfQueue, QUEUES, queueOf, type Lane, type QueueName } from './lanes.ts';

/** Folders of the interactive lane's first queue. */
export const { photos: INCOMING, results: RESULTS, failed: FAILED } = FOLDERS.interactive;

/** 22 characters of base64url: 128 random bits. */
export const API_PHOTO_ID = /^[A-Za-z0-9_-]{22}$/;

/** Key of a photo that is uploaded by the HTTP API. */
export const apiPhotoKey = (id: string, queue: QueueName = 'interactive') =>
  `${FOLDERS[queue].photos}api/${id}`;

/** Folder of the copies that shared links are for. */
export const SHARED = 'shared/';

/**
 * Key of the copy of a photo's result that shared links are for. A photo's own keys have its id, which is the right to it at an open stage; it cannot be
 * found from this one.
 */
export const sharedKey = (id: string) =>
  `${SHARED}${createHash('sha256').update(`shared ${id}`).digest('base64url')}`;

/**
 * Whether an object is the placeholder of a deleted photo: an empty object in its place, by which S3 refuses an upload through a
 * link that has not expired. The HTTP API takes no empty photo.
 */
export const isPlaceholder = (photoKey: string, bytes: number | undefined): boolean =>
  bytes === 0 && apiPhotoId(photoKey) !== undefined;

/**
 * Metadata of a placeholder. While it is `running`, the deletion has not looked yet for an outcome of the photo: only the deletion itself may remove
 * one.
 */
export const DELETION_METADATA = 'deletion';
export type DeletionState = 'running' | 'done';

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
export const relativeKey = (photoKey: string) => photoKey.slice(FOLDERS[queueOf(photoKey)].photos.length);

/**
 * `results/<name>`, `sidelined-results/<name>` or `bulk-results/<name>`. The last two are longer than their photo's key: where one would be longer
 * than S3 allows, its name is `sha256-<hex>`.
 */
export const resultKey = (photoKey: string) => outcomeKey(FOLDERS[queueOf(photoKey)].results, photoKey, '');

/** `failed/<name>.json`, `sidelined-failed/<name>.json` or `bulk-failed/<name>.json`, with `sha256-<hex>` as name where that would be too long. */
export const failedKey = (photoKey: string) =>
  outcomeKey(FOLDERS[queueOf(photoKey)].failed, photoKey, '.json');

/** Digest of a photo's key in place of its name, where the outcome's key would be too long. */
const DIGEST = /^sha256-[0-9a-f]{64}(?:\.json)?$/;
export const isDigestKey = (outcome: string): boolean => DIGEST.test(outcome.slice(outcome.indexOf('/') + 1));

/** What an object of an outcome folder is. */
export interface OutcomeKey {
  lane: Lane;
  kind: 'result' | 'failed';
  /** Of the photo, by the outcome's name; of a name that is a digest, the photo's may be another. */
  photoKey: string;
}

/** @returns undefined for a key in no outcome folder, or one that no outcome has */
export function parseOutcomeKey(key: string): OutcomeKey | undefined {
  for (const queue of QUEUES) {
    const { photos, results, failed } = FOLDERS[queue];
    const lane = laneOfQueue(queue);
    if (key.startsWith(results) && key.length > results.length)
      return { lane, kind: 'result', photoKey: photos + key.slice(results.length) };
    if (key.startsWith(failed) && key.endsWith('.json') && key.length > `${failed}.json`.length)
      return { lane, kind: 'failed', photoKey: photos + key.slice(failed.length, -'.json'.length) };
  }
  return undefined;
}

/** @returns the id of a photo that was uploaded by the HTTP API; undefined for any other photo */
export function apiPhotoId(photoKey: string): string | undefined {
  const queue = QUEUES.find((one) => photoKey.startsWith(apiPhotoKey('', one)));
  const id = queue && photoKey.slice(apiPhotoKey('', queue).length);
  return id !== undefined && API_PHOTO_ID.test(id) ? id : undefined;
}

function outcomeKey(folder: string, photoKey: string, suffix: string): string {
  const key = folder + relativeKey(photoKey) + suffix;
  if (Buffer.byteLength(key) <= MAX_KEY_BYTES) return key;
  return `${folder}sha256-${createHash('sha256').update(photoKey).digest('hex')}${suffix}`;
}
