/** Handles one photo of a message: its attempt, what is reported and logged about it, and whether it is tried again. */
import { seconds } from '../../common/time.ts';
import type { FailureCode } from '../../contract/failure.ts';
import type { Job } from '../../contract/job.ts';
import { failedKey, resultKey } from '../../contract/keys.ts';
import { laneOfQueue } from '../../contract/lanes.ts';
import { isProbePhoto } from '../../contract/probe.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { AttemptsExhausted, PhotoAttempt, type AttemptPorts } from './attempts.ts';
import { DeadlineExceeded } from './deadline.ts';
import { InstanceFault } from './faults.ts';
import { ofThisInstance } from './lasting.ts';
import type { Attempt, PhotoMeasurements } from './pipeline.ts';
import type { PhotoOutcome, UsedUp } from './process-photo.ts';
import type { Message } from './queue.ts';
import { CancelledBeforeStart } from './weighted-semaphore.ts';

export interface JobPorts {
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceiveCount: number;
  attempts: AttemptPorts;
  process: (job: Job, attempt: Attempt) => Promise<PhotoOutcome>;
  /** Writes the failure record. */
  giveUp: (job: Job, attempt: Attempt, usedUp: UsedUp) => Promise<PhotoOutcome>;
  /**
   * Called when a photo starts, with its workflow where the stage has several; it returns what is called when that photo
   * finishes, with what happened to it.
   */
  started: (workflow?: string) => (outcome: Outcome) => void;
  /** Called with the outcome and the measurements of each photo. */
  finished?: (outcome: Outcome, figures: PhotoMeasurements, code?: FailureCode, workflow?: string) => void;
  log: Log;
  /** Epoch milliseconds. */
  now: () => number;
  /** Monotonic milliseconds. */
  clock: () => number;
}

/** What happened to a photo in one receive of its message. */
export type Outcome = PhotoOutcome['outcome'] | 'returned';

/** `given-up`: its message belongs in the dead-letter queue. */
export interface JobResult {
  fate: 'finished' | 'given-up' | 'returned' | 'not-started';
  isInstanceFault?: boolean;
  /** Charged so far; undefined where that is unknown. */
  attempts?: number | undefined;
}

/** @param index of the photo in its message */
export async function handleJob(
  job: Job,
  index: number,
  message: Message,
  ports: JobPorts,
): Promise<JobResult> {
  const { process, started, finished: report, log, now, clock } = ports;
  const { receiveCount } = message;
  const receivedMs = clock();
  const figures: PhotoMeasurements = { queueSeconds: seconds(now() - job.storedAtMs) };
  const counted = new PhotoAttempt(index === 0 ? message.id : `${message.id}/${index}`, ports.attempts);
  let stopBusyTime: ((outcome: Outcome) => void) | undefined;
  const { queue } = message;
  const lane = laneOfQueue(queue);
  const place = { lane, ...(queue === lane ? {} : { queue }) };
  const attempt: Attempt = {
    queue,
    figures,
    wasTried: () => counted.wasTried,
    started: async () => {
      if (stopBusyTime) return;
      stopBusyTime = started(attempt.workflow);
      await counted.start();
      figures.waitSeconds = seconds(now() - job.storedAtMs);
      const { attempts } = counted;
      log('info', 'photo-started', {
        ...names(),
        ...place,
        receiveCount,
        attempt: attempts,
        waitSeconds: figures.waitSeconds,
      });
    },
  };
  const photo = photoLogId(job.bucket, job.key);
  const names = () => {
    const { trace = traceIdOf(job), workflow } = attempt;
    return { photo, trace, ...(workflow !== undefined && { workflow }) };
  };
  const finished = (fields: { outcome: Outcome; code?: FailureCode } & Record<string, unknown>) => {
    stopBusyTime?.(fields.outcome);
    const total = { seconds: seconds(clock() - receivedMs) };
    // Figures are of users' photos; the probe publishes its own.
    if (!isProbePhoto(job.key)) report?.(fields.outcome, figures, fields.code, attempt.workflow);
    const count = { receiveCount, attempt: counted.attempts };
    log('info', 'photo-finished', { ...names(), ...place, ...count, ...fields, ...figures, ...total });
  };
  const giveUp = async (usedUp: UsedUp): Promise<JobResult> => {
    try {
      const outcome = await ports.giveUp(job, attempt, usedUp);
      finished(outcome);
      return { fate: outcome.outcome === 'failed' ? 'given-up' : 'finished' };
    } catch (error) {
      const text = withoutKeys(describeError(error), job);
      log('error', 'failure-not-recorded', { ...names(), receiveCount, error: text });
      finished({ outcome: 'returned' });
      return { fate: 'returned', attempts: usedUp.attempts };
    }
  };
  // It would be the last receive: if the worker died in it, the photo would have no outcome.
  if (receiveCount >= ports.maxReceiveCount) return giveUp({ attempts: 0, received: receiveCount });
  try {
    const outcome = await process(job, attempt);
    if (outcome.outcome === 'succeeded') counted.succeeded();
    finished(outcome);
    return { fate: 'finished' };
  } catch (thrown) {
    const error = ofThisInstance(thrown);
    if (error instanceof CancelledBeforeStart) {
      finished({ outcome: 'returned', reason: 'not-started' });
      return { fate: 'not-started' };
    }
    if (error instanceof AttemptsExhausted) return giveUp({ attempts: error.attempts });
    const isInstanceFault = error instanceof InstanceFault;
    const isLast = await counted.failed(error);
    log('error', 'attempt-failed', {
      ...names(),
      receiveCount,
      attempt: counted.attempts,
      ...(figures.batchPhotos !== undefined && { batchPhotos: figures.batchPhotos }),
      ...(attempt.step !== undefined && { step: attempt.step }),
      fault: error instanceof DeadlineExceeded ? 'deadline' : isInstanceFault ? 'instance' : 'transient',
      error: withoutKeys(describeError(error), job),
    });
    if (isLast) return { ...(await giveUp({ attempts: ports.attempts.maxAttempts })), isInstanceFault };
    finished({ outcome: 'returned' });
    return { fate: 'returned', isInstanceFault, attempts: counted.attempts };
  }
}

/** @returns the text with the photo's log id for its keys */
function withoutKeys(text: string, { bucket, key }: Job): string {
  const id = photoLogId(bucket, key);
  return [resultKey(key), failedKey(key), key].reduce((left, one) => left.replaceAll(one, id), text);
}
