/** Progress for people: one line that changes on a terminal, plain lines otherwise. */
import type { RunState } from '../page/state.ts';

const PLAIN_EVERY_MS = 5000;

export function progressLine(state: RunState): string {
  const row = state.timeline.at(-1);
  const parts = [`${Math.round((state.now - state.startedAt) / 1000)} s`.padStart(5), state.phase.padEnd(10)];
  if (row) {
    parts.push(
      `waiting ${row.visible}`,
      `in flight ${row.inFlight}`,
      `fleet ${row.inService} of ${row.desired} in service`,
    );
  }
  const { coloured, failed, submitted } = state.photos;
  if (submitted > 0) parts.push(`coloured ${coloured}, failed ${failed} of ${submitted}`);
  return parts.join('  ');
}

export class Progress {
  private shownAt = -Infinity;
  private shown = '';
  private drawn = false;

  constructor(
    private readonly out: NodeJS.WriteStream,
    private readonly now: () => number = Date.now,
  ) {}

  /** A line that stays. */
  say(line: string): void {
    if (this.drawn) this.out.write('\r\x1b[K');
    this.drawn = false;
    this.out.write(`${line}\n`);
  }

  /** The line that changes; where there is no terminal, repeated only every few seconds and when it says more. */
  show(state: RunState): void {
    this.line(progressLine(state));
  }

  /** The same for any line that starts with its time. */
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
