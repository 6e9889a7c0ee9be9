/** What of the interactive lane is sidelined: how many photos, whose, their share of the workers, and what their callers may expect. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import { FIRST_PER_SIDELINED, FOLDERS, SIDELINED_WAIT_FACTOR } from '../../contract/lanes.ts';
import { LEAST_ALLOWED } from '../../lambda/gateway/sidelining.ts';
import { count } from '../shared/format.ts';
import { lastStartText, sidelinedOutlook, type SidelinedOutlook } from '../shared/sidelined.ts';

/** @returns undefined while no photo is sidelined, or that is unknown */
export function outlookOf({
  sidelined = 0,
  visible,
  inService,
  bulk,
  calculation,
}: TickRecord): SidelinedOutlook | undefined {
  if (sidelined === 0 || visible === null || inService === null) return undefined;
  return sidelinedOutlook({
    ...{ waiting: visible, sidelined, bulkWaiting: bulk?.visible ?? 0, inService },
    serviceSeconds: calculation?.serviceSeconds,
  });
}

/** @returns two sentences, or none while no photo is sidelined */
export function sidelinedSentences(record: TickRecord): string[] {
  const outlook = outlookOf(record);
  if (!outlook) return [];
  const { photos, callerLimit } = outlook;
  const last = lastStartText(outlook);
  const expected =
    last !== undefined
      ? ` With the fleet as it is the last of them starts ${last}: soonest if no other photo comes, at the latest if the first queue is never empty.`
      : record.inService === 0
        ? ' None starts before an instance is in service.'
        : '';
  return [
    `Of those waiting ${count(photos, 'photo')} ${photos === 1 ? 'is' : 'are'} sidelined, in the interactive lane's second queue: of callers of the API with more than ${callerLimit} unfinished ones (the number in service, ${LEAST_ALLOWED} at least), or put under ${FOLDERS.sidelined.photos} by their uploader.`,
    `Workers start ${FIRST_PER_SIDELINED} photos of the first queue before a sidelined one: 1 of ${SIDELINED_WAIT_FACTOR} starts of the lane while both wait, else all.${expected} docs/lanes.md#between-callers`,
  ];
}

export const sidelinedJson = (record: TickRecord) => {
  const outlook = outlookOf(record);
  if (!outlook) return null;
  const { lastStarts, ...rest } = outlook;
  return { ...rest, lastStartSeconds: lastStarts ?? null };
};
