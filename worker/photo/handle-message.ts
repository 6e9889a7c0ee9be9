/** One message: its photos, its place on the queue meanwhile, and what becomes of it. */
import type { FailureCode } from '../../contract/failure.ts';
import { INCOMING } from '../../contract/keys.ts';
import { parseJobMessage, type Job } from '../../contract/job.ts';
import { InstanceFault } from './faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Attempt, PhotoMeasurements } from './pipeline.ts';
import { CancelledBeforeStart } from './weighted-semaphore.ts';
import type { PhotoOutcome } from './process-photo.ts';
import { seconds } from '../../common/time.ts';

export interface Message {
  body: string;
  receiptHandle: string;
  /** This receive included. */
  receiveCount: number;
  sentAtMs: number;
}

export interface JobQueue {
  /** The next message; undefined when there is none, or none came within a few seconds if it should `wait`. */
  receive(wait: boolean): Promise<Message | undefined>;
  delete(message: Message): Promise<void>;
  /** Hides the message for so many seconds from now. */
  hide(message: Message, seconds: number): Promise<void>;
}

export interface MessagePorts {
  queue: JobQueue;
  bucketName: string;
  visibilityTimeoutSeconds: number;
  /** Receives after which a message is a dead letter, and its photo given up. */
  maxReceiveCount: number;
  process: (job: Job, receiveCount: number, attempt: Attempt) => Promise<PhotoOutcome>;
  /** Told when a photo starts; what it returns, when that one ends. */
  started: () => () => void;
  /** Told how each photo was left, and what is known of it. */
  finished?: (outcome: Outcome, figures: PhotoMeasurements, code?: FailureCode) => void;
  log: Log;
  /** Epoch milliseconds. */
  now: () => number;
  /** Milliseconds that only go forward, which epoch milliseconds do not: a clock may be set. */
  clock: () => number;
}

/** How a message left a photo. */
export type Outcome = PhotoOutcome['outcome'] | 'returned';

/**
 * `unfit`: this machine must pass its readiness check before it takes another. `unstarted`: given back since the worker
 * was told to stop before the photo had its turn.
 */
export type Handled = 'deleted' | 'returned' | 'unfit' | 'unstarted';

/** Seconds until a returned message is offered again: longer each time, so that a fault has time to pass. */
export const returnDelay = (receiveCount: number) => Math.min(60, 5 * receiveCount);

/** The same for a fault of this machine, which another does not have: at once the first time. */
export const instanceFaultDelay = (receiveCount: number) => Math.min(30, 5 * (receiveCount - 1));

/** Handles a message to its end on this machine; never rejects. */
export async function handleMessage(message: Message, ports: MessagePorts): Promise<Handled> {
  const { queue, log, visibilityTimeoutSeconds } = ports;
  const { receiveCount } = message;
  const giveBack = async (handled: Handled, delay: number): Promise<Handled> => {
    await queue.hide(message, delay).catch((error: unknown) =>
      // It comes back by itself when its visibility timeout ends.
      log('warn', 'message-not-returned', { receiveCount, error: describeError(error) }),
    );
    return handled;
  };

  let jobs: Job[];
  try {
    jobs = jobsOf(message, ports.bucketName);
  } catch (error) {
    // Nobody here can know what it was meant to be. It reaches the dead-letter queue by its receives.
    const ageSeconds = seconds(ports.now() - message.sentAtMs);
    log('error', 'message-not-parsed', { receiveCount, ageSeconds, error: describeError(error) });
    return giveBack('returned', returnDelay(receiveCount));
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
      const end = await handleJob(job, receiveCount, ports);
      if (end !== 'ended' && failed !== 'unfit') failed = end;
    }
  } finally {
    clearInterval(renewal);
  }
  if (failed === 'returned') return giveBack(failed, returnDelay(receiveCount));
  if (failed === 'unfit') return giveBack(failed, instanceFaultDelay(receiveCount));
  if (failed === 'unstarted') return giveBack(failed, 0);
  await queue.delete(message).catch((error: unknown) =>
    // Its photos have their ends, which the next receive will find.
    log('warn', 'message-not-deleted', { receiveCount, error: describeError(error) }),
  );
  return 'deleted';
}

/** @throws when the message is not one this service gets from its bucket */
function jobsOf(message: Message, bucketName: string): Job[] {
  const jobs = parseJobMessage(message.body);
  for (const { bucket, key } of jobs) {
    if (bucket !== bucketName) throw new Error(`bucket '${bucket}' is not ours ('${bucketName}')`);
    if (!key.startsWith(INCOMING) || key === INCOMING) throw new Error(`'${key}' is not below '${INCOMING}'`);
  }
  return jobs;
}

async function handleJob(
  job: Job,
  receiveCount: number,
  { process, started, finished: tell, maxReceiveCount, log, now, clock }: MessagePorts,
): Promise<'ended' | Exclude<Handled, 'deleted'>> {
  const receivedMs = clock();
  const photo = { key: job.key, receiveCount };
  const figures: PhotoMeasurements = { queueSeconds: seconds(now() - job.storedAtMs) };
  let ended: (() => void) | undefined;
  const attempt: Attempt = {
    figures,
    started: () => {
      if (ended) return;
      ended = started();
      figures.waitSeconds = seconds(now() - job.storedAtMs);
      log('info', 'photo-started', { ...photo, waitSeconds: figures.waitSeconds });
    },
  };
  const finished = (fields: { outcome: Outcome; code?: FailureCode } & Record<string, unknown>) => {
    ended?.();
    const total = { seconds: seconds(clock() - receivedMs) };
    // What goes back for the last time goes nowhere: its end stands under `failed/` already.
    if (fields.outcome === 'returned' && receiveCount >= maxReceiveCount)
      tell?.('failed', figures, 'retries-exhausted');
    else tell?.(fields.outcome, figures, fields.code);
    log('info', 'photo-finished', { ...photo, ...fields, ...figures, ...total });
  };
  try {
    finished(await process(job, receiveCount, attempt));
    return 'ended';
  } catch (error) {
    if (error instanceof CancelledBeforeStart) {
      finished({ outcome: 'returned', reason: 'not-started' });
      return 'unstarted';
    }
    const unfit = error instanceof InstanceFault;
    const fault = unfit ? 'instance' : 'transient';
    log('error', 'attempt-failed', { key: job.key, fault, error: describeError(error) });
    finished({ outcome: 'returned' });
    return unfit ? 'unfit' : 'returned';
  }
}
