/** Progress output: one changing line on a terminal, plain lines elsewhere. */

const PLAIN_EVERY_MS = 5000;

export class Progress {
  private shownAt = -Infinity;
  private shown = '';
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly now: () => number = Date.now,
  ) {}

  /** Prints a line that stays. */
  print(line: string): void {
    if (this.drawn) this.out.write('\r\x1b[K');
    this.drawn = false;
    this.out.write(`${line}\n`);
  }

  /** Prints the changing line, which starts with its time; without a terminal, every few seconds and only when it changed. */
  line(line: string): void {
    if (this.out.isTTY) {
      const width = this.out.columns || 120;
      this.out.write(`\r\x1b[K${line.slice(0, width - 1)}`);
      this.drawn = true;
    } else if (this.now() - this.shownAt >= PLAIN_EVERY_MS && line.slice(5) !== this.shown) {
      this.out.write(`${line}\n`);
      this.shownAt = this.now();
      this.shown = line.slice(5);
    }
  }
}
