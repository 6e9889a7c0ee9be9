/** Workers and other parties whose operations run in an order that a test chooses. */
import fc from 'fast-check';

/** Which worker goes next, and for how many operations. Long stretches make the long stalls of races. */
export interface Stretch {
  worker: number;
  operations: number;
}

/** What can be chosen in place of a party. */
interface Other {
  possible: () => boolean;
  act: () => void;
}

const NOTHING: Other = { possible: () => false, act: () => {} };

/** Runs the operations of several workers one at a time, in a given order. */
export class Interleaving {
  private readonly waiting = new Map<number, () => void>();
  private workers = 0;

  /** @returns to be awaited by one worker before each operation */
  addWorker(): () => Promise<void> {
    const id = this.workers++;
    return () => new Promise((resolve) => void this.waiting.set(id, resolve));
  }

  /** Runs until no worker waits; `other` can be chosen in place of a worker while it is possible. */
  async run(order: Stretch[], other: Other = NOTHING): Promise<void> {
    for (let i = 0; ; i++) {
      const { worker, operations } = order[i % order.length]!;
      // The code under test waits only for its turns, so now it has reached them.
      await new Promise((resolve) => setImmediate(resolve));
      const ids = [...this.waiting.keys()].sort((a, b) => a - b);
      if (ids.length === 0 && !other.possible()) return;
      const id = ids[worker % (ids.length + (other.possible() ? 1 : 0))];
      if (id === undefined) other.act();
      else await this.step(id, operations);
    }
  }

  private async step(id: number, operations: number): Promise<void> {
    for (let n = 0; n < operations; n++) {
      const resume = this.waiting.get(id);
      this.waiting.delete(id);
      resume?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const stretch = fc.record({ worker: fc.nat({ max: 7 }), operations: fc.integer({ min: 1, max: 15 }) });
export const stretches = fc.array(stretch, { minLength: 1, maxLength: 40 });
