/** Takes messages one at a time until told to stop. In flight means in work: nothing is fetched ahead. */
import { describeError, type Log } from './log.ts';
import type { Handled, JobQueue, Message } from './message.ts';
import { pause } from './time.ts';

export interface LoopPorts {
  queue: JobQueue;
  handle: (message: Message) => Promise<Handled>;
  /** Resolves when this machine may take photos (again), or when `stop` is aborted. */
  mayTake: () => Promise<void>;
  /** After a fault of this machine: resolves when it is fit again, or when `stop` is aborted. */
  recover: () => Promise<void>;
  /** Aborted to end the loop after the photo in hand. */
  stop: AbortSignal;
  log: Log;
  firstBackoffMs?: number;
}

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 30_000;

/**
 * Runs until `stop` is aborted. A receive under way is not cut short: the queue would hand its message to nobody and
 * keep it hidden, so the receive ends by itself and what it brought goes straight back.
 *
 * @throws only what `mayTake` and `recover` throw
 */
export async function takePhotos(ports: LoopPorts): Promise<void> {
  const { queue, stop, log, firstBackoffMs = FIRST_BACKOFF_MS } = ports;
  let backoffMs = firstBackoffMs;
  while (!stop.aborted) {
    await ports.mayTake();
    if (stop.aborted) return;
    let message: Message | undefined;
    try {
      message = await queue.receive();
      backoffMs = firstBackoffMs;
    } catch (error) {
      log('error', 'receive-failed', { error: describeError(error), retrySeconds: backoffMs / 1000 });
      await pause(backoffMs, stop);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      continue;
    }
    if (!message) continue;
    if (stop.aborted) return giveBack(message, ports);
    if ((await ports.handle(message)) === 'unfit') await ports.recover();
  }
}

async function giveBack(message: Message, { queue, log }: LoopPorts): Promise<void> {
  await queue
    .hide(message, 0)
    .catch((error: unknown) => log('warn', 'message-not-returned', { error: describeError(error) }));
}
