/** The two rules of the API: a photo is announced, and asked about. */
import type { CreatedPhoto, NewPhoto, PhotoStatus } from '../../contract/photo-api.ts';
import { PHOTO_ID } from '../../contract/photo-api.ts';
import { PHOTO_TYPES, type PhotoType } from '../../contract/photo-types.ts';
import { estimateWait } from './estimate.ts';
import { hourlyWindow, dailyWindow } from './quotas.ts';
import type { Caller, GatewayPorts, PhotoRecord, StoredPhoto } from './ports.ts';
import { ProblemError } from './problems.ts';

export interface PhotoSettings {
  maxUploadBytes: number;
  /** Photos that one caller may announce in an hour, and all in a day. */
  photosPerHour: number;
  photosPerDay: number;
  /** Seconds for which a link works. */
  linkSeconds: number;
  /** Days after which photos, and their ends, are deleted. */
  photoDays: number;
  resultDays: number;
  /** Seconds for which a worker may still be at its last attempt, having written first that it gave up. */
  attemptSeconds: number;
  /** 0 where the workflow gives no chroma. */
  chromaSize: number;
}

const DAY = 86_400;
/** An upload that began while its link worked may end this much later, seconds. */
const UPLOAD_SECONDS = 900;
/** Seconds between two questions about a photo: at least and at most, and when nobody knows. */
const POLL = { least: 1, most: 20, unknown: 5 };
/** Part of the estimated time after which asking again is worth it. */
const POLL_SHARE = 0.25;

const iso = (at: number) => new Date(at * 1000).toISOString();

/**
 * Gives out an id and a link to store one photo by.
 *
 * @param id unguessable, never used before
 * @throws Refusal
 */
export async function createPhoto(
  wanted: NewPhoto,
  caller: Caller,
  { registry: register, storage: photos }: GatewayPorts,
  settings: PhotoSettings,
  { id, now }: { id: string; now: number },
): Promise<CreatedPhoto> {
  const { size, output } = wanted;
  const { maxUploadBytes, linkSeconds, photosPerHour, photosPerDay } = settings;
  if (size > maxUploadBytes) {
    throw new ProblemError('too-large', `size ${size}: at most ${maxUploadBytes} bytes are taken.`);
  }
  if (output === 'chroma' && settings.chromaSize === 0) {
    throw new ProblemError(
      'no-chroma',
      `output 'chroma': the workflow of this stage gives none; ask for 'photo'.`,
    );
  }
  const mine = hourlyWindow(caller.quotaKey, now, photosPerHour);
  if (!(await register.countPhoto(mine))) {
    const wait = Math.ceil(mine.endsAt - now);
    throw new ProblemError(
      'hourly-quota-exceeded',
      `${photosPerHour} photos an hour are taken from one caller; more from ${iso(mine.endsAt)}.`,
      wait,
    );
  }
  const today = dailyWindow(now, photosPerDay);
  if (!(await register.countPhoto(today))) {
    const wait = Math.ceil(today.endsAt - now);
    throw new ProblemError(
      'daily-quota-exceeded',
      `${photosPerDay} photos a day are taken here; more from ${iso(today.endsAt)}.`,
      wait,
    );
  }
  const photo: PhotoRecord = {
    id,
    owner: caller.owner,
    name: wanted.name,
    type: wanted.type,
    output,
    createdAt: now,
    linkExpiresAt: now + linkSeconds,
    // A photo may wait until it is deleted, and be done just before.
    expiresAt: now + (settings.photoDays + settings.resultDays + 1) * DAY,
  };
  await register.put(photo);
  const link = await photos.uploadLink(photo, size, linkSeconds);
  return { id, upload: { method: 'PUT', ...link, expiresAt: iso(photo.linkExpiresAt) } };
}

export interface StatusReply {
  status: PhotoStatus;
  /** When asking again is worth it; absent at the end. */
  retryAfterSeconds?: number;
}

/**
 * How a photo is.
 *
 * @throws Refusal `not-found` for an id that nobody was given, and for somebody else's
 */
export async function readPhoto(
  id: string,
  caller: Caller,
  ports: GatewayPorts,
  settings: PhotoSettings,
  now: number,
): Promise<StatusReply> {
  const record = PHOTO_ID.test(id) ? await ports.registry.get(id) : undefined;
  if (!record || record.owner !== caller.owner || record.expiresAt <= now) {
    throw new ProblemError('not-found', 'There is no photo with this id, or it is not yours.');
  }
  const { name } = record;
  // In this order: a last attempt that succeeds replaces its failure, and a photo stays when it has ended.
  const result = await ports.storage.result(id);
  if (result) return { status: await done(record, result, ports, settings, now) };
  const failure = await ports.storage.failure(id);
  const trying = failure?.code === 'retries-exhausted' && now < failure.storedAt + settings.attemptSeconds;
  if (failure && !trying) {
    const { code, message, retryable } = failure;
    return { status: { status: 'failed', id, name, code, message, retryable } };
  }
  const photo = await ports.storage.photo(id);
  // One that outlasted the days of an end had one, which is deleted by now.
  if (photo && now < photo.storedAt + settings.resultDays * DAY) return waiting(record, photo, ports, now);
  return nothing(record, settings, now);
}

async function done(
  { id, name, type: sent, output }: PhotoRecord,
  { bytes, type }: StoredPhoto,
  { storage: photos }: GatewayPorts,
  { linkSeconds }: PhotoSettings,
  now: number,
): Promise<PhotoStatus> {
  const [result, before] = await Promise.all([
    photos.downloadLink(id, 'result', output === 'chroma' ? `${name}.png` : name, linkSeconds),
    photos.photo(id).then((stored) => (stored ? photos.downloadLink(id, 'photo', name, linkSeconds) : null)),
  ]);
  const known = PHOTO_TYPES.find((one): one is PhotoType => one === type);
  return {
    status: 'succeeded',
    id,
    name,
    type: known ?? sent,
    size: bytes,
    links: { result, photo: before },
    expiresAt: iso(now + linkSeconds),
  };
}

async function waiting(
  { id, name }: PhotoRecord,
  { storedAt }: StoredPhoto,
  { viewReader: views }: GatewayPorts,
  now: number,
): Promise<StatusReply> {
  const estimate = estimateWait(await views.read(), { storedAt }, now);
  const { seconds } = estimate;
  const poll = seconds === null ? POLL.unknown : seconds * POLL_SHARE;
  return {
    status: { status: 'waiting', id, name, uploaded: true, ...estimate },
    retryAfterSeconds: Math.round(Math.min(POLL.most, Math.max(POLL.least, poll))),
  };
}

/** Neither the photo nor an end: not sent yet, never sent, or deleted again. */
function nothing(
  { id, name, createdAt, linkExpiresAt }: PhotoRecord,
  settings: PhotoSettings,
  now: number,
): StatusReply {
  if (now < linkExpiresAt + UPLOAD_SECONDS) {
    const unknown = { ahead: null, seconds: null, secondsAtMost: null };
    return {
      status: { status: 'waiting', id, name, uploaded: false, ...unknown },
      retryAfterSeconds: POLL.unknown,
    };
  }
  const days = Math.min(settings.photoDays, settings.resultDays);
  if (now > createdAt + days * DAY) {
    const message = `The photo is gone: photos are deleted after ${settings.photoDays} days and results after ${settings.resultDays}.`;
    return { status: { status: 'failed', id, name, code: 'expired', message, retryable: true } };
  }
  const message = `Nothing was sent before the link expired at ${iso(linkExpiresAt)}.`;
  return { status: { status: 'failed', id, name, code: 'not-uploaded', message, retryable: true } };
}
