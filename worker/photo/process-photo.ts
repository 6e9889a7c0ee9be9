/** One photo from its key to its end. */
import type { FailureCode } from '../../contract/failure.ts';
import type { Job } from '../../contract/job.ts';
import type { Output } from '../../contract/photo-types.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { ConditionFailed, type Bucket, type StoredObject } from './bucket.ts';
import type { Attempt, ColourPhoto } from './pipeline.ts';
import { Outcomes, type Version, type Written } from './outcomes.ts';
import { PermanentFault, TransientFault } from './faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { choiceOf } from './options.ts';
import { seconds } from '../../common/time.ts';

/** How a photo was left, for the log. */
export type PhotoOutcome =
  | {
      outcome: 'succeeded';
      /** @default 'photo' */
      output?: Output;
    }
  | { outcome: 'failed'; code: FailureCode }
  /** Nothing was to be done: a newer version has its own job, the photo is gone, or an earlier delivery did it. */
  | { outcome: 'dropped'; reason: 'superseded' | 'gone' | 'done-already' };

export interface PhotoPorts {
  bucket: Bucket;
  settings: Pick<WorkerSettings, 'maxMegapixels' | 'maxReceiveCount' | 'workflow'>;
  colour: ColourPhoto;
  log: Log;
  /** Milliseconds that only go forward. */
  now: () => number;
}

/** 16 bits of four channels: no picture within the limit on pixels needs more, but for what else is in the file. */
const BYTES_PER_PIXEL = 8;
const OTHER_BYTES = 32e6;

/** Times that a photo may change and change back while it is worked on; each means starting again. */
const STARTS = 3;

const SUPERSEDED: PhotoOutcome = { outcome: 'dropped', reason: 'superseded' };

/**
 * Brings a photo to its end.
 *
 * @param receiveCount of its message, this one included
 * @param attempt told of on the way
 * @throws CancelledBeforeStart when it had not started; TransientFault, InstanceFault or anything else when it has to be tried again
 */
export async function processPhoto(
  job: Job,
  receiveCount: number,
  attempt: Attempt,
  ports: PhotoPorts,
): Promise<PhotoOutcome> {
  const ends = new Outcomes(ports.bucket);
  for (let start = 0; start < STARTS; start++) {
    const photo = await ports.bucket.head(job.key);
    const etag = job.etag ?? photo?.etag;
    if (etag === undefined) return { outcome: 'dropped', reason: 'gone' };
    const version = { key: job.key, etag };
    if (photo?.etag === etag) {
      const end = await processVersion(version, photo, receiveCount, attempt, ends, ports);
      if (end) return end;
    } else if (await ends.removeSuperseded(version)) {
      // An earlier delivery of this job may have left an end before it died; it is gone now.
      return photo ? SUPERSEDED : { outcome: 'dropped', reason: 'gone' };
    }
  }
  throw new TransientFault(`'${job.key}' changes all the time`);
}

/** Undefined when the photo is no longer what it was at the start. */
async function processVersion(
  version: Version,
  photo: StoredObject,
  receiveCount: number,
  attempt: Attempt,
  ends: Outcomes,
  ports: PhotoPorts,
): Promise<PhotoOutcome | undefined> {
  const { settings, log } = ports;
  if (await ends.existing(version)) return { outcome: 'dropped', reason: 'done-already' };
  if (receiveCount >= settings.maxReceiveCount) {
    // Nobody is told when a worker dies in its last attempt, so the end comes first and success replaces it.
    const message = `The photo could not be coloured in ${receiveCount} attempts; it is worth sending again.`;
    const written = await ends.writeFailure(version, { code: 'retries-exhausted', message, retryable: true });
    if (written === 'superseded') return SUPERSEDED;
    if (written === 'succeeded') return { outcome: 'dropped', reason: 'done-already' };
  }
  try {
    return await colourVersion(version, photo, attempt, ends, ports);
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    const { code, message } = error;
    log('info', 'photo-refused', { key: version.key, code, error: describeError(error) });
    const written = await ends.writeFailure(version, { code, message, retryable: false });
    return written === 'succeeded'
      ? { outcome: 'dropped', reason: 'done-already' }
      : endOf(written, { outcome: 'failed', code });
  }
}

async function colourVersion(
  version: Version,
  { bytes, metadata }: StoredObject,
  attempt: Attempt,
  ends: Outcomes,
  { bucket, settings, colour, now }: PhotoPorts,
): Promise<PhotoOutcome | undefined> {
  refuseTooManyBytes(bytes, settings.maxMegapixels);
  const choice = choiceOf(settings.workflow, metadata);
  const startMs = now();
  const photo = await bucket.get(version.key, version.etag).catch((error: unknown) => {
    if (error instanceof ConditionFailed) return undefined;
    throw error;
  });
  if (!photo) return undefined;
  const { figures } = attempt;
  figures.fetchSeconds = seconds(now() - startMs);
  const { body, contentType } = await colour(photo, version.etag, attempt, choice);
  const colouredMs = now();
  const written = await ends.writeResult(version, body, contentType);
  figures.storeSeconds = seconds(now() - colouredMs);
  const { output } = choice;
  return endOf(written, { outcome: 'succeeded', ...(output !== 'photo' && { output }) });
}

/** @throws PermanentFault when no picture within the limit on pixels can be that large */
function refuseTooManyBytes(bytes: number, maxMegapixels: number): void {
  const allowed = maxMegapixels * 1e6 * BYTES_PER_PIXEL + OTHER_BYTES;
  if (bytes <= allowed) return;
  const [has, at] = [Math.ceil(bytes / 1e6), Math.floor(allowed / 1e6)];
  throw new PermanentFault('too-large', `The file has ${has} MB; at most ${at} MB are allowed.`);
}

const endOf = (written: Written, end: PhotoOutcome): PhotoOutcome =>
  written === 'superseded' ? SUPERSEDED : end;
