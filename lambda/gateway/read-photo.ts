/** `GET /photos/{id}`: a photo's status from what is in the bucket. */
import { isPreliminary } from '../../contract/failure.ts';
import { portableFileName } from '../../contract/file-name.ts';
import { PHOTO_ID, type PhotoStatus } from '../../contract/photo-api.ts';
import { PHOTO_TYPES } from '../../contract/photo-types.ts';
import type { View } from '../../contract/view.ts';
import { slotsBefore, type Slot } from './announced.ts';
import { estimateBulk } from './bulk-estimate.ts';
import { estimateWait, needsAnnounced, type Estimate } from './estimate.ts';
import type { Caller, GatewayPorts, PhotoRecord, PhotoSettings, StoredPhoto } from './ports.ts';
import { ofWholeLane, queueOfRecord, withoutSidelined } from './first-queue.ts';
import { ProblemError } from './problems.ts';
import { DAY_SECONDS, isoTime } from './quotas.ts';

/** An upload that starts before its link expires may finish this much later, seconds. */
export const UPLOAD_SECONDS = 900;
/** `Retry-After` in seconds. */
const POLL = { min: 1, max: 20, unknown: 5, bulkMax: 60 };
/** `Retry-After` as a part of the estimated time. */
const POLL_PART = 0.25;

export interface StatusReply {
  status: PhotoStatus;
  /** Absent when the photo has an outcome. */
  retryAfterSeconds?: number;
}

/**
 * A photo, which may be one whose deletion has begun.
 *
 * @param now epoch seconds
 * @throws ProblemError `not-found` for an unknown id and for a photo of another caller
 */
export async function findRecord(
  id: string,
  caller: Caller,
  { registry }: Pick<GatewayPorts, 'registry'>,
  now: number,
): Promise<PhotoRecord> {
  const record = PHOTO_ID.test(id) ? await registry.get(id) : undefined;
  if (!record || record.owner !== caller.owner || record.expiresAt <= now) throw noSuchPhoto();
  return record;
}

/** @throws as {@link findRecord}, also for a photo whose deletion has begun */
export async function findPhoto(...args: Parameters<typeof findRecord>): Promise<PhotoRecord> {
  const record = await findRecord(...args);
  if (record.deletedAt !== undefined) throw noSuchPhoto();
  return record;
}

export const noSuchPhoto = () =>
  new ProblemError('not-found', 'There is no photo with this id, or it belongs to another caller.');

/**
 * Its caller's count of unfinished photos learns of an outcome here.
 *
 * @param now epoch seconds
 */
export async function readPhoto(
  record: PhotoRecord,
  ports: GatewayPorts,
  settings: PhotoSettings,
  now: number,
): Promise<StatusReply> {
  const reply = await statusOf(record, ports, settings, now);
  const { id, counter } = record;
  const isKnown = reply.status.status !== 'waiting';
  if (isKnown && counter && now < counter.endsAt) await ports.unfinished.leave({ id, counter });
  return reply;
}

async function statusOf(
  record: PhotoRecord,
  ports: GatewayPorts,
  settings: PhotoSettings,
  now: number,
): Promise<StatusReply> {
  const { id, name } = record;
  // In this order: a result replaces a failure record, and the photo stays after its outcome.
  const result = await ports.storage.result(record);
  if (result) return { status: await succeeded(record, result, ports, settings, now) };
  const failure = await ports.storage.failure(record);
  if (failure && !isPreliminary(failure, now - failure.storedAt)) {
    const { code, message, retryable } = failure;
    return { status: { status: 'failed', id, name, code, message, retryable } };
  }
  const photo = await ports.storage.photo(record);
  // A photo older than the lifetime of an outcome had one, which is deleted by now.
  if (photo && now < photo.storedAt + settings.resultDays * DAY_SECONDS)
    return waiting(record, photo, ports, settings, now);
  return missing(record, settings, now);
}

async function succeeded(
  { id, lane, sidelined, name, type: photoType, output }: PhotoRecord,
  { bytes, type, remarks }: StoredPhoto,
  { storage }: GatewayPorts,
  { linkSeconds }: PhotoSettings,
  now: number,
): Promise<PhotoStatus> {
  const resultType = PHOTO_TYPES.find((one) => one === type) ?? photoType;
  // The API takes names that not every system can store.
  const file = { name: portableFileName(output === 'chroma' ? `${name}.png` : name), type: resultType };
  const original = { name: portableFileName(name), type: photoType };
  const place = { id, lane, sidelined };
  const [result, photo] = await Promise.all([
    storage.downloadLink(place, 'result', file, linkSeconds),
    storage
      .photo(place)
      .then((stored) => (stored ? storage.downloadLink(place, 'photo', original, linkSeconds) : null)),
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
  ports: GatewayPorts,
  { bulkDeadlineSeconds }: PhotoSettings,
  now: number,
): Promise<StatusReply> {
  const { id, name, lane } = record;
  const whole = await ports.viewReader.read();
  const isFirst = queueOfRecord(record) === 'interactive';
  const view = isFirst ? withoutSidelined(whole) : ofWholeLane(whole);
  const isBulk = lane === 'bulk';
  const estimate = isBulk
    ? estimateBulk(view, { storedAt }, bulkDeadlineSeconds, now)
    : await estimateInteractive(view, record, storedAt, ports, now);
  const seconds = estimate.seconds ?? (isBulk ? estimate.secondsAtMost : null);
  const poll = seconds === null ? POLL.unknown : seconds * POLL_PART;
  const most = isBulk ? POLL.bulkMax : POLL.max;
  return {
    status: { status: 'waiting', id, name, uploaded: true, ...estimate },
    retryAfterSeconds: Math.round(Math.min(most, Math.max(POLL.min, poll))),
  };
}

async function estimateInteractive(
  view: View | undefined,
  { createdAt, place }: PhotoRecord,
  storedAt: number,
  { arrivals }: GatewayPorts,
  now: number,
): Promise<Estimate> {
  const announced: Slot[] =
    view && place !== undefined && needsAnnounced(view, storedAt)
      ? slotsBefore(await arrivals.read(now), createdAt, place)
      : [];
  return estimateWait(view, { storedAt, announced }, now);
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
