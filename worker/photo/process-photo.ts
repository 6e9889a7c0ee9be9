/** Processes one photo, from its key in the bucket to its outcome. */
import { seconds } from '../../common/time.ts';
import type { FailureCode } from '../../contract/failure.ts';
import type { Job } from '../../contract/job.ts';
import { isPlaceholder } from '../../contract/keys.ts';
import type { Output, Remark } from '../../contract/photo-types.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import type { WorkerSettings } from '../../contract/worker.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { maxFileBytes } from '../imaging/limits.ts';
import { ConditionFailed, type Bucket, type StoredObject } from './bucket.ts';
import { PhotoDeadline, type PhotoSize } from './deadline.ts';
import { timesOf } from './outcome-times.ts';
import { PermanentFault, TransientFault } from './faults.ts';
import { photoChoice } from './options.ts';
import { Outcomes, type Version, type Written } from './outcomes.ts';
import type { Attempt, ColourPhoto } from './pipeline.ts';
import type { WeightedSemaphore } from './weighted-semaphore.ts';

/** A photo's outcome as logged and counted. */
export type PhotoOutcome =
  | {
      outcome: 'succeeded';
      /** @default 'photo' */
      output?: Output;
      /** @default none */
      remarks?: readonly Remark[];
    }
  | { outcome: 'failed'; code: FailureCode }
  /** Nothing to do: a newer upload has its own job, the photo is deleted, or an earlier delivery finished it. */
  | { outcome: 'dropped'; reason: 'superseded' | 'gone' | 'done-already' };

export interface PhotoPorts {
  bucket: Bucket;
  settings: Pick<WorkerSettings, 'maxMegapixels' | 'workflow' | 'otherWorkflows'>;
  colour: ColourPhoto;
  /** Capacity in bytes of files in memory, with their copies. */
  files: WeightedSemaphore;
  /** Aborted to cancel photos that have not started. */
  drainSignal: () => AbortSignal;
  /** @default photoDeadlineMs */
  deadlineMs?: (size: PhotoSize) => number;
  log: Log;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** Of a file in memory: the file, its chunks while it arrives or goes to an image process, and its result. */
const COPIES = 3;
/** How often a photo may be replaced and restored while it is processed; each time processing starts again. */
const MAX_STARTS = 3;

const SUPERSEDED: PhotoOutcome = { outcome: 'dropped', reason: 'superseded' };
const DONE_ALREADY: PhotoOutcome = { outcome: 'dropped', reason: 'done-already' };

/**
 * Processes a photo until its outcome is written.
 *
 * @param attempt is filled with measurements and called when the photo starts
 * @throws CancelledBeforeStart when it had not started; AttemptsExhausted; TransientFault, InstanceFault, DeadlineExceeded or
 * any other error when the photo has to be tried again
 */
export async function processPhoto(job: Job, attempt: Attempt, ports: PhotoPorts): Promise<PhotoOutcome> {
  const deadline = new PhotoDeadline(ports.deadlineMs);
  const bounded = { ...ports, bucket: ports.bucket.until(deadline.signal) };
  return deadline.run(() =>
    withVersion(job, attempt, bounded, (version, photo, outcomes) =>
      processVersion(version, photo, attempt, outcomes, deadline, bounded),
    ),
  );
}

/** The step that a photo of a chain was at on this instance. */
const atStep = ({ workflow, step }: Pick<Attempt, 'workflow' | 'step'>): string =>
  step === undefined ? '' : ` It was at the step '${step}' of the workflow '${workflow}'.`;

/** Why a photo is given up. */
export interface UsedUp {
  /** Attempts that it had. */
  attempts: number;
  /** Receives of its message, where these are used up. */
  received?: number;
}

/** Is given the trace id of the photo. */
type Traced = Pick<Attempt, 'trace' | 'workflow' | 'step'> & Partial<Pick<Attempt, 'figures'>>;
type Found = Version & { logId: string };

/** Gives up a photo: writes its failure record, unless it has an outcome. */
export function giveUp(
  job: Job,
  attempt: Traced,
  { attempts, received }: UsedUp,
  ports: PhotoPorts,
): Promise<PhotoOutcome> {
  return withVersion(job, attempt, ports, async (version, _photo, outcomes) => {
    if (await outcomes.existing(version)) return DONE_ALREADY;
    const tried =
      received === undefined
        ? `The photo could not be coloured in ${attempts} attempts`
        : `The photo was taken up ${received} times and was not finished`;
    const message = `${tried}; it is worth sending again.${atStep(attempt)}`;
    const code = 'retries-exhausted';
    const written = await outcomes.writeFailure(
      version,
      { code, message, retryable: true, attempts },
      timesOf(attempt.figures),
    );
    if (written === 'succeeded') return DONE_ALREADY;
    return unlessSuperseded(written, { outcome: 'failed', code });
  });
}

/** @param process returns undefined when the photo is no longer the version that it was at the start */
async function withVersion(
  job: Job,
  attempt: Traced,
  { bucket }: PhotoPorts,
  process: (version: Found, photo: StoredObject, outcomes: Outcomes) => Promise<PhotoOutcome | undefined>,
): Promise<PhotoOutcome> {
  const outcomes = new Outcomes(bucket);
  for (let start = 0; start < MAX_STARTS; start++) {
    const found = await bucket.head(job.key);
    const photo = isPlaceholder(job.key, found?.bytes) ? undefined : found;
    const etag = job.etag ?? photo?.etag;
    if (etag === undefined) return { outcome: 'dropped', reason: 'gone' };
    const isCurrent = photo?.etag === etag;
    attempt.trace = traceIdOf(job, isCurrent ? photo.metadata : undefined);
    const version = { key: job.key, etag, trace: attempt.trace, logId: photoLogId(job.bucket, job.key) };
    if (isCurrent) {
      const outcome = await process(version, photo, outcomes);
      if (outcome) return outcome;
    } else if (await outcomes.removeSuperseded(version)) {
      // An earlier delivery of this job may have written an outcome before it died; it is deleted now.
      return photo ? SUPERSEDED : { outcome: 'dropped', reason: 'gone' };
    }
  }
  throw new TransientFault(`the photo was replaced ${MAX_STARTS} times while it was processed`);
}

async function processVersion(
  version: Found,
  photo: StoredObject,
  attempt: Attempt,
  outcomes: Outcomes,
  deadline: PhotoDeadline,
  ports: PhotoPorts,
): Promise<PhotoOutcome | undefined> {
  if (await outcomes.existing(version)) return DONE_ALREADY;
  try {
    return await colourVersion(version, photo, attempt, outcomes, deadline, ports);
  } catch (error) {
    if (!(error instanceof PermanentFault)) throw error;
    const { code } = error;
    const message = `${error.message}${atStep(attempt)}`;
    const names = { photo: version.logId, trace: version.trace };
    ports.log('info', 'photo-refused', { ...names, code, error: describeError(error) });
    const written = await outcomes.writeFailure(
      version,
      { code, message, retryable: false },
      timesOf(attempt.figures),
    );
    if (written === 'succeeded') return DONE_ALREADY;
    return unlessSuperseded(written, { outcome: 'failed', code });
  }
}

async function colourVersion(
  version: Version,
  { bytes, metadata }: StoredObject,
  attempt: Attempt,
  outcomes: Outcomes,
  deadline: PhotoDeadline,
  { bucket, settings, colour, files, drainSignal, now }: PhotoPorts,
): Promise<PhotoOutcome | undefined> {
  refuseTooManyBytes(bytes, settings.maxMegapixels);
  const choice = photoChoice(settings, metadata);
  if (choice.workflow !== undefined) attempt.workflow = choice.workflow;
  deadline.allowFor({ bytes });
  // Before the file is there, not when it already takes the memory.
  const releaseFile = await deadline.paused(() =>
    files.acquire(COPIES * bytes, drainSignal(), attempt.queue),
  );
  try {
    deadline.step = 'fetch';
    const startMs = now();
    const photo = await bucket.get(version.key, version.etag).catch((error: unknown) => {
      if (error instanceof ConditionFailed) return undefined;
      throw error;
    });
    if (!photo) return undefined;
    const { figures } = attempt;
    figures.fetchSeconds = seconds(now() - startMs);
    const { body, contentType, remarks = [] } = await colour(photo, version.etag, attempt, choice, deadline);
    deadline.step = 'store';
    const colouredMs = now();
    const written = await outcomes.writeResult(version, body, contentType, remarks, timesOf(figures));
    figures.storeSeconds = seconds(now() - colouredMs);
    const { output } = choice;
    return unlessSuperseded(written, {
      outcome: 'succeeded',
      ...(output !== 'photo' && { output }),
      ...(remarks.length > 0 && { remarks }),
    });
  } finally {
    releaseFile();
  }
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
