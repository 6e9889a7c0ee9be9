/**
 * Takes messages until told to stop: as many at a time as are soon started, so that ComfyUI never waits and in flight
 * still means in work.
 *
 * Gotcha: an idle worker waits at the queue for a message, a busy one only asks whether there is one. So what comes while
 * somebody is idle goes to the idle one.
 */
import { describeError, type Log } from '../telemetry/log.ts';
import type { Handled, JobQueue, Message } from './handle-message.ts';
import { pause } from '../../common/time.ts';

export interface LoopPorts {
  queue: JobQueue;
  /** @param started to be called when the photo of the message has started */
  handle: (message: Message, started: () => void) => Promise<Handled>;
  /** Resolves when this machine may take photos (again), or when `stop` is aborted. */
  untilAllowed: () => Promise<void>;
  /** After a fault of this machine: resolves when it is fit again, or when `stop` is aborted. */
  recover: () => Promise<void>;
  /** How many may be in hand and not started, and in hand at all. */
  limits: () => { prefetched: number; inFlight: number };
  /** Aborted to end the loop after the photos that have started. */
  stop: AbortSignal;
  log: Log;
  firstBackoffMs?: number;
}

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 30_000;
/** Between two questions of a busy worker whether there is more. */
const BUSY_POLL_MS = 500;

/**
 * Runs until `stop` is aborted and nothing is in hand. A receive under way is not cut short: the queue would hand its
 * message to nobody and keep it hidden, so the receive ends by itself and what it brought goes straight back.
 *
 * @throws only what `mayTake` and `recover` throw
 */
export async function receivePhotos(ports: LoopPorts): Promise<void> {
  const { queue, stop, log, firstBackoffMs = FIRST_BACKOFF_MS } = ports;
  const hands = new InFlightMessages(ports.handle);
  stop.addEventListener('abort', () => hands.changed(), { once: true });
  let backoffMs = firstBackoffMs;
  while (!stop.aborted) {
    await ports.untilAllowed();
    if (stop.aborted) break;
    if (hands.unfit) {
      await hands.empty();
      hands.unfit = false;
      await ports.recover();
      continue;
    }
    const { prefetched: ahead, inFlight: inHand } = ports.limits();
    if (hands.ahead >= ahead || hands.count >= inHand) {
      await hands.change();
      continue;
    }
    let message: Message | undefined;
    try {
      message = await queue.receive(hands.count === 0);
      backoffMs = firstBackoffMs;
    } catch (error) {
      log('error', 'receive-failed', { error: describeError(error), retrySeconds: backoffMs / 1000 });
      await pause(backoffMs, stop);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      continue;
    }
    if (message && (stop.aborted || hands.unfit)) await giveBack(message, ports);
    else if (message) hands.take(message);
    else if (hands.count > 0) await hands.change(BUSY_POLL_MS);
  }
  await hands.empty();
}

/** The messages in hand. */
class InFlightMessages {
  /** A fault of this machine was met. */
  unfit = false;
  /** In hand and not started. */
  ahead = 0;
  private readonly working = new Set<Promise<void>>();
  private waiting: (() => void)[] = [];

  constructor(private readonly handle: LoopPorts['handle']) {}

  get count(): number {
    return this.working.size;
  }

  take(message: Message): void {
    this.ahead++;
    let isAhead = true;
    const started = () => {
      if (isAhead) this.ahead--;
      isAhead = false;
      this.changed();
    };
    const work = this.handle(message, started).then((handled) => {
      if (handled === 'unfit') this.unfit = true;
      this.working.delete(work);
      started();
    });
    this.working.add(work);
  }

  /** Until one of them starts or ends, the worker is told to stop, or the time is over. */
  change(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(() => this.changed(), withinMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async empty(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working);
  }

  changed(): void {
    const { waiting } = this;
    this.waiting = [];
    for (const resolve of waiting) resolve();
  }
}

async function giveBack(message: Message, { queue, log }: LoopPorts): Promise<void> {
  await queue
    .hide(message, 0)
    .catch((error: unknown) => log('warn', 'message-not-returned', { error: describeError(error) }));
}
