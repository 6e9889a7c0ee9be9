/** How far a run is, in numbers. */
import type { PhotoStatus } from './service/service.ts';

export interface Tally {
  total: number;
  /** Of the total: ended before this run began. */
  before: number;
  coloured: number;
  failed: number;
  uploading: number;
  /** With the service. */
  waiting: number;
  bytesSent: number;
  bytesReceived: number;
  /** What fails for now, and when the next try is due. */
  trouble?: { text: string; untilMs: number };
}

export const newTally = (total: number): Tally => ({
  total,
  before: 0,
  coloured: 0,
  failed: 0,
  uploading: 0,
  waiting: 0,
  bytesSent: 0,
  bytesReceived: 0,
});

/** The service's own estimates of the photos that it was asked about. */
export class Estimates {
  /** Epoch milliseconds at which each is done, by its id. */
  private readonly dueMs = new Map<string, number>();

  note(id: string, look: PhotoStatus, nowMs: number): void {
    if (look.status === 'waiting' && look.seconds !== null) this.dueMs.set(id, nowMs + look.seconds * 1000);
    else this.dueMs.delete(id);
  }

  forget(id: string): void {
    this.dueMs.delete(id);
  }

  /** Whether the service estimates at all. */
  get any(): boolean {
    return this.dueMs.size > 0;
  }

  /** Seconds until the last of them is done; undefined when nobody knows. */
  secondsLeft(nowMs: number): number | undefined {
    if (!this.any) return undefined;
    return Math.max(0, (Math.max(...this.dueMs.values()) - nowMs) / 1000);
  }
}
