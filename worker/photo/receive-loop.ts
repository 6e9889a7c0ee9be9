/**
 * Receives messages until it is stopped: as many at a time as will start soon, so that ComfyUI never waits and a message
 * in flight still means work.
 *
 * An idle worker long-polls the queue, a busy one only asks whether there is a message, so new messages go to idle
 * workers first.
 */
import { jittered, pause, randomShare, seconds } from '../../common/time.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Handled } from './handle-message.ts';
import { PrefetchAllowance } from './prefetch-allowance.ts';
import { InFlightQuotaReached, type JobQueue, type Message } from './queue.ts';

export interface LoopPorts {
  queue: JobQueue;
  /** @param started to be called when the photo of the message has started */
  handle: (message: Message, started: () => void) => Promise<Handled>;
  /** Resolves when this instance may receive photos, or when `stop` is aborted. */
  untilAllowed: () => Promise<void>;
  /** Called after an instance fault: resolves when the instance is ready again, or when `stop` is aborted. */
  recover: () => Promise<void>;
  /** How many messages may be received and not started, and how many in flight in all. */
  limits: () => { prefetched: number; inFlight: number };
  /** Aborted to end the loop after the photos that have started. */
  stop: AbortSignal;
  log: Log;
  firstBackoffMs?: number;
  /** From 0 to 1, for pauses. @default randomShare */
  random?: () => number;
}

const FIRST_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 30_000;
/** Between two receives of a busy worker that found the queue empty. */
const BUSY_POLL_MS = 500;
/** Between two receives of an idle worker while no more messages may be in flight. */
const QUOTA_POLL_MS = 2000;

/**
 * Runs until `stop` is aborted and no message is in flight.
 *
 * A receive under way is not aborted: SQS could have returned a message that this worker would never see, hidden until its
 * timeout. The receive ends by itself, and its message is returned at once.
 *
 * @throws only what `untilAllowed` and `recover` throw
 */
export async function receivePhotos(ports: LoopPorts): Promise<void> {
  const { queue, stop, log, firstBackoffMs = FIRST_BACKOFF_MS, random = randomShare } = ports;
  const allowance = new PrefetchAllowance(log);
  const messages = new InFlightMessages(ports.handle);
  stop.addEventListener('abort', () => messages.notify(), { once: true });
  let backoffMs = firstBackoffMs;
  while (!stop.aborted) {
    await ports.untilAllowed();
    if (stop.aborted) break;
    if (messages.instanceFault) {
      await messages.allHandled();
      messages.instanceFault = false;
      await ports.recover();
      continue;
    }
    const limits = ports.limits();
    if (messages.prefetched >= allowance.of(limits.prefetched) || messages.count >= limits.inFlight) {
      await messages.change();
      continue;
    }
    let message: Message | undefined;
    try {
      message = await queue.receive(messages.count === 0);
      backoffMs = firstBackoffMs;
    } catch (error) {
      if (error instanceof InFlightQuotaReached) {
        allowance.refused(limits.prefetched);
        if (messages.count > 0) await messages.change(jittered(BUSY_POLL_MS, random));
        else await pause(jittered(QUOTA_POLL_MS, random), stop);
        continue;
      }
      const waitMs = jittered(backoffMs, random);
      log('error', 'receive-failed', { error: describeError(error), retrySeconds: seconds(waitMs) });
      await pause(waitMs, stop);
      backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      continue;
    }
    if (message && (stop.aborted || messages.instanceFault)) await returnMessage(message, ports);
    else if (message) {
      messages.add(message);
      allowance.received();
    } else if (messages.count > 0) await messages.change(BUSY_POLL_MS);
  }
  await messages.allHandled();
}

class InFlightMessages {
  /** Whether an instance fault occurred since the last recovery. */
  instanceFault = false;
  /** Received and not started. */
  prefetched = 0;
  private readonly handling = new Set<Promise<void>>();
  private listeners: (() => void)[] = [];

  constructor(private readonly handle: LoopPorts['handle']) {}

  get count(): number {
    return this.handling.size;
  }

  add(message: Message): void {
    this.prefetched++;
    let isPrefetched = true;
    const started = () => {
      if (isPrefetched) this.prefetched--;
      isPrefetched = false;
      this.notify();
    };
    const work = this.handle(message, started).then((handled) => {
      if (handled === 'instance-fault') this.instanceFault = true;
      this.handling.delete(work);
      started();
    });
    this.handling.add(work);
  }

  /** Resolves when a message starts or is handled, the worker is stopped, or the time is up. */
  change(withinMs?: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(() => this.notify(), withinMs);
      this.listeners.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async allHandled(): Promise<void> {
    while (this.handling.size > 0) await Promise.all(this.handling);
  }

  notify(): void {
    const { listeners } = this;
    this.listeners = [];
    for (const resolve of listeners) resolve();
  }
}

async function returnMessage(message: Message, { queue, log }: LoopPorts): Promise<void> {
  await queue
    .hide(message, 0)
    .catch((error: unknown) => log('warn', 'message-not-returned', { error: describeError(error) }));
}
