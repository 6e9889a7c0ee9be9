/** What sidelined photos may expect of the fleet as it is: their share of the starts, and when the last of them starts. */
import { INTERACTIVE_PER_BULK, SIDELINED_WAIT_FACTOR } from '../../contract/lanes.ts';
import { firstQueueLimit } from '../../lambda/gateway/sidelining.ts';
import { span } from './format.ts';

export interface SidelinedInput {
  /** Photos of the interactive lane that wait, and the sidelined ones among them. */
  waiting: number;
  sidelined: number;
  /** Bulk photos that wait: they have a tenth of the starts. */
  bulkWaiting: number;
  inService: number;
  /** Busy seconds of an instance for a photo. @default it is not measured */
  serviceSeconds?: number | undefined;
}

export interface SidelinedOutlook {
  photos: number;
  /** A caller with more unfinished photos in the first queue than this is sidelined. */
  callerLimit: number;
  /** Share of the interactive lane's starts while both its queues have photos. */
  shareOfStarts: number;
  /** Seconds until the last one starts: if no photo comes any more, and if the first queue is never empty. @default unknown, or no instance is in service */
  lastStarts?: [soonest: number, latest: number];
}

export function sidelinedOutlook(input: SidelinedInput): SidelinedOutlook {
  const { waiting, sidelined, bulkWaiting, inService, serviceSeconds } = input;
  const outlook = {
    photos: sidelined,
    callerLimit: firstQueueLimit(inService),
    shareOfStarts: 1 / SIDELINED_WAIT_FACTOR,
  };
  if (serviceSeconds === undefined || inService === 0) return outlook;
  const ofBulk = bulkWaiting > 0 ? 1 / (1 + INTERACTIVE_PER_BULK) : 0;
  const perPhoto = serviceSeconds / (inService * (1 - ofBulk));
  const latest = SIDELINED_WAIT_FACTOR * sidelined * perPhoto;
  return { ...outlook, lastStarts: [Math.min(latest, waiting * perPhoto), latest] };
}

/** Of the seconds until the last one starts. @returns undefined where they are unknown */
export function lastStartText({ lastStarts }: SidelinedOutlook): string | undefined {
  if (!lastStarts) return undefined;
  const [soonest, latest] = lastStarts.map(span);
  return soonest === latest ? `in ${latest}` : `in ${soonest} to ${latest}`;
}
