/** Limits how much runs at a time, by weight; waiters are served in the order they came. */

/** The caller's signal was aborted while it waited: nothing was done, so any worker can take the photo. */
export class CancelledBeforeStart extends Error {
  override readonly name = 'CancelledBeforeStart';
}

/** Waits for a ComfyUI slot. @returns releases it */
export type AcquireSlot = () => Promise<() => void>;

/** @param kept what is still held. @default - nothing, and it is released */
export type Release = (kept?: number) => void;

interface Waiter {
  weight: number;
  grant: () => void;
}

export class WeightedSemaphore {
  /** Weights of the current holders. A running sum would keep rounding errors. */
  private readonly held: number[] = [];
  private readonly waiters: Waiter[] = [];

  /**
   * @param capacity sum of the weights held at a time; a heavier request runs alone
   * @param onChange called with the number of holders whenever it changes
   */
  constructor(
    private readonly capacity: number,
    private readonly onChange?: (holders: number) => void,
  ) {}

  /**
   * @param cancel aborting it rejects the calls that still wait
   * @returns releases what was acquired, or all but so much of it; without that, only the first call has an effect
   * @throws CancelledBeforeStart
   */
  async acquire(weight = 1, cancel?: AbortSignal): Promise<Release> {
    if (cancel?.aborted) throw new CancelledBeforeStart(String(cancel.reason));
    await new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        reject(new CancelledBeforeStart(String(cancel?.reason)));
        this.grantNext();
      };
      const waiter = {
        weight,
        grant: () => {
          cancel?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      cancel?.addEventListener('abort', onAbort, { once: true });
      this.waiters.push(waiter);
      this.grantNext();
    });
    let left = weight;
    let released = false;
    return (kept) => {
      if (released || (kept !== undefined && kept >= left)) return;
      released = kept === undefined;
      this.held.splice(this.held.indexOf(left), 1, ...(kept === undefined ? [] : [kept]));
      left = kept ?? 0;
      this.onChange?.(this.held.length);
      this.grantNext();
    };
  }

  private grantNext(): void {
    for (let next = this.waiters[0]; next; next = this.waiters[0]) {
      const used = this.held.reduce((sum, weight) => sum + weight, 0);
      if (this.held.length > 0 && used + next.weight > this.capacity) return;
      this.held.push(next.weight);
      this.onChange?.(this.held.length);
      this.waiters.shift();
      next.grant();
    }
  }
}
