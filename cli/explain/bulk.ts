/** What bulk photos ask of the fleet: the numbers of the last tick in words. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import { clockTime, count, known, span } from '../shared/format.ts';

const dueText = (dueAt: number, now: number) =>
  dueAt >= now
    ? `the oldest is due at ${clockTime(dueAt, now)}, in ${span(dueAt - now)}`
    : `the oldest was due at ${clockTime(dueAt, now)}, ${span(now - dueAt)} ago`;

/** @returns one sentence, or none while no bulk photo waits or is worked on @param now epoch seconds */
export function bulkSentences({ bulk, calculation, desired }: TickRecord, now: number): string[] {
  const { bulk: numbers } = calculation ?? {};
  if (!numbers) return [];
  const { serviceSeconds, workSeconds, needed, deadlineSeconds } = numbers;
  const due = bulk?.dueAt === undefined ? '' : `; ${dueText(bulk.dueAt, now)}`;
  const photos = bulk ? `${count(bulk.visible + bulk.inFlight, 'bulk photo')}: ` : 'Bulk photos: ';
  const asks =
    needed > 0
      ? `With the interactive photos their deadlines need ${count(needed, 'instance')}, and the fleet has ${known(desired)}.`
      : 'The fleet as it is meets their deadlines, or there is time to buy later.';
  return [
    `${photos}${Math.round(workSeconds)} instance-seconds of work at ${serviceSeconds.toFixed(2)} s each, within ${span(deadlineSeconds)} of their arrival${due}. ${asks} docs/lanes.md`,
  ];
}
