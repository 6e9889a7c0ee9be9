/**
 * Adds this worker's work to its instance's counters: SQS does not report how many messages were completed, and the scaler needs
 * it. A report that fails is kept and sent with the next one.
 */
import { describeError, type Log } from './log.ts';

export interface Done {
  /** Messages deleted. */
  completed: number;
  busySeconds: number;
}

export interface WorkReportPorts {
  /** Adds to the counters. The SDK may repeat the request, which rarely counts a photo twice. */
  add: (done: Done) => Promise<void>;
  log: Log;
  /** Monotonic milliseconds. */
  now: () => number;
}

/** Between two reports: the rate that the scaler sees lags by this much, and each report costs a write. */
export const REPORT_MS = 5000;

export class WorkReport {
  private done: Done = { completed: 0, busySeconds: 0 };
  private reportedMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  /** Whether counters of 0 are to be written. */
  private isDue = false;

  constructor(private readonly ports: WorkReportPorts) {}

  /** Writes the counters before there is any work: an instance without counters is unknown, not idle. Never rejects. */
  announce(): Promise<void> {
    this.isDue = true;
    return this.flush();
  }

  /** Adds work and reports it at once, or at {@link REPORT_MS} after the last report. */
  add({ completed, busySeconds }: Done): void {
    this.done.completed += completed;
    this.done.busySeconds += busySeconds;
    if (this.timer) return;
    const dueMs = Math.max(0, this.reportedMs + REPORT_MS - this.ports.now());
    this.timer = setTimeout(() => void this.flush(), dueMs);
    this.timer.unref();
  }

  /** Reports everything that is not reported yet; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private async send(): Promise<void> {
    const { add, log, now } = this.ports;
    const { completed, busySeconds } = this.done;
    if (completed === 0 && busySeconds === 0 && !this.isDue) return;
    this.done = { completed: 0, busySeconds: 0 };
    this.reportedMs = now();
    try {
      await add({ completed, busySeconds });
      this.isDue = false;
    } catch (error) {
      log('warn', 'work-not-reported', { error: describeError(error) });
      this.add({ completed, busySeconds });
    }
  }
}
