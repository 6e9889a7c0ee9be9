/** Shows lines, once or as they come. */
import type { Clock } from '../../client/time.ts';
import { lineOf, lineText, type LogLine } from './line.ts';
import type { ReadLogs } from './read.ts';

export interface ShowOptions {
  term: string | undefined;
  /** Epoch milliseconds. */
  from: number;
  /** Whether the lines are of one photo: they are then shown by upload. */
  byTrace: boolean;
  print: (line: LogLine, text: string) => void;
  heading: (text: string) => void;
}

/** Lines can arrive this much later than others that are newer. */
const LATE_MS = 30_000;
const POLL_MS = 2000;

/** @returns how many lines were shown */
export async function showOnce(read: ReadLogs, options: ShowOptions): Promise<number> {
  const { term, from, byTrace, print, heading } = options;
  const lines = linesOf(await read({ term, from }));
  if (!byTrace) {
    for (const line of lines) print(line, lineText(line));
    return lines.length;
  }
  for (const [trace, ofTrace] of groups(lines)) {
    heading(`trace ${trace}`);
    for (const line of ofTrace) print(line, lineText(line, ['trace']));
  }
  return lines.length;
}

/** Polls until the signal is aborted. */
export async function follow(
  read: ReadLogs,
  { term, from, print }: ShowOptions,
  clock: Clock,
  signal: AbortSignal,
): Promise<never> {
  const shown = new Map<string, number>();
  let since = from;
  for (;;) {
    const events = await read({ term, from: since });
    for (const event of events) {
      const key = `${event.at} ${event.origin} ${event.text}`;
      if (shown.has(key)) continue;
      shown.set(key, event.at);
      const line = lineOf(event);
      if (line) print(line, lineText(line));
    }
    since = Math.max(since, (events.at(-1)?.at ?? 0) - LATE_MS);
    for (const [key, at] of shown) if (at < since) shown.delete(key);
    await clock.sleep(POLL_MS, signal);
  }
}

const linesOf = (events: Awaited<ReturnType<ReadLogs>>): LogLine[] =>
  events
    .map(lineOf)
    .filter((line) => line !== undefined)
    .sort((a, b) => a.at - b.at);

/** By trace id, in the order of their first lines. */
function groups(lines: LogLine[]): Map<string, LogLine[]> {
  const found = new Map<string, LogLine[]>();
  for (const line of lines) {
    const trace = typeof line.fields.trace === 'string' ? line.fields.trace : 'unknown';
    found.set(trace, [...(found.get(trace) ?? []), line]);
  }
  return found;
}
