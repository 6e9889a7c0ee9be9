/**
 * What this worker has done, added to the counters of the fleet: SQS tells how much waits, not how much is done, and the
 * scaler needs both. A report that fails is kept and goes with the next one.
 */
import { describeError, type Log } from './log.ts';

export interface Done {
  /** Messages brought to their end. */
  completed: number;
  /** Seconds that this worker was busy. */
  busySeconds: number;
}

export interface WorkReportPorts {
  /** Adds to the counters; the SDK may repeat it, which counts a photo twice now and then. */
  add: (done: Done) => Promise<void>;
  log: Log;
  /** Milliseconds that only go forward. */
  now: () => number;
}

/** Milliseconds between two reports: the rate that the scaler sees is as late as this, and each costs a write. */
export const REPORT_MS = 5000;

export class WorkReport {
  private done: Done = { completed: 0, busySeconds: 0 };
  private reportedMs = -Infinity;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  constructor(private readonly ports: WorkReportPorts) {}

  /** Takes down what was done, and reports it now or with what follows within {@link REPORT_MS}. */
  add({ completed, busySeconds }: Done): void {
    this.done.completed += completed;
    this.done.busySeconds += busySeconds;
    if (this.timer) return;
    const dueMs = Math.max(0, this.reportedMs + REPORT_MS - this.ports.now());
    this.timer = setTimeout(() => void this.flush(), dueMs);
    this.timer.unref();
  }

  /** Reports what is not reported yet; never rejects. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.sending = this.sending.then(() => this.send());
    return this.sending;
  }

  private async send(): Promise<void> {
    const { add, log, now } = this.ports;
    const { completed, busySeconds } = this.done;
    if (completed === 0 && busySeconds === 0) return;
    this.done = { completed: 0, busySeconds: 0 };
    this.reportedMs = now();
    try {
      await add({ completed, busySeconds });
    } catch (error) {
      log('warn', 'work-not-reported', { error: describeError(error) });
      this.add({ completed, busySeconds });
    }
  }
}
