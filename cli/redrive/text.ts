/** The report of a redrive, as text and as JSON. */
import { messageLines, withoutSecrets } from '../../common/terminal.ts';
import { parseJobMessage } from '../../contract/job.ts';
import type { StackName } from '../shared/deployment.ts';
import { count, UNKNOWN } from '../shared/format.ts';
import type { DeadLetter, RedriveResult } from './run.ts';

/** Messages left in the dead-letter queue; undefined when that could not be read. */
export type Left = { waiting: number; held: number } | undefined;

export interface RedriveReport extends RedriveResult {
  dryRun: boolean;
  left: Left;
  /** Message of the error that ended it early. */
  stopped: string | undefined;
}

/** @returns keys of a message's photos; undefined when it is not a job */
export function photosOf({ body }: DeadLetter): string[] | undefined {
  try {
    return parseJobMessage(body).map(({ key }) => key);
  } catch {
    return undefined;
  }
}

export const progressLine = (moved: number, limit: number, seconds: number): string =>
  `${`${Math.round(seconds)} s`.padStart(5)}  ${moved} of at most ${limit}`;

export function redriveLines(outcome: RedriveReport, verbose: boolean): string[] {
  const { moved, dryRun, stopped } = outcome;
  const foreign = moved.filter((letter) => photosOf(letter) === undefined);
  const done = dryRun ? 'would be moved back to the queue' : 'moved back to the queue';
  return [
    ...(verbose ? moved.map((letter) => `  ${nameOf(letter)}`) : []),
    `${count(moved.length, 'message')} ${done}${foreign.length > 0 ? `, ${foreign.length} of which ${foreign.length === 1 ? 'is' : 'are'} not of a photo and will fail again` : ''}.`,
    leftText(outcome),
    ...(stopped === undefined ? [] : messageLines(stopped)),
  ];
}

function nameOf(letter: DeadLetter): string {
  const photos = photosOf(letter);
  if (photos === undefined) return `(not a job: ${JSON.stringify(letter.body.slice(0, 60))})`;
  return photos.length > 0 ? photos.join(', ') : '(no photo: a folder, or the test event of S3)';
}

function leftText({ empty, dryRun, left }: RedriveReport): string {
  if (!left) return `The number of dead letters left is ${UNKNOWN}.`;
  const held = left.held > 0 ? ` ${left.held} more are in flight and may come back within a minute.` : '';
  if (left.waiting === 0 && (empty || left.held === 0)) return `No dead letters are left.${held}`;
  const more = dryRun ? '' : ' The same command moves the next ones.';
  return `About ${count(left.waiting, 'dead letter')} ${left.waiting === 1 ? 'is' : 'are'} left.${held}${more}`;
}

export const redriveJson = (outcome: RedriveReport, { stage, stack, region }: StackName) => ({
  command: 'redrive',
  ...{ stage, stack, region },
  dryRun: outcome.dryRun,
  moved: outcome.moved.length,
  messages: outcome.moved.map((letter) => ({ id: letter.id, photos: photosOf(letter) ?? null })),
  empty: outcome.empty,
  left: outcome.left ?? null,
  stopped: outcome.stopped === undefined ? null : withoutSecrets(outcome.stopped),
});
