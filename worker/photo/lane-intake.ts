/**
 * Which lane's queue is asked for a message next. Interactive photos come first, and bulk fills what they leave; while both have messages, every tenth that
 * is received is bulk's. A lane whose queue fails is left out for a growing while, and the other goes on.
 */
import { jittered, seconds } from '../../common/time.ts';
import type { Lane } from '../../contract/lanes.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { LaneShare } from './lane-share.ts';
import { PrefetchAllowance } from './prefetch-allowance.ts';

/** Messages of a lane on this worker. */
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

interface LaneState {
  allowance: PrefetchAllowance;
  backoffMs: number;
  /** Not asked before then, monotonic milliseconds. */
  notBeforeMs: number;
  /** Whether its last receive found no message. */
  wasEmpty: boolean;
}

const MAX_BACKOFF_MS = 30_000;
/** Prefetched bulk photos beside interactive ones: the one that starts in bulk's turn. */
const BULK_BESIDE_INTERACTIVE = 1;

export class LaneIntake {
  private readonly states: Map<Lane, LaneState>;
  private readonly share = new LaneShare();

  constructor(
    lanes: readonly Lane[],
    private readonly ports: { log: Log; random: () => number; firstBackoffMs: number; now: () => number },
  ) {
    const { log, firstBackoffMs, now } = ports;
    this.states = new Map(
      lanes.map((lane) => [
        lane,
        {
          allowance: new PrefetchAllowance(log, now),
          backoffMs: firstBackoffMs,
          notBeforeMs: -Infinity,
          wasEmpty: false,
        },
      ]),
    );
  }

  /** @returns the lanes that have room for a message, in the order in which they are asked */
  order(held: Record<Lane, InFlightCounts>, limits: Limits): Lane[] {
    const withRoom = [...this.states.keys()].filter((lane) => this.hasRoom(lane, held, limits));
    return this.share.isBulksTurn && withRoom.includes('bulk') ? withRoom.reverse() : withRoom;
  }

  /**
   * Whether a receive of an idle worker waits for a message: while that of the other lane would find one, it must not. While the other
   * lane's queue fails it does: without a wait the worker would ask this one hundreds of times a second.
   */
  mayWait(lane: Lane): boolean {
    const other = this.states.get(lane === 'bulk' ? 'interactive' : 'bulk');
    if (!other || other.notBeforeMs > this.ports.now()) return true;
    return lane === 'interactive' && other.wasEmpty;
  }

  /** @returns milliseconds until the first of the lanes may be asked again after an error; 0 when one may be asked now */
  pauseMs(lanes: readonly Lane[]): number {
    const untilMs = Math.min(...lanes.map((lane) => this.stateOf(lane).notBeforeMs));
    return Math.max(0, untilMs - this.ports.now());
  }

  /** @param bulkHasRoom whether a bulk photo could have been received instead */
  received(lane: Lane, bulkHasRoom: boolean): void {
    const state = this.answered(lane);
    state.wasEmpty = false;
    state.allowance.received();
    this.share.started(lane, 1, bulkHasRoom);
  }

  foundNone(lane: Lane): void {
    this.answered(lane).wasEmpty = true;
    if (lane === 'bulk') this.share.noneWaits();
  }

  /** The queue has as many messages in flight as it allows. */
  refused(lane: Lane, limits: Limits): void {
    this.stateOf(lane).allowance.refused(limits.prefetched);
  }

  failed(lane: Lane, error: unknown): void {
    const { log, random, now } = this.ports;
    const state = this.stateOf(lane);
    const waitMs = jittered(state.backoffMs, random);
    const bulk = lane === 'bulk' ? { lane } : {};
    log('error', 'receive-failed', { ...bulk, error: describeError(error), retrySeconds: seconds(waitMs) });
    state.notBeforeMs = now() + waitMs;
    state.backoffMs = Math.min(state.backoffMs * 2, MAX_BACKOFF_MS);
  }

  private hasRoom(lane: Lane, held: Record<Lane, InFlightCounts>, limits: Limits): boolean {
    const { prefetched, count } = held[lane];
    const { allowance } = this.stateOf(lane);
    if (lane === 'interactive')
      return prefetched < allowance.of(limits.prefetched) && count < limits.inFlight;
    const beside = held.interactive.count > 0;
    const most = beside ? Math.min(BULK_BESIDE_INTERACTIVE, limits.prefetched) : limits.prefetched;
    // Interactive photos that fill the worker leave one place.
    const isFull = count > 0 && count + held.interactive.count >= limits.inFlight;
    return prefetched < allowance.of(most) && !isFull;
  }

  private answered(lane: Lane): LaneState {
    const state = this.stateOf(lane);
    state.backoffMs = this.ports.firstBackoffMs;
    return state;
  }

  private stateOf(lane: Lane): LaneState {
    const state = this.states.get(lane);
    if (!state) throw new Error(`the lane '${lane}' has no queue`);
    return state;
  }
}
