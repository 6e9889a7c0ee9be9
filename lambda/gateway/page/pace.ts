/** Spreads what is asked over time. */
import { systemClock, type Clock } from '../../../client/time.ts';

export class RateLimiter {
  private nextMs = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Resolves when it is one's turn. @throws the signal's reason */
  async acquire(signal?: AbortSignal): Promise<void> {
    const now = this.clock.now();
    const at = Math.max(now, this.nextMs);
    this.nextMs = at + 1000 / this.perSecond;
    if (at > now) await this.clock.sleep(at - now, signal);
  }
}
