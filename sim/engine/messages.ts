/** SQS messages: one per job at its arrival; delayed and sometimes duplicated in a world with those faults. */
import { draws, logNormal } from '../random.ts';
import type { World } from '../world.ts';

export interface Messages {
  /** When each becomes visible, seconds, ascending. */
  at: Float64Array;
  /** The job of each. */
  job: Int32Array;
}

/** @param arrivals seconds; of bulk jobs behind those of interactive ones, each ascending */
export function messagesOf(arrivals: Float64Array, world: World, seed: number, isSorted = true): Messages {
  const jobs = arrivals.length;
  const identity = Int32Array.from({ length: jobs }, (_, job) => job);
  if (isSorted && world.notification === 0 && world.duplicate === 0) return { at: arrivals, job: identity };

  const delay = draws(seed, 'notification');
  const twice = draws(seed, 'duplicate');
  const late = (job: number, copy: number) =>
    (arrivals[job] as number) + logNormal(delay(2 * job + copy), world.notification, world.notificationSigma);
  const at: number[] = [];
  const job: number[] = [];
  for (let one = 0; one < jobs; one++) {
    at.push(late(one, 0));
    job.push(one);
    if (twice(one) < world.duplicate) {
      at.push(late(one, 1));
      job.push(one);
    }
  }
  const order = Int32Array.from(at, (_, k) => k).sort(
    (a, b) => (at[a] as number) - (at[b] as number) || a - b,
  );
  return {
    at: Float64Array.from(order, (k) => at[k] as number),
    job: Int32Array.from(order, (k) => job[k] as number),
  };
}

/** First in, first out ring buffer; a returned message joins at the end. */
export class Queue {
  private items = new Int32Array(1024);
  private head = 0;
  size = 0;

  push(item: number): void {
    if (this.size === this.items.length) {
      const wider = new Int32Array(this.items.length * 2);
      for (let k = 0; k < this.size; k++)
        wider[k] = this.items[(this.head + k) % this.items.length] as number;
      this.items = wider;
      this.head = 0;
    }
    this.items[(this.head + this.size) % this.items.length] = item;
    this.size++;
  }

  shift(): number {
    const item = this.items[this.head] as number;
    this.head = (this.head + 1) % this.items.length;
    this.size--;
    return item;
  }
}
