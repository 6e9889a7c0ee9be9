/** Where a run says what: text for people, JSON for programs, or nothing but what went wrong. */
import { Progress } from '../../common/progress.ts';
import type { FinishedPhoto } from './outcome.ts';
import { summaryLines, failureLines, photoJson, summaryJson, type RunSummary } from './text.ts';

export interface Report {
  /** For people, on the way. */
  say(line: string): void;
  /** The line that changes. */
  progress(line: string): void;
  ended(ended: FinishedPhoto): void;
  close(closing: RunSummary, exit: number): void;
}

interface Streams {
  out: NodeJS.WriteStream;
  err: NodeJS.WriteStream;
}

const nothing = () => undefined;

export function reportOf(
  { json, quiet }: { json: boolean; quiet: boolean },
  folder: string,
  { out, err }: Streams,
): Report {
  const write = (value: object) => void out.write(`${JSON.stringify(value)}\n`);
  const complain = (lines: string[]) => void (lines.length > 0 && err.write(`${lines.join('\n')}\n`));
  if (json) {
    return {
      say: nothing,
      progress: nothing,
      ended: (ended) => write(photoJson(folder, ended)),
      close: (closing, exit) => {
        for (const job of closing.open) write(photoJson(folder, { job, seconds: 0 }));
        write(summaryJson(closing, exit));
        complain(closing.stopped === undefined ? [] : [closing.stopped]);
      },
    };
  }
  if (quiet) {
    const close = (closing: RunSummary) => {
      const stopped = closing.stopped === undefined ? [] : summaryLines({ ...closing, failures: [] });
      complain([...failureLines(closing.failures).map((line) => line.trim()), ...stopped]);
    };
    return { say: nothing, progress: nothing, ended: nothing, close };
  }
  const progress = new Progress(out);
  return {
    say: (line) => progress.print(line),
    progress: (line) => progress.line(line),
    ended: nothing,
    close: (closing) => {
      for (const line of summaryLines(closing)) progress.print(line);
    },
  };
}
