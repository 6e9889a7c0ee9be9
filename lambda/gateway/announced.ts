/**
 * Photos that the API has announced in the last minutes. A burst shows here before a tick has counted it; photos that are put into the bucket
 * without the API do not. Times are epoch seconds.
 */
import type { View } from '../../contract/view.ts';
import { MOST_DELAY } from './queue-position.ts';

/** Seconds that are counted together, and that one item of the table has. */
export const SLOT_SECONDS = 10;
export const ITEM_SECONDS = 120;

/** Photos that were announced in {@link SLOT_SECONDS} from `at` on. */
export interface Slot {
  at: number;
  count: number;
}

const startOf = (at: number, seconds: number) => Math.floor(at / seconds) * seconds;
export const slotOf = (at: number): number => startOf(at, SLOT_SECONDS);
export const itemOf = (at: number): number => startOf(at, ITEM_SECONDS);

/**
 * The slots up to a photo, without it and those behind it.
 *
 * @param slots each of a period, oldest first
 * @param place of the photo in its own slot, the first is 1
 */
export const slotsBefore = (slots: readonly Slot[], createdAt: number, place: number): Slot[] =>
  slots
    .filter(({ at }) => at <= createdAt)
    .map(({ at, count }) => ({ at, count: at === slotOf(createdAt) ? place - 1 : count }));

/** Whether a view may lack photos that were announced before one. While instances work, the measured rate stands for them. */
export const isUncounted = ({ at, inService }: View, joinsAt: number): boolean =>
  inService === 0 && joinsAt + MOST_DELAY > at;

/**
 * Photos ahead of one, where no instance works: those that a tick has counted, and those that were announced since. A count is up to
 * {@link MOST_DELAY} old, so it may have some of these too: the tick that gives the fewest is the one that has the least of them twice.
 *
 * @param slots up to the photo; without a slot for a tick's time, it gives nothing
 * @returns undefined where nothing is known
 */
export function announcedAhead({ history }: View, slots: readonly Slot[] = []): number | undefined {
  const [first] = slots;
  if (!first) return undefined;
  const counts = history
    .filter(({ at }) => at - MOST_DELAY >= first.at)
    .map(({ at, backlog }) => {
      const since = slots.filter((slot) => slot.at >= slotOf(at - MOST_DELAY));
      return since.reduce((sum, { count }) => sum + count, backlog);
    });
  return counts.length === 0 ? undefined : Math.min(...counts);
}
