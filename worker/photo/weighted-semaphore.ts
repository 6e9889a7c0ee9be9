/**
 * Limits how much runs at a time, by weight. Waiters of a queue are served in the order they came, and interactive ones before those of the other queues, which
 * have their shares.
 */
import type { QueueName } from '../../contract/lanes.ts';
import { queuesBefore, QueueShare } from './queue-share.ts';

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
  queue: QueueName;
  grant: Grant;
}

/**
 * Called when what was asked for is granted.
 *
 * @param release what was granted
 * @param isContended whether a photo waits too whose queue is before this one's
 * @returns photos that start with it; 0 when none needs it any more
 */
export type Grant = (release: Release, isContended: boolean) => number;

export class WeightedSemaphore {
  /** Weights of the current holders. A running sum would keep rounding errors. */
  private readonly held: number[] = [];
  private readonly waiters: Waiter[] = [];
  private readonly share = new QueueShare();
  private isGranting = false;

  /**
   * @param capacity sum of the weights held at a time; a heavier request runs alone
   * @param onChange called with the number of holders whenever it changes
   * @param bulkMayStart whether a bulk photo whose turn it is not may start beside so many holders. @default always
   */
  constructor(
    private readonly capacity: number,
    private readonly onChange?: (holders: number) => void,
    private readonly bulkMayStart: (holders: number) => boolean = () => true,
  ) {}

  /**
   * @param cancel aborting it rejects the calls that still wait
   * @param queue interactive photos go first, but for the shares of the others. @default interactive
   * @returns releases what was acquired, or all but so much of it; without that, only the first call has an effect
   * @throws CancelledBeforeStart
   */
  async acquire(weight = 1, cancel?: AbortSignal, queue: QueueName = 'interactive'): Promise<Release> {
    if (cancel?.aborted) throw new CancelledBeforeStart(String(cancel.reason));
    return new Promise<Release>((resolve, reject) => {
      const onAbort = () => {
        forget();
        reject(new CancelledBeforeStart(String(cancel?.reason)));
      };
      cancel?.addEventListener('abort', onAbort, { once: true });
      const forget = this.request(queue, weight, (release) => {
        cancel?.removeEventListener('abort', onAbort);
        resolve(release);
        return 1;
      });
    });
  }

  /** Calls `grant` once, when the weight is free. @returns takes the request back while it waits */
  request(queue: QueueName, weight: number, grant: Grant): () => void {
    const waiter = { weight, queue, grant };
    this.waiters.push(waiter);
    this.grantNext();
    return () => {
      const index = this.waiters.indexOf(waiter);
      if (index >= 0) this.waiters.splice(index, 1);
      this.grantNext();
    };
  }

  private grantNext(): void {
    // What is granted may release it, or ask for more, at once.
    if (this.isGranting) return;
    this.isGranting = true;
    for (let next = this.next(); next; next = this.next()) {
      const { queue, weight, grant } = next;
      this.waiters.splice(this.waiters.indexOf(next), 1);
      this.held.push(weight);
      this.onChange?.(this.held.length);
      const waiting = new Set(this.waiters.map((one) => one.queue));
      const isContended = queuesBefore(queue).some((one) => waiting.has(one));
      const photos = grant(this.releaseOf(weight), isContended);
      this.share.started(queue, photos, (one) => waiting.has(one));
    }
    this.isGranting = false;
  }

  private next(): Waiter | undefined {
    const { share, waiters } = this;
    const firstOf = (queue: QueueName) => waiters.find((one) => one.queue === queue);
    const next = share.order.map(firstOf).find((one) => one !== undefined);
    if (!next) return undefined;
    const isBulks = next.queue === 'bulk' && !share.isTurnOf('bulk');
    if (isBulks && !this.bulkMayStart(this.held.length)) return undefined;
    const used = this.held.reduce((sum, weight) => sum + weight, 0);
    return this.held.length > 0 && used + next.weight > this.capacity ? undefined : next;
  }

  private releaseOf(weight: number): Release {
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
}
