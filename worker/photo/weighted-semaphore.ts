/** Lets through as much at a time as there is room for, first come first served. */

/** Who waited at a gate was called away: nothing was done, and whoever comes next may as well. */
export class CancelledBeforeStart extends Error {
  override readonly name = 'CancelledBeforeStart';
}

interface Waiting {
  weight: number;
  admit: () => void;
}

export class WeightedSemaphore {
  /** Weights of those within; not a sum that is kept, in which rounding would stay. */
  private readonly within: number[] = [];
  private readonly waiting: Waiting[] = [];

  /** @param capacity of all that are within at a time; who weighs more than that goes alone */
  constructor(private readonly capacity: number) {}

  /**
   * @param away calls those away who still wait
   * @returns to be called once, on leaving
   * @throws CancelledBeforeStart
   */
  async acquire(weight = 1, away?: AbortSignal): Promise<() => void> {
    if (away?.aborted) throw new CancelledBeforeStart(String(away.reason));
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(one), 1);
        reject(new CancelledBeforeStart(String(away?.reason)));
        this.admit();
      };
      const one = {
        weight,
        admit: () => {
          away?.removeEventListener('abort', leave);
          resolve();
        },
      };
      away?.addEventListener('abort', leave, { once: true });
      this.waiting.push(one);
      this.admit();
    });
    let within = true;
    return () => {
      if (!within) return;
      within = false;
      this.within.splice(this.within.indexOf(weight), 1);
      this.admit();
    };
  }

  private admit(): void {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      const used = this.within.reduce((sum, weight) => sum + weight, 0);
      if (this.within.length > 0 && used + next.weight > this.capacity) return;
      this.within.push(next.weight);
      this.waiting.shift();
      next.admit();
    }
  }
}
