/**
 * How many messages this worker may prefetch while all workers together are at the queue's quota of messages in flight: what is
 * prefetched on one is missing on another. Half as many after each refusal, and one more for each such number received: additive
 * increase, multiplicative decrease, which converges to equal shares (Chiu and Jain 1989).
 */
import type { Log } from '../telemetry/log.ts';

/** Between two log lines about it: every busy worker is refused several times a second. */
const LOG_MS = 60_000;

export class PrefetchAllowance {
  private allowed = Infinity;
  private refusals = 0;
  private loggedMs = -Infinity;

  /** @param now monotonic milliseconds */
  constructor(
    private readonly log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** @param wanted without the quota */
  of(wanted: number): number {
    return Math.min(wanted, Math.floor(this.allowed));
  }

  received(): void {
    this.allowed += 1 / this.allowed;
  }

  /** @param wanted as many as it would prefetch without the quota */
  refused(wanted: number): void {
    this.allowed = Math.max(1, Math.min(this.allowed, wanted) / 2);
    this.refusals++;
    const atMs = this.now();
    if (atMs - this.loggedMs < LOG_MS) return;
    this.log('warn', 'in-flight-quota-reached', {
      refusals: this.refusals,
      prefetched: Math.floor(this.allowed),
    });
    this.loggedMs = atMs;
    this.refusals = 0;
  }
}
