/** Progress line: rewritten in place on a terminal, otherwise a new line every 5 s. */
import { clearLine, drawLine, printLine } from '../common/terminal.ts';

const PLAIN_EVERY_MS = 5000;
const TERMINAL_EVERY_MS = 100;

export class Progress {
  private shownAt = -Infinity;
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param share completed, from 0 to 1 */
  show(what: string, share: number): void {
    const every = this.out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (this.shownAt === -Infinity && !this.out.isTTY) this.shownAt = this.now();
    if (this.now() - this.shownAt < every) return;
    this.shownAt = this.now();
    const line = `${String(Math.floor(share * 100)).padStart(3)} %  ${what}`;
    if (this.out.isTTY) drawLine(line, this.out);
    else printLine(line, this.out);
    this.drawn = this.out.isTTY;
  }

  /** Removes the line. */
  clear(): void {
    if (this.drawn) clearLine(this.out);
    this.drawn = false;
  }
}
