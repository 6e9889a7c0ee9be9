/** Attempts in memory: for a worker without a table, and forgotten with its process. */
import type { AttemptRecord, AttemptStore } from './attempts.ts';

export class MemoryAttempts implements AttemptStore {
  readonly records = new Map<string, AttemptRecord>();

  add(id: string, attempts: number, faultedOn?: string): Promise<AttemptRecord> {
    const before = this.records.get(id) ?? { attempts: 0, faultedOn: [] };
    const record = {
      attempts: before.attempts + attempts,
      faultedOn: faultedOn === undefined ? before.faultedOn : [...before.faultedOn, faultedOn],
    };
    this.records.set(id, record);
    return Promise.resolve(record);
  }
}
