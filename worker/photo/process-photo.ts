/** Processes one photo, from its key in the bucket to its outcome. */
import { seconds } from '../../common/time.ts';
import type { FailureCode } from '../../contract/failure.ts';
import type { Job } from '../../contract/job.ts';
import type { Output } from '../../contract/photo-types.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { maxFileBytes } from '../imaging/limits.ts';
import { ConditionFailed, type Bucket, type StoredObject } from './bucket.ts';
import { PermanentFault, TransientFault } from './faults.ts';
import { choiceOf } from './options.ts';
import { Outcomes, type Version, type Written } from './outcomes.ts';
import type { Attempt, ColourPhoto } from './pipeline.ts';

/** A photo's outcome as logged and counted. */
export type PhotoOutcome =
  | {
      outcome: 'succeeded';
      /** @default 'photo' */
      output?: Output;
    }
  | { outcome: 'failed'; code: FailureCode }
  /** Nothing to do: a newer upload has its own job, the photo is deleted, or an earlier delivery finished it. */
  | { outcome: 'dropped'; reason: 'superseded' | 'gone' | 'done-already' };

export interface PhotoPorts {
  bucket: Bucket;
  settings: Pick<WorkerSettings, 'maxMegapixels' | 'maxReceiveCount' | 'workflow'>;
  colour: ColourPhoto;
  log: Log;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** How often a photo may be replaced and restored while it is processed; each time processing starts again. */
const MAX_STARTS = 3;

const SUPERSEDED: PhotoOutcome = { outcome: 'dropped', reason: 'superseded' };
const DONE_ALREADY: PhotoOutcome = { outcome: 'dropped', reason: 'done-already' };

/**
 * Processes a photo until its outcome is written.
 *
 * @param receiveCount of its message, this receive included
 * @param attempt is filled with measurements and called when the photo starts
 * @throws CancelledBeforeStart when it had not started; TransientFault, InstanceFault or any other error when the photo
 * has to be tried again
 */
export async function processPhoto(
  job: Job,
  receiveCount: number,
  attempt: Attempt,
  ports: PhotoPorts,
): Promise<PhotoOutcome> {
  const outcomes = new Outcomes(ports.bucket);
  for (let start = 0; start < MAX_STARTS; start++) {
    const photo = await ports.bucket.head(job.key);
    const etag = job.etag ?? photo?.etag;
    if (etag === undefined) return { outcome: 'dropped', reason: 'gone' };
    const isCurrent = photo?.etag === etag;
    attempt.trace = traceIdOf(job, isCurrent ? photo.metadata : undefined);
    const version = { key: job.key, etag, trace: attempt.trace, logId: photoLogId(job.bucket, job.key) };
    if (isCurrent) {
      const outcome = await processVersion(version, photo, receiveCount, attempt, outcomes, ports);
      if (outcome) return outcome;
    } else if (await outcomes.removeSuperseded(version)) {
      // An earlier delivery of this job may have written an outcome before it died; it is deleted now.
      return photo ? SUPERSEDED : { outcome: 'dropped', reason: 'gone' };
    }
  }
  throw new TransientFault(`the photo was replaced ${MAX_STARTS} times while it was processed`);
}

/** @returns undefined when the photo is no longer the version that it was at the start */
async function processVersion(
  version: Version & { logId: string },
  photo: StoredObject,
  receiveCount: number,
  attempt: Attempt,
  outcomes: Outcomes,
  ports: PhotoPorts,
): Promise<PhotoOutcome | undefined> {
  const { settings, log } = ports;
  if (await outcomes.existing(version)) return DONE_ALREADY;
  if (receiveCount >= settings.maxReceiveCount) {
    // If the worker dies now, nothing runs after it: so the record is written first, and a result replaces it.
    const message = `The photo could not be coloured in ${receiveCount} attempts; it is worth sending again.`;
    const failure = { code: 'retries-exhausted', message, retryable: true } as const;
    const written = await outcomes.writeFailure(version, failure);
    if (written === 'superseded') return SUPERSEDED;
    if (written === 'succeeded') return DONE_ALREADY;
  }
  try {
    return await colourVersion(version, photo, attempt, outcomes, ports);
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    const { code, message } = error;
    const names = { photo: version.logId, trace: version.trace };
    log('info', 'photo-refused', { ...names, code, error: describeError(error) });
    const written = await outcomes.writeFailure(version, { code, message, retryable: false });
    if (written === 'succeeded') return DONE_ALREADY;
    return unlessSuperseded(written, { outcome: 'failed', code });
  }
}

async function colourVersion(
  version: Version,
  { bytes, metadata }: StoredObject,
  attempt: Attempt,
  outcomes: Outcomes,
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
  const written = await outcomes.writeResult(version, body, contentType);
  figures.storeSeconds = seconds(now() - colouredMs);
  const { output } = choice;
  return unlessSuperseded(written, { outcome: 'succeeded', ...(output !== 'photo' && { output }) });
}

/** @throws PermanentFault when no picture within the pixel limit can have that many bytes */
function refuseTooManyBytes(bytes: number, maxMegapixels: number): void {
  const allowed = maxFileBytes(maxMegapixels);
  if (bytes <= allowed) return;
  const [has, max] = [Math.ceil(bytes / 1e6), Math.floor(allowed / 1e6)];
  throw new PermanentFault('too-large', `The file has ${has} MB; at most ${max} MB are allowed.`);
}

const unlessSuperseded = (written: Written, outcome: PhotoOutcome): PhotoOutcome =>
  written === 'superseded' ? SUPERSEDED : outcome;
