/** An unbounded queue with waiting consumers. */
export class AsyncQueue<T> {
  private readonly items: T[] = [];
  private readonly consumers: ((item: T | undefined) => void)[] = [];
  private closed = false;

  push(item: T): void {
    const next = this.consumers.shift();
    if (next) next(item);
    else this.items.push(item);
  }

  /** Resolves with undefined once the queue is closed. */
  next(): Promise<T | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    if (this.items.length > 0) return Promise.resolve(this.items.shift());
    return new Promise((resolve) => this.consumers.push(resolve));
  }

  /** Releases every waiting consumer. */
  close(): void {
    this.closed = true;
    for (const resolve of this.consumers.splice(0)) resolve(undefined);
  }
}
