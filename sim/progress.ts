/** Progress of long work: one line that changes on a terminal, a plain line every few seconds otherwise. */
const PLAIN_EVERY_MS = 5000;
const TERMINAL_EVERY_MS = 100;

export class Progress {
  private shownAt = -Infinity;
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param share done, from 0 to 1 */
  show(what: string, share: number): void {
    const every = this.out.isTTY ? TERMINAL_EVERY_MS : PLAIN_EVERY_MS;
    if (this.shownAt === -Infinity && !this.out.isTTY) this.shownAt = this.now();
    if (this.now() - this.shownAt < every) return;
    this.shownAt = this.now();
    const line = `${String(Math.floor(share * 100)).padStart(3)} %  ${what}`;
    if (this.out.isTTY) this.out.write(`\r\x1b[K${line.slice(0, (this.out.columns || 120) - 1)}`);
    else this.out.write(`${line}\n`);
    this.drawn = this.out.isTTY;
  }

  /** Takes the changing line away. */
  clear(): void {
    if (this.drawn) this.out.write('\r\x1b[K');
    this.drawn = false;
  }
}
