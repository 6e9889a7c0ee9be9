/** Handles one message: its photos, its visibility meanwhile, and whether it is deleted, given up or returned. */
import { seconds } from '../../common/time.ts';
import { parseJobMessage, type Job } from '../../contract/job.ts';
import { isPhotoKey, PHOTO_FOLDERS } from '../../contract/lanes.ts';
import { photoLogId } from '../../contract/trace.ts';
import { describeError } from '../telemetry/log.ts';
import { handleJob, type JobPorts, type JobResult } from './handle-job.ts';
import { instanceFaultDelay, returnDelay, type JobQueue, type Message } from './queue.ts';

export interface MessagePorts extends JobPorts {
  queue: JobQueue;
  bucketName: string;
  visibilityTimeoutSeconds: number;
  /** Called when the message has left the queue. */
  removed?: () => void;
}

/**
 * What happened to a message. `instance-fault`: this instance must pass its readiness check before the next one.
 * `not-started`: returned since the worker drained before the photo started.
 */
export type Handled = 'deleted' | 'dead-lettered' | 'returned' | 'instance-fault' | 'not-started';

/** Handles a message on this instance; never rejects. */
export async function handleMessage(message: Message, ports: MessagePorts): Promise<Handled> {
  const { log, now } = ports;
  const { receiveCount } = message;
  let jobs: Job[];
  try {
    jobs = jobsOf(message, ports.bucketName);
  } catch (error) {
    const ageSeconds = seconds(now() - message.sentAtMs);
    log('error', 'message-not-parsed', { receiveCount, ageSeconds, error: describeError(error) });
    return deadLetter(message, 'not-a-job', ports);
  }
  const results: JobResult[] = [];
  const stopRenewal = keepHidden(message, ports);
  try {
    for (const [k, job] of jobs.entries()) results.push(await handleJob(job, k, message, ports));
  } finally {
    stopRenewal();
  }
  const handled = await settle(message, results, ports);
  return results.some(({ isInstanceFault }) => isInstanceFault) ? 'instance-fault' : handled;
}

/** @throws when the message is not a notification of this stage's bucket about a photo */
function jobsOf(message: Message, bucketName: string): Job[] {
  const jobs = parseJobMessage(message.body);
  for (const { bucket, key } of jobs) {
    if (bucket !== bucketName) throw new Error(`bucket '${bucket}' is not '${bucketName}'`);
    if (!isPhotoKey(key))
      throw new Error(`the key of photo ${photoLogId(bucket, key)} is not below ${PHOTO_FOLDERS}`);
  }
  return jobs;
}

/** Renews the visibility timeout. @returns stops that */
function keepHidden(message: Message, { queue, visibilityTimeoutSeconds, log }: MessagePorts): () => void {
  const renewal = setInterval(
    () => {
      queue
        .hide(message, visibilityTimeoutSeconds)
        .catch((error: unknown) => log('warn', 'visibility-not-renewed', { error: describeError(error) }));
    },
    (visibilityTimeoutSeconds / 3) * 1000,
  );
  return () => clearInterval(renewal);
}

/** Returns the message while one of its photos is to be tried again; otherwise it leaves the queue. */
async function settle(message: Message, results: JobResult[], ports: MessagePorts): Promise<Handled> {
  const { receiveCount } = message;
  const returned = results.filter(({ fate }) => fate === 'returned' || fate === 'not-started');
  if (returned.length > 0) {
    const delays = returned.map(({ fate, isInstanceFault, attempts = receiveCount }) => {
      if (fate === 'not-started') return 0;
      return isInstanceFault ? instanceFaultDelay(attempts) : returnDelay(attempts);
    });
    await giveBack(message, Math.max(...delays), ports);
    return returned.some(({ fate }) => fate === 'returned') ? 'returned' : 'not-started';
  }
  if (results.some(({ fate }) => fate === 'given-up')) return deadLetter(message, 'retries-exhausted', ports);
  try {
    await ports.queue.delete(message);
  } catch (error) {
    // Its photos have their outcomes, which the next receive finds.
    ports.log('warn', 'message-not-deleted', { receiveCount, error: describeError(error) });
  }
  ports.removed?.();
  return 'deleted';
}

/** Where that fails it is returned, and its next receive tries again. */
async function deadLetter(message: Message, reason: string, ports: MessagePorts): Promise<Handled> {
  const { receiveCount } = message;
  try {
    await ports.queue.deadLetter(message, reason);
  } catch (error) {
    ports.log('error', 'message-not-dead-lettered', { receiveCount, reason, error: describeError(error) });
    await giveBack(message, returnDelay(receiveCount), ports);
    return 'returned';
  }
  ports.log('error', 'message-dead-lettered', { receiveCount, reason });
  ports.removed?.();
  return 'dead-lettered';
}

async function giveBack(message: Message, delay: number, { queue, log }: MessagePorts): Promise<void> {
  await queue.hide(message, delay).catch((error: unknown) =>
    // It becomes visible by itself when its visibility timeout ends.
    log('warn', 'message-not-returned', { receiveCount: message.receiveCount, error: describeError(error) }),
  );
}
