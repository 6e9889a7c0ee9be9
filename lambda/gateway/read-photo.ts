/** `GET /photos/{id}`: a photo's status from what is in the bucket. */
import { isPreliminary } from '../../contract/failure.ts';
import { portableFileName } from '../../contract/file-name.ts';
import { PHOTO_ID, type PhotoStatus } from '../../contract/photo-api.ts';
import { PHOTO_TYPES } from '../../contract/photo-types.ts';
import { slotsBefore, type Slot } from './announced.ts';
import { estimateWait, needsAnnounced } from './estimate.ts';
import type { Caller, GatewayPorts, PhotoRecord, PhotoSettings, StoredPhoto } from './ports.ts';
import { ProblemError } from './problems.ts';
import { DAY_SECONDS, isoTime } from './quotas.ts';

/** An upload that starts before its link expires may finish this much later, seconds. */
const UPLOAD_SECONDS = 900;
/** `Retry-After` in seconds. */
const POLL = { min: 1, max: 20, unknown: 5 };
/** `Retry-After` as a part of the estimated time. */
const POLL_PART = 0.25;

export interface StatusReply {
  status: PhotoStatus;
  /** Absent when the photo has an outcome. */
  retryAfterSeconds?: number;
}

/** With the trace id of the photo's upload. */
export type TracedReply = StatusReply & { trace: string };

/**
 * @param now epoch seconds
 * @throws ProblemError `not-found` for an unknown id and for a photo of another caller
 */
export async function readPhoto(
  id: string,
  caller: Caller,
  ports: GatewayPorts,
  settings: PhotoSettings,
  now: number,
): Promise<TracedReply> {
  const record = PHOTO_ID.test(id) ? await ports.registry.get(id) : undefined;
  if (!record || record.owner !== caller.owner || record.expiresAt <= now) {
    throw new ProblemError('not-found', 'There is no photo with this id, or it belongs to another caller.');
  }
  return { ...(await statusOf(record, ports, settings, now)), trace: record.trace };
}

async function statusOf(
  record: PhotoRecord,
  ports: GatewayPorts,
  settings: PhotoSettings,
  now: number,
): Promise<StatusReply> {
  const { id, name } = record;
  // In this order: a result replaces a failure record, and the photo stays after its outcome.
  const result = await ports.storage.result(id);
  if (result) return { status: await succeeded(record, result, ports, settings, now) };
  const failure = await ports.storage.failure(id);
  if (failure && !isPreliminary(failure, now - failure.storedAt)) {
    const { code, message, retryable } = failure;
    return { status: { status: 'failed', id, name, code, message, retryable } };
  }
  const photo = await ports.storage.photo(id);
  // A photo older than the lifetime of an outcome had one, which is deleted by now.
  if (photo && now < photo.storedAt + settings.resultDays * DAY_SECONDS)
    return waiting(record, photo, ports, now);
  return missing(record, settings, now);
}

async function succeeded(
  { id, name, type: photoType, output }: PhotoRecord,
  { bytes, type, remarks }: StoredPhoto,
  { storage }: GatewayPorts,
  { linkSeconds }: PhotoSettings,
  now: number,
): Promise<PhotoStatus> {
  const resultType = PHOTO_TYPES.find((one) => one === type) ?? photoType;
  // The API takes names that not every system can store.
  const file = { name: portableFileName(output === 'chroma' ? `${name}.png` : name), type: resultType };
  const original = { name: portableFileName(name), type: photoType };
  const [result, photo] = await Promise.all([
    storage.downloadLink(id, 'result', file, linkSeconds),
    storage
      .photo(id)
      .then((stored) => (stored ? storage.downloadLink(id, 'photo', original, linkSeconds) : null)),
  ]);
  return {
    status: 'succeeded',
    id,
    name,
    type: resultType,
    size: bytes,
    ...(remarks && { remarks }),
    links: { result, photo },
    expiresAt: isoTime(now + linkSeconds),
  };
}

async function waiting(
  record: PhotoRecord,
  { storedAt }: StoredPhoto,
  { viewReader, arrivals }: GatewayPorts,
  now: number,
): Promise<StatusReply> {
  const { id, name, createdAt, place } = record;
  const view = await viewReader.read();
  const announced: Slot[] =
    view && place !== undefined && needsAnnounced(view, storedAt)
      ? slotsBefore(await arrivals.read(now), createdAt, place)
      : [];
  const estimate = estimateWait(view, { storedAt, announced }, now);
  const { seconds } = estimate;
  const poll = seconds === null ? POLL.unknown : seconds * POLL_PART;
  return {
    status: { status: 'waiting', id, name, uploaded: true, ...estimate },
    retryAfterSeconds: Math.round(Math.min(POLL.max, Math.max(POLL.min, poll))),
  };
}

/** Neither photo nor outcome in the bucket: not uploaded yet, never uploaded, or deleted. */
function missing(
  { id, name, createdAt, linkExpiresAt }: PhotoRecord,
  { photoDays, resultDays }: PhotoSettings,
  now: number,
): StatusReply {
  if (now < linkExpiresAt + UPLOAD_SECONDS) {
    const unknown = { ahead: null, seconds: null, secondsAtMost: null };
    return {
      status: { status: 'waiting', id, name, uploaded: false, ...unknown },
      retryAfterSeconds: POLL.unknown,
    };
  }
  const failed = (code: 'expired' | 'not-uploaded', message: string): StatusReply => ({
    status: { status: 'failed', id, name, code, message, retryable: true },
  });
  if (now > createdAt + Math.min(photoDays, resultDays) * DAY_SECONDS)
    return failed(
      'expired',
      `The photo is deleted: photos are kept for ${photoDays} days, results for ${resultDays}.`,
    );
  return failed(
    'not-uploaded',
    `No photo was uploaded before the link expired at ${isoTime(linkExpiresAt)}.`,
  );
}
