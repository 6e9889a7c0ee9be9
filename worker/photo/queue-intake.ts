/**
 * Which queue is asked for a message next. Interactive photos come first, sidelined ones and then bulk fill what they leave; while all have messages, every
 * fourth of the interactive lane is a sidelined one and every tenth is bulk's. A queue that fails is left out for a growing while, and the others go on.
 */
import { jittered, seconds } from '../../common/time.ts';
import { FIRST_PER_SIDELINED, laneOfQueue, type QueueName } from '../../contract/lanes.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { PrefetchAllowance } from './prefetch-allowance.ts';
import { queuesBefore, QueueShare } from './queue-share.ts';

/** Messages of a queue on this worker. */
export interface InFlightCounts {
  /** Received and not started. */
  prefetched: number;
  /** Received and not handled. */
  count: number;
}

export interface Limits {
  prefetched: number;
  inFlight: number;
}

interface QueueState {
  allowance: PrefetchAllowance;
  backoffMs: number;
  /** Not asked before then, monotonic milliseconds. */
  notBeforeMs: number;
  /** Whether its last receive found no message. */
  wasEmpty: boolean;
}

const MAX_BACKOFF_MS = 30_000;
/** Prefetched photos of a queue beside those of the queues before it: what starts in its turns. */
const BESIDE = {
  sidelined: (prefetched: number) => Math.ceil(prefetched / FIRST_PER_SIDELINED),
  bulk: () => 1,
};

export class QueueIntake {
  private readonly states: Map<QueueName, QueueState>;
  private readonly share = new QueueShare();

  constructor(
    queues: readonly QueueName[],
    private readonly ports: { log: Log; random: () => number; firstBackoffMs: number; now: () => number },
  ) {
    const { log, firstBackoffMs, now } = ports;
    this.states = new Map(
      queues.map((queue) => [
        queue,
        {
          allowance: new PrefetchAllowance(log, now),
          backoffMs: firstBackoffMs,
          notBeforeMs: -Infinity,
          wasEmpty: false,
        },
      ]),
    );
  }

  /** @returns the queues for whose message there is room, in the order in which they are asked */
  order(held: Record<QueueName, InFlightCounts>, limits: Limits): QueueName[] {
    return this.share.order.filter((queue) => this.states.has(queue) && this.hasRoom(queue, held, limits));
  }

  /**
   * Whether a receive of an idle worker waits for a message: at the first queue that does not fail, while none of the others would find one.
   * Without a wait the worker would ask hundreds of times a second.
   */
  mayWait(queue: QueueName): boolean {
    const now = this.ports.now();
    const asked = [...this.states].filter(([one, { notBeforeMs }]) => one === queue || notBeforeMs <= now);
    return asked[0]?.[0] === queue && asked.slice(1).every(([, { wasEmpty }]) => wasEmpty);
  }

  /** @returns milliseconds until the first of the queues may be asked again after an error; 0 when one may be asked now */
  pauseMs(queues: readonly QueueName[]): number {
    const untilMs = Math.min(...queues.map((queue) => this.stateOf(queue).notBeforeMs));
    return Math.max(0, untilMs - this.ports.now());
  }

  /** @param hasRoom whether a message of a queue could have been received instead */
  received(queue: QueueName, hasRoom: (queue: QueueName) => boolean): void {
    const state = this.answered(queue);
    state.wasEmpty = false;
    state.allowance.received();
    this.share.started(queue, 1, hasRoom);
  }

  foundNone(queue: QueueName): void {
    this.answered(queue).wasEmpty = true;
    this.share.noneWaits(queue);
  }

  /** The queue has as many messages in flight as it allows. */
  refused(queue: QueueName, limits: Limits): void {
    this.stateOf(queue).allowance.refused(limits.prefetched);
  }

  failed(queue: QueueName, error: unknown): void {
    const { log, random, now } = this.ports;
    const state = this.stateOf(queue);
    const waitMs = jittered(state.backoffMs, random);
    const which = namesOf(queue);
    log('error', 'receive-failed', { ...which, error: describeError(error), retrySeconds: seconds(waitMs) });
    state.notBeforeMs = now() + waitMs;
    state.backoffMs = Math.min(state.backoffMs * 2, MAX_BACKOFF_MS);
  }

  private hasRoom(queue: QueueName, held: Record<QueueName, InFlightCounts>, limits: Limits): boolean {
    const { prefetched, count } = held[queue];
    const { allowance } = this.stateOf(queue);
    if (queue === 'interactive')
      return prefetched < allowance.of(limits.prefetched) && count < limits.inFlight;
    const before = queuesBefore(queue).reduce((sum, one) => sum + held[one].count, 0);
    const beside = before > 0 ? BESIDE[queue](limits.prefetched) : limits.prefetched;
    const most = Math.min(beside, limits.prefetched);
    // Photos of the queues before it that fill the worker leave one place.
    const isFull = count > 0 && count + before >= limits.inFlight;
    return prefetched < allowance.of(most) && !isFull;
  }

  private answered(queue: QueueName): QueueState {
    const state = this.stateOf(queue);
    state.backoffMs = this.ports.firstBackoffMs;
    return state;
  }

  private stateOf(queue: QueueName): QueueState {
    const state = this.states.get(queue);
    if (!state) throw new Error(`there is no queue '${queue}'`);
    return state;
  }
}

/** What a log line names: nothing of the queue that every stage has. */
const namesOf = (queue: QueueName) => {
  if (queue === 'interactive') return {};
  return queue === laneOfQueue(queue) ? { lane: queue } : { queue };
};
