/** The output of a run: text, JSON with --json, only failures with --quiet. */
import { Progress } from '../../common/progress.ts';
import type { FinishedPhoto } from './outcome.ts';
import { summaryLines, failureLines, photoJson, summaryJson, type RunSummary } from './text.ts';
import { skippedLine } from '../files/skipped.ts';
import type { SkippedFile } from '../files/walk.ts';
import { messageLines, printJson, printLines } from '../../common/terminal.ts';

export interface Report {
  /** A line of text. */
  say(line: string): void;
  /** Files that were passed over. */
  skipped(files: SkippedFile[]): void;
  /** The changing line. */
  progress(line: string): void;
  finished(photo: FinishedPhoto): void;
  close(summary: RunSummary, exit: number): void;
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
  const write = (value: object) => printJson(value, out);
  const printErrors = (lines: string[]) => printLines(lines.flatMap(messageLines), err);
  if (json) {
    return {
      say: nothing,
      skipped: (files) => {
        for (const { path, reason } of files) write({ type: 'skipped', path, reason });
      },
      progress: nothing,
      finished: (photo) => write(photoJson(folder, photo)),
      close: (summary, exit) => {
        for (const job of summary.open) write(photoJson(folder, { job, seconds: 0 }));
        write(summaryJson(summary, exit));
        printErrors(summary.stopped === undefined ? [] : [summary.stopped]);
      },
    };
  }
  if (quiet) {
    const close = (summary: RunSummary) => {
      const stopped = summary.stopped === undefined ? [] : summaryLines({ ...summary, failures: [] });
      printErrors([...failureLines(summary.failures).map((line) => line.trim()), ...stopped]);
    };
    return { say: nothing, skipped: nothing, progress: nothing, finished: nothing, close };
  }
  const progress = new Progress(out);
  return {
    say: (line) => progress.print(line),
    skipped: (files) => {
      if (files.length > 0) progress.print(skippedLine(files));
    },
    progress: (line) => progress.line(line),
    finished: nothing,
    close: (summary) => {
      for (const line of summaryLines(summary)) progress.print(line);
    },
  };
}
