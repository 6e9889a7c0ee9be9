/** What a run says, as text and as JSON. */
import { join } from 'node:path';
import type { FinishedPhoto, PhotoOutcome } from './outcome.ts';
import type { Job } from './plan.ts';
import type { Tally } from './tally.ts';

const MEGA = 1e6;
const megabytes = (bytes: number) => `${(bytes / MEGA).toFixed(bytes < 10 * MEGA ? 1 : 0)} MB`;

/** A duration for people: 40 s, 3 min, 2 h. */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/** @param secondsLeft by the service; undefined when it does not say */
export function progressLine(
  tally: Tally,
  secondsLeft: number | undefined,
  startMs: number,
  nowMs: number,
): string {
  const { total, coloured, failed, waiting, uploading, bytesSent, bytesReceived, trouble } = tally;
  const parts = [
    `${Math.round((nowMs - startMs) / 1000)} s`.padStart(5),
    `coloured ${coloured}, failed ${failed}, waiting ${waiting}, uploading ${uploading} of ${total}`,
    `${megabytes(bytesSent)} sent, ${megabytes(bytesReceived)} received`,
  ];
  const unsent = total - coloured - failed - waiting - uploading;
  // The service speaks of what it has.
  if (secondsLeft !== undefined) {
    parts.push(`${uploading + unsent > 0 ? 'at least' : 'about'} ${duration(Math.max(1, secondsLeft))} left`);
  }
  if (trouble && trouble.untilMs > nowMs) {
    parts.push(`${trouble.text} Trying again in ${duration((trouble.untilMs - nowMs) / 1000)}.`);
  }
  return parts.join('  ');
}

const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;

export interface RunSummary {
  tally: Tally;
  failures: FinishedPhoto[];
  open: Job[];
  /** Why the run stopped before its end. */
  stopped: string | undefined;
  folder: string;
  seconds: number;
}

export const failureLines = (failures: FinishedPhoto[]): string[] =>
  failures.map(({ job, ending }) => `  ${job.photo.name}: ${reason(ending)}`);

function reason(ending: PhotoOutcome): string {
  if (ending.outcome === 'coloured') return '';
  const { message, code, before, retryable } = ending;
  const more = before
    ? '; refused by an earlier run, --retry sends it again'
    : retryable
      ? '; worth another run'
      : '';
  return `${message} (${code}${more})`;
}

/** The last lines of a run. */
export function summaryLines({ tally, failures, open, stopped, folder, seconds }: RunSummary): string[] {
  const { total, coloured, failed, before, bytesSent, bytesReceived } = tally;
  const ends = [
    `${coloured} coloured`,
    `${failed} failed`,
    ...(open.length > 0 ? [`${open.length} open`] : []),
  ];
  const earlier = before > 0 ? ` (${before} by earlier runs)` : '';
  const traffic = `${megabytes(bytesSent)} sent, ${megabytes(bytesReceived)} received in ${duration(seconds)}`;
  return [
    `${count(total, 'photo')}: ${ends.join(', ')}${earlier}. ${traffic}.`,
    ...(coloured > 0 ? [`Results: ${folder}`] : []),
    ...(failures.length > 0 ? ['Not coloured:', ...failureLines(failures)] : []),
    ...(stopped === undefined ? [] : [stopped]),
    ...(open.length > 0 ? ['The same command goes on with what is open.'] : []),
  ];
}

/** A line of `--json` for a photo; `open` for one that is left to a later run. */
export function photoJson(
  folder: string,
  { job, ending, id, seconds }: Omit<FinishedPhoto, 'ending'> & { ending?: PhotoOutcome },
) {
  const { path, name } = job.photo;
  const base = { type: 'photo', photo: path, name, outcome: ending?.outcome ?? 'open' };
  if (!ending) return base;
  const { outcome: _, before, ...why } = ending;
  const result = ending.outcome === 'coloured' ? { result: join(folder, ...name.split('/')) } : why;
  return { ...base, ...result, before, ...(id === undefined ? {} : { id }), seconds };
}

export const summaryJson = ({ tally, open, stopped, folder, seconds }: RunSummary, exit: number) => ({
  type: 'summary',
  exit,
  photos: tally.total,
  coloured: tally.coloured,
  failed: tally.failed,
  open: open.length,
  before: tally.before,
  bytesSent: tally.bytesSent,
  bytesReceived: tally.bytesReceived,
  seconds,
  folder,
  ...(stopped === undefined ? {} : { stopped }),
});
