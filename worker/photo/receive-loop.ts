/**
 * Receives messages of all job queues until it is stopped: as many at a time as will start soon, so that ComfyUI never waits and a message
 * in flight still means work.
 *
 * An idle worker long-polls the interactive queue, a busy one only asks whether there is a message, so new messages go to idle
 * workers first. Before it waits, an idle worker asks the other queues too.
 */
import { jittered, pause, randomShare } from '../../common/time.ts';
import type { QueueName } from '../../contract/lanes.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import type { Handled } from './handle-message.ts';
import { QueueIntake, type InFlightCounts, type Limits } from './queue-intake.ts';
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
  limits: () => Limits;
  /** Aborted to end the loop after the photos that have started. */
  stop: AbortSignal;
  log: Log;
  firstBackoffMs?: number;
  /** From 0 to 1, for pauses. @default randomShare */
  random?: () => number;
}

const FIRST_BACKOFF_MS = 1000;
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
  const intake = new QueueIntake(queue.queues, { log, random, firstBackoffMs, now: () => performance.now() });
  const messages = new InFlightMessages(ports.handle);
  stop.addEventListener('abort', () => messages.notify(), { once: true });
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
    const queues = intake.order(messages.held, limits);
    if (queues.length === 0) {
      await messages.change();
      continue;
    }
    const pauseMs = intake.pauseMs(queues);
    if (pauseMs > 0) {
      // A photo that starts meanwhile makes room for one of another queue.
      await messages.change(pauseMs);
      continue;
    }
    const found = await receiveOne(queues, limits, messages.count === 0, queue, intake);
    if (found === 'refused') {
      if (messages.count > 0) await messages.change(jittered(BUSY_POLL_MS, random));
      else await pause(jittered(QUOTA_POLL_MS, random), stop);
    } else if (!found) {
      if (messages.count > 0) await messages.change(BUSY_POLL_MS);
    } else if (stop.aborted || messages.instanceFault) await returnMessage(found, ports);
    else messages.add(found);
  }
  await messages.allHandled();
}

/** Asks the queues in their order. @returns a message; `refused` when there is none, and one of the queues is at its quota */
async function receiveOne(
  queues: readonly QueueName[],
  limits: Limits,
  isIdle: boolean,
  jobs: JobQueue,
  intake: QueueIntake,
): Promise<Message | 'refused' | undefined> {
  let refused: 'refused' | undefined;
  for (const queue of queues) {
    if (intake.pauseMs([queue]) > 0) continue;
    try {
      const message = await jobs.receive(queue, isIdle && intake.mayWait(queue));
      if (message) {
        intake.received(queue, (one) => queues.includes(one));
        return message;
      }
      intake.foundNone(queue);
    } catch (error) {
      if (error instanceof InFlightQuotaReached) {
        intake.refused(queue, limits);
        refused = 'refused';
      } else intake.failed(queue, error);
    }
  }
  return refused;
}

class InFlightMessages {
  /** Whether an instance fault occurred since the last recovery. */
  instanceFault = false;
  readonly held: Record<QueueName, InFlightCounts> = {
    interactive: { prefetched: 0, count: 0 },
    sidelined: { prefetched: 0, count: 0 },
    bulk: { prefetched: 0, count: 0 },
  };
  private readonly handling = new Set<Promise<void>>();
  private listeners: (() => void)[] = [];

  constructor(private readonly handle: LoopPorts['handle']) {}

  get count(): number {
    return this.handling.size;
  }

  add(message: Message): void {
    const held = this.held[message.queue];
    held.prefetched++;
    held.count++;
    let isPrefetched = true;
    const started = () => {
      if (isPrefetched) held.prefetched--;
      isPrefetched = false;
      this.notify();
    };
    const work = this.handle(message, started).then((handled) => {
      if (handled === 'instance-fault') this.instanceFault = true;
      this.handling.delete(work);
      held.count--;
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
