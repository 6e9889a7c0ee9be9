/** The texts and JSON of a run. */
import { join } from 'node:path';
import { messageLines, withoutSecrets } from '../../common/terminal.ts';
import type { SkippedFile } from '../files/walk.ts';
import { count, duration } from '../shared/format.ts';
import type { Remark } from '../../contract/photo-types.ts';
import type { FinishedPhoto, PhotoOutcome } from './outcome.ts';
import type { Job } from './plan.ts';
import type { Tally } from './tally.ts';

const MEGA = 1e6;
const megabytes = (bytes: number) => `${(bytes / MEGA).toFixed(bytes < 10 * MEGA ? 1 : 0)} MB`;

/** @param secondsLeft by the service; undefined when it does not say */
export function progressLine(
  tally: Tally,
  secondsLeft: number | undefined,
  startMs: number,
  nowMs: number,
): string {
  const { total, succeeded, failed, waiting, uploading, bytesSent, bytesReceived, error } = tally;
  const parts = [
    `${Math.round((nowMs - startMs) / 1000)} s`.padStart(5),
    `coloured ${succeeded}, failed ${failed}, waiting ${waiting}, uploading ${uploading} of ${total}`,
    `${megabytes(bytesSent)} sent, ${megabytes(bytesReceived)} received`,
  ];
  const unsent = total - succeeded - failed - waiting - uploading;
  // The service's estimate covers only the photos it has.
  if (secondsLeft !== undefined) {
    parts.push(`${uploading + unsent > 0 ? 'at least' : 'about'} ${duration(Math.max(1, secondsLeft))} left`);
  }
  if (error && error.untilMs > nowMs) {
    parts.push(`${error.text} Trying again in ${duration((error.untilMs - nowMs) / 1000)}.`);
  }
  return parts.join('  ');
}

export interface RunSummary {
  tally: Tally;
  failures: FinishedPhoto[];
  /** Photos that succeeded, of which something is to be said. @default none */
  remarked?: FinishedPhoto[];
  open: Job[];
  /** Why the run stopped early. */
  stopped: string | undefined;
  skipped: SkippedFile[];
  folder: string;
  seconds: number;
}

export const failureLines = (failures: FinishedPhoto[]): string[] =>
  failures.map(({ job, outcome }) => `  ${job.photo.name}: ${reasonOf(outcome)}`);

function reasonOf(outcome: PhotoOutcome): string {
  if (outcome.outcome === 'succeeded') return '';
  const { message, code, before, retryable } = outcome;
  const more = before
    ? '; failed in an earlier run, --retry sends it again'
    : retryable
      ? '; another run may succeed'
      : '';
  return `${message} (${code}${more})`;
}

const REMARKS: Record<Remark, string> = {
  'first-of-several': 'the file has more pages or frames; this is the first',
  'no-room-for-colour':
    'black, white or nearly so: there is no room for colour, and the result is the photo itself',
  'metadata-incomplete': 'some metadata of the file is damaged or too large, and the result does not have it',
};

const remarkLines = (photos: FinishedPhoto[]): string[] =>
  photos.flatMap(({ job, outcome }) =>
    outcome.outcome === 'succeeded' && outcome.remarks
      ? [`  ${job.photo.name}: ${outcome.remarks.map((remark) => REMARKS[remark]).join('; ')}`]
      : [],
  );

/** The last lines of a run. */
export function summaryLines({
  tally,
  failures,
  remarked = [],
  open,
  stopped,
  folder,
  seconds,
}: RunSummary): string[] {
  const { total, succeeded, failed, before, bytesSent, bytesReceived } = tally;
  const counts = [
    `${succeeded} coloured`,
    `${failed} failed`,
    ...(open.length > 0 ? [`${open.length} open`] : []),
  ];
  const earlier = before > 0 ? ` (${before} by earlier runs)` : '';
  const traffic = `${megabytes(bytesSent)} sent, ${megabytes(bytesReceived)} received in ${duration(seconds)}`;
  return [
    `${count(total, 'photo')}: ${counts.join(', ')}${earlier}. ${traffic}.`,
    ...(succeeded > 0 ? [`Results: ${folder}`] : []),
    ...(remarked.length > 0 ? ['Remarks:', ...remarkLines(remarked)] : []),
    ...(failures.length > 0 ? ['Not coloured:', ...failureLines(failures)] : []),
    ...(stopped === undefined ? [] : messageLines(stopped)),
    ...(open.length > 0 ? ['The same command continues with the open photos.'] : []),
  ];
}

/** A line of `--json` for a photo; `open` without an outcome yet. */
export function photoJson(
  folder: string,
  { job, outcome, id, seconds }: Omit<FinishedPhoto, 'outcome'> & { outcome?: PhotoOutcome },
) {
  const { path, name } = job.photo;
  const base = { type: 'photo', photo: path, name, outcome: outcome?.outcome ?? 'open' };
  if (!outcome) return base;
  const { outcome: _, before, ...why } = outcome;
  const result =
    outcome.outcome === 'succeeded'
      ? { result: join(folder, ...name.split('/')), ...(outcome.remarks && { remarks: outcome.remarks }) }
      : why;
  return { ...base, ...result, before, ...(id === undefined ? {} : { id }), seconds };
}

export const summaryJson = (
  { tally, open, stopped, skipped, folder, seconds }: RunSummary,
  exit: number,
) => ({
  type: 'summary',
  exit,
  photos: tally.total,
  succeeded: tally.succeeded,
  failed: tally.failed,
  open: open.length,
  before: tally.before,
  skipped: skipped.length,
  bytesSent: tally.bytesSent,
  bytesReceived: tally.bytesReceived,
  seconds,
  folder,
  ...(stopped === undefined ? {} : { stopped: withoutSecrets(stopped) }),
});
