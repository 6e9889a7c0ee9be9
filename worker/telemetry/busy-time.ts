/** Seconds in which at least one photo was worked on, however many at a time: what an instance needs per photo. */
export class BusyTime {
  private count = 0;
  private sinceMs = 0;

  /** @param now milliseconds that only go forward */
  constructor(private readonly now: () => number) {}

  /** A photo has started. @returns to be called once when it has ended: busy seconds that were not told before */
  start(): () => number {
    if (this.count++ === 0) this.sinceMs = this.now();
    return () => {
      const at = this.now();
      const seconds = Math.max(0, at - this.sinceMs) / 1000;
      this.sinceMs = at;
      this.count--;
      return seconds;
    };
  }
}
