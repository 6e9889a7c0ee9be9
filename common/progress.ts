/** Progress output: one changing line on a terminal, plain lines elsewhere. */
import { clearLine, drawLine, printLine } from './terminal.ts';

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
    if (this.drawn) clearLine(this.out);
    this.drawn = false;
    printLine(line, this.out);
  }

  /** Prints the changing line, which starts with its time; without a terminal, every few seconds and only when it changed. */
  line(line: string): void {
    if (this.out.isTTY) {
      drawLine(line, this.out);
      this.drawn = true;
    } else if (this.now() - this.shownAt >= PLAIN_EVERY_MS && line.slice(5) !== this.shown) {
      printLine(line, this.out);
      this.shownAt = this.now();
      this.shown = line.slice(5);
    }
  }
}
