/** A line that some join and others serve, until it is closed. */
export class AsyncQueue<T> {
  private readonly waiting: T[] = [];
  private readonly idle: ((item: T | undefined) => void)[] = [];
  private closed = false;

  push(item: T): void {
    const next = this.idle.shift();
    if (next) next(item);
    else this.waiting.push(item);
  }

  /** Resolves with undefined once the line is closed. */
  next(): Promise<T | undefined> {
    if (this.closed) return Promise.resolve(undefined);
    if (this.waiting.length > 0) return Promise.resolve(this.waiting.shift());
    return new Promise((resolve) => this.idle.push(resolve));
  }

  /** Nobody is served any more. */
  close(): void {
    this.closed = true;
    for (const resolve of this.idle.splice(0)) resolve(undefined);
  }
}
