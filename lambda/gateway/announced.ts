/**
 * Photos that the API has announced in the last minutes. A burst shows here before a tick has counted it; photos that are put into the bucket
 * without the API do not. Times are epoch seconds.
 */
import type { View } from '../../contract/view.ts';
import { MEAN_DELAY, MOST_DELAY, type ArrivalSample } from './queue-position.ts';

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

/** Whether no tick may have counted a photo that joins the queue at a time, while no instance works. */
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

/** Announced from one time to another; those of a slot as if they came evenly, those of the last one until `until`. */
function announcedBetween(slots: readonly Slot[], from: number, to: number, until: number): number {
  return slots.reduce((sum, { at, count }, k) => {
    const end = k === slots.length - 1 ? Math.min(at + SLOT_SECONDS, Math.max(at, until)) : at + SLOT_SECONDS;
    if (end <= at) return at >= from && at < to ? sum + count : sum;
    return sum + (count * Math.max(0, Math.min(end, to) - Math.max(at, from))) / (end - at);
  }, 0);
}

/** Photos ahead, and which share of the photos comes without the API, 0 to 1. */
export interface Since {
  ahead: number;
  unannounced: number;
}

/**
 * Photos ahead of one that came after the view, where instances work: those of the view, and those that were announced since its counts were
 * taken, without what was finished meanwhile. Photos that come without the API are those that the counts had more than was announced.
 *
 * @param slots up to the photo, which was stored at `storedAt` and is in the queue at `joinsAt`
 * @returns undefined where nothing is known
 */
export function aheadSince(
  view: View,
  samples: readonly ArrivalSample[],
  slots: readonly Slot[] = [],
  storedAt: number,
  joinsAt: number,
): Since | undefined {
  const { at, visible, inFlight, inService, serviceSeconds } = view;
  const [first] = slots;
  const countedAt = at - MEAN_DELAY;
  if (!first || first.at > countedAt || serviceSeconds === null) return undefined;
  const since = announcedBetween(slots, countedAt, Infinity, storedAt);
  const finished = (Math.min(inService, inFlight) * MEAN_DELAY) / serviceSeconds;
  const earliest = samples.find((sample) => sample.at - MEAN_DELAY >= first.at && sample.at < at);
  const latest = samples.at(-1);
  let othersPerSecond = 0;
  let unannounced = 0;
  if (earliest && latest) {
    const announced = announcedBetween(slots, earliest.at - MEAN_DELAY, latest.at - MEAN_DELAY, storedAt);
    const arrived = latest.arrived - earliest.arrived;
    othersPerSecond = Math.max(0, arrived - announced) / (latest.at - earliest.at);
    unannounced = arrived > 0 ? Math.max(0, arrived - announced) / arrived : 0;
  }
  const others = othersPerSecond * (joinsAt - countedAt);
  return { ahead: Math.max(0, visible + inFlight + since + others - finished), unannounced };
}
