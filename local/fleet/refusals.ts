/** Launches that EC2 refuses, as without capacity: Auto Scaling retries them after pauses that double. */
const [RETRY_FIRST_MS, RETRY_MOST_MS] = [5000, 60_000];

export class Refusals {
  /** Epoch milliseconds. */
  retryAt = -Infinity;
  private retryMs = RETRY_FIRST_MS;
  private message: string | undefined;

  /** @param message of each launch from now on; undefined lets them succeed */
  set(message: string | undefined): void {
    this.message = message;
    if (message === undefined) this.retryAt = -Infinity;
  }

  /** @returns why a launch is refused now; undefined for one that succeeds */
  refuse(now: number): string | undefined {
    if (this.message === undefined) this.retryMs = RETRY_FIRST_MS;
    else {
      this.retryAt = now + this.retryMs;
      this.retryMs = Math.min(RETRY_MOST_MS, this.retryMs * 2);
    }
    return this.message;
  }
}
