/** The counts and estimates of a run. */
import type { PhotoStatus } from './service/service.ts';

export interface Tally {
  total: number;
  /** Of the total, those with an outcome of an earlier run. */
  before: number;
  succeeded: number;
  failed: number;
  uploading: number;
  /** At the service. */
  waiting: number;
  bytesSent: number;
  bytesReceived: number;
  /** The current error, and when the next attempt is due. */
  error?: { text: string; untilMs: number };
}

export const newTally = (total: number): Tally => ({
  total,
  before: 0,
  succeeded: 0,
  failed: 0,
  uploading: 0,
  waiting: 0,
  bytesSent: 0,
  bytesReceived: 0,
});

/** The service's estimates for the photos that were polled. */
export class Estimates {
  /** Estimated completion by id, epoch milliseconds. */
  private readonly dueMs = new Map<string, number>();

  note(id: string, look: PhotoStatus, nowMs: number): void {
    if (look.status === 'waiting' && look.seconds !== null) this.dueMs.set(id, nowMs + look.seconds * 1000);
    else this.dueMs.delete(id);
  }

  forget(id: string): void {
    this.dueMs.delete(id);
  }

  /** Whether the service gives estimates. */
  get any(): boolean {
    return this.dueMs.size > 0;
  }

  /** Seconds until the last of them is done; undefined without an estimate. */
  secondsLeft(nowMs: number): number | undefined {
    if (!this.any) return undefined;
    return Math.max(0, (Math.max(...this.dueMs.values()) - nowMs) / 1000);
  }
}
