/** The events to come, in order of time; events at the same time keep the order in which they were added. */
import { Heap } from './heap.ts';

export const EVENT = {
  /** A message is done on an instance. */
  complete: 0,
  booted: 1,
  /** A message becomes visible again. */
  return: 2,
  reconcile: 3,
  hookTimeout: 4,
  interruptionNotice: 5,
  interruption: 6,
  snapshot: 7,
  /** A warm-pool instance is prepared. */
  warmReady: 8,
  /** A photo is ready for the GPU. */
  prepared: 9,
  /** A prompt ends. */
  prompt: 10,
} as const;

export class Events extends Heap {
  private serial = 0;

  /** @param kind of `EVENT`; what `first` and `second` are depends on it */
  add(at: number, kind: number, first = 0, second = 0): void {
    this.push(at, this.serial++, kind, first, second);
  }
}
