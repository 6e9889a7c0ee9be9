/** What a redrive says. */
import { parseJobMessage } from '../../contract/job.ts';
import type { StackName } from '../shared/deployment.ts';
import { count, UNKNOWN } from '../shared/format.ts';
import type { DeadLetter, RedriveResult } from './run.ts';

/** What is left in the queue of dead letters; undefined where that could not be read. */
export type Left = { waiting: number; held: number } | undefined;

export interface RedriveReport extends RedriveResult {
  dryRun: boolean;
  left: Left;
  /** What ended it early, for people. */
  stopped: string | undefined;
}

/** Photos of a message; undefined for what is no job. */
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
  const strange = moved.filter((letter) => photosOf(letter) === undefined);
  const done = dryRun ? 'would go back to the queue' : 'sent back to the queue';
  return [
    ...(verbose ? moved.map((letter) => `  ${nameOf(letter)}`) : []),
    `${count(moved.length, 'message')} ${done}${strange.length > 0 ? `, ${strange.length} of which ${strange.length === 1 ? 'is' : 'are'} no photo's and will be given up again` : ''}.`,
    leftWords(outcome),
    ...(stopped === undefined ? [] : [stopped]),
  ];
}

function nameOf(letter: DeadLetter): string {
  const photos = photosOf(letter);
  if (photos === undefined) return `(no job: ${JSON.stringify(letter.body.slice(0, 60))})`;
  return photos.length > 0 ? photos.join(', ') : "(S3's test message)";
}

function leftWords({ empty, dryRun, left }: RedriveReport): string {
  if (!left) return `How many dead letters are left is ${UNKNOWN}.`;
  const held =
    left.held > 0 ? ` ${left.held} more are in somebody's hands and may come back within a minute.` : '';
  if (left.waiting === 0 && (empty || left.held === 0)) return `No dead letters are left.${held}`;
  const more = dryRun ? '' : ' The same command takes the next ones.';
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
  stopped: outcome.stopped ?? null,
});
