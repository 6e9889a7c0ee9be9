/** Makes the event of an outcome. Pure: the same stored outcome gives the same event at each sending. */
import { createHash } from 'node:crypto';
import { apiPhotoId, isDigestKey, parseOutcomeKey, SOURCE_ETAG_METADATA } from '../../contract/keys.ts';
import { isPhotoKey } from '../../contract/lanes.ts';
import { EVENT_VERSION, type OutcomeEvent } from '../../contract/outcome-event.ts';
import { decodedPhotoKey, PHOTO_KEY_METADATA, timesIn } from '../../contract/outcome-metadata.ts';
import { remarksIn, REMARKS_METADATA } from '../../contract/photo-types.ts';
import { isProbePhoto } from '../../contract/probe.ts';
import { TRACE_ID, TRACE_METADATA } from '../../contract/trace.ts';
import type { Context, StoredOutcome } from './ports.ts';

const ID_LENGTH = 32;

const digest = (parts: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, ID_LENGTH);

/** The key of the photo: by the outcome's name, and where that is a digest, by what the worker wrote beside it. */
function photoKeyOf(byName: string, { key, metadata, failure }: StoredOutcome): string {
  if (!isDigestKey(key)) return byName;
  const text = metadata[PHOTO_KEY_METADATA];
  const written = text === undefined ? failure?.key : decodedPhotoKey(text);
  return written !== undefined && isPhotoKey(written) ? written : byName;
}

/** @returns undefined for an object that is no outcome of a user's photo */
export function eventOf(outcome: StoredOutcome, { stage, bucket }: Context): OutcomeEvent | undefined {
  const { key, etag, bytes, contentType, storedAtMs, metadata, failure } = outcome;
  const parsed = parseOutcomeKey(key);
  const photoEtag = metadata[SOURCE_ETAG_METADATA];
  // Without it the object is not of a worker.
  if (!parsed || !photoEtag) return undefined;
  const photoKey = photoKeyOf(parsed.photoKey, outcome);
  if (isProbePhoto(photoKey)) return undefined;
  const given = metadata[TRACE_METADATA] ?? '';
  const trace = TRACE_ID.test(given) ? given : null;
  const type = parsed.kind === 'result' ? 'photo.coloured' : 'photo.failed';
  const { waitedSeconds = null, workedSeconds = null } = timesIn(metadata);
  const envelope = {
    version: EVENT_VERSION,
    // Of one stored object. A photo that is sent again and fails again, or is uploaded again once its outcome is deleted, has another event.
    id: `evt_${digest([bucket, photoKey, photoEtag, trace ?? '', type, etag, String(storedAtMs)])}`,
    timestamp: new Date(storedAtMs).toISOString(),
  } as const;
  const data = {
    ...{ stage, bucket, lane: parsed.lane, trace },
    photo: { key: photoKey, etag: photoEtag, id: apiPhotoId(photoKey) ?? null },
    ...{ waitedSeconds, workedSeconds },
  };
  if (type === 'photo.coloured') {
    const remarks = remarksIn(metadata[REMARKS_METADATA]);
    return { ...envelope, type, data: { ...data, result: { key, type: contentType, bytes, remarks } } };
  }
  if (!failure) return undefined;
  const { code, message, retryable, attempts = null } = failure;
  return { ...envelope, type, data: { ...data, failure: { key, code, message, retryable, attempts } } };
}
