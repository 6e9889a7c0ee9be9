/** Limits how many tasks run at once and how often requests start. */
import { systemClock, type Clock } from '../../../client/time.ts';

/** Runs at most `free` tasks at once, in order; urgent ones before the others. */
export class Semaphore {
  private readonly queue: (() => void)[] = [];
  private readonly urgent: (() => void)[] = [];

  constructor(private free: number) {}

  async run<T>(task: () => Promise<T>, isUrgent = false): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => (isUrgent ? this.urgent : this.queue).push(resolve));
    try {
      return await task();
    } finally {
      const next = this.urgent.shift() ?? this.queue.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** Spaces calls evenly. */
export class RateLimiter {
  private nextMs = 0;

  constructor(
    private readonly perSecond: number,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Resolves when the next call may start. @throws the signal's reason */
  async acquire(signal?: AbortSignal): Promise<void> {
    const now = this.clock.now();
    const at = Math.max(now, this.nextMs);
    this.nextMs = at + 1000 / this.perSecond;
    if (at > now) await this.clock.sleep(at - now, signal);
  }
}
