/** Handles one message: its photos, its visibility meanwhile, and whether it is deleted or returned. */
import { seconds } from '../../common/time.ts';
import type { FailureCode } from '../../contract/failure.ts';
import { parseJobMessage, type Job } from '../../contract/job.ts';
import { failedKey, INCOMING, resultKey } from '../../contract/keys.ts';
import { photoLogId, traceIdOf } from '../../contract/trace.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { InstanceFault } from './faults.ts';
import type { Attempt, PhotoMeasurements } from './pipeline.ts';
import type { PhotoOutcome } from './process-photo.ts';
import { instanceFaultDelay, returnDelay, type JobQueue, type Message } from './queue.ts';
import { CancelledBeforeStart } from './weighted-semaphore.ts';

export interface MessagePorts {
  queue: JobQueue;
  bucketName: string;
  visibilityTimeoutSeconds: number;
  /** Receives after which SQS moves a message to the dead-letter queue. */
  maxReceiveCount: number;
  process: (job: Job, receiveCount: number, attempt: Attempt) => Promise<PhotoOutcome>;
  /** Called when a photo starts; it returns what is called when that photo finishes. */
  started: () => () => void;
  /** Called with the outcome and the measurements of each photo. */
  finished?: (outcome: Outcome, figures: PhotoMeasurements, code?: FailureCode) => void;
  log: Log;
  /** Epoch milliseconds. */
  now: () => number;
  /** Monotonic milliseconds. */
  clock: () => number;
}

/** What happened to a photo in one receive of its message. */
export type Outcome = PhotoOutcome['outcome'] | 'returned';

/**
 * What happened to a message. `instance-fault`: returned, and this instance must pass its readiness check before the next
 * one. `not-started`: returned since the worker drained before the photo started.
 */
export type Handled = 'deleted' | 'returned' | 'instance-fault' | 'not-started';

const DELAYS = {
  returned: returnDelay,
  'instance-fault': instanceFaultDelay,
  'not-started': () => 0,
} satisfies Record<Exclude<Handled, 'deleted'>, (receiveCount: number) => number>;

/** Handles a message on this instance; never rejects. */
export async function handleMessage(message: Message, ports: MessagePorts): Promise<Handled> {
  const { queue, log, visibilityTimeoutSeconds } = ports;
  const { receiveCount } = message;
  const giveBack = async (handled: Exclude<Handled, 'deleted'>): Promise<Handled> => {
    await queue.hide(message, DELAYS[handled](receiveCount)).catch((error: unknown) =>
      // It becomes visible by itself when its visibility timeout ends.
      log('warn', 'message-not-returned', { receiveCount, error: describeError(error) }),
    );
    return handled;
  };

  let jobs: Job[];
  try {
    jobs = jobsOf(message, ports.bucketName);
  } catch (error) {
    // It is not deleted, so that it reaches the dead-letter queue, where it can be read.
    const ageSeconds = seconds(ports.now() - message.sentAtMs);
    log('error', 'message-not-parsed', { receiveCount, ageSeconds, error: describeError(error) });
    return giveBack('returned');
  }

  const renewal = setInterval(
    () => {
      queue
        .hide(message, visibilityTimeoutSeconds)
        .catch((error: unknown) => log('warn', 'visibility-not-renewed', { error: describeError(error) }));
    },
    (visibilityTimeoutSeconds / 3) * 1000,
  );
  let failed: Exclude<Handled, 'deleted'> | undefined;
  try {
    for (const job of jobs) {
      const handled = await handleJob(job, receiveCount, ports);
      if (handled !== 'finished' && failed !== 'instance-fault') failed = handled;
    }
  } finally {
    clearInterval(renewal);
  }
  if (failed) return giveBack(failed);
  await queue.delete(message).catch((error: unknown) =>
    // Its photos have their outcomes, which the next receive finds.
    log('warn', 'message-not-deleted', { receiveCount, error: describeError(error) }),
  );
  return 'deleted';
}

/** @throws when the message is not a notification of this stage's bucket about an incoming photo */
function jobsOf(message: Message, bucketName: string): Job[] {
  const jobs = parseJobMessage(message.body);
  for (const { bucket, key } of jobs) {
    if (bucket !== bucketName) throw new Error(`bucket '${bucket}' is not '${bucketName}'`);
    if (!key.startsWith(INCOMING))
      throw new Error(`the key of photo ${photoLogId(bucket, key)} is not below '${INCOMING}'`);
  }
  return jobs;
}

async function handleJob(
  job: Job,
  receiveCount: number,
  { process, started, finished: report, maxReceiveCount, log, now, clock }: MessagePorts,
): Promise<'finished' | Exclude<Handled, 'deleted'>> {
  const receivedMs = clock();
  const figures: PhotoMeasurements = { queueSeconds: seconds(now() - job.storedAtMs) };
  let stopBusyTime: (() => void) | undefined;
  const attempt: Attempt = {
    figures,
    started: () => {
      if (stopBusyTime) return;
      stopBusyTime = started();
      figures.waitSeconds = seconds(now() - job.storedAtMs);
      log('info', 'photo-started', { ...names(), receiveCount, waitSeconds: figures.waitSeconds });
    },
  };
  const photo = photoLogId(job.bucket, job.key);
  const names = () => ({ photo, trace: attempt.trace ?? traceIdOf(job) });
  const finished = (fields: { outcome: Outcome; code?: FailureCode } & Record<string, unknown>) => {
    stopBusyTime?.();
    const total = { seconds: seconds(clock() - receivedMs) };
    // A message returned after its last receive goes to the dead-letter queue; its failure record is written already.
    if (fields.outcome === 'returned' && receiveCount >= maxReceiveCount)
      report?.('failed', figures, 'retries-exhausted');
    else report?.(fields.outcome, figures, fields.code);
    log('info', 'photo-finished', { ...names(), receiveCount, ...fields, ...figures, ...total });
  };
  try {
    finished(await process(job, receiveCount, attempt));
    return 'finished';
  } catch (error) {
    if (error instanceof CancelledBeforeStart) {
      finished({ outcome: 'returned', reason: 'not-started' });
      return 'not-started';
    }
    const isInstanceFault = error instanceof InstanceFault;
    const fault = isInstanceFault ? 'instance' : 'transient';
    log('error', 'attempt-failed', {
      ...names(),
      receiveCount,
      fault,
      error: withoutKeys(describeError(error), job),
    });
    finished({ outcome: 'returned' });
    return isInstanceFault ? 'instance-fault' : 'returned';
  }
}

/** @returns the text with the photo's log id for its keys */
function withoutKeys(text: string, { bucket, key }: Job): string {
  const id = photoLogId(bucket, key);
  return [resultKey(key), failedKey(key), key].reduce((left, one) => left.replaceAll(one, id), text);
}
