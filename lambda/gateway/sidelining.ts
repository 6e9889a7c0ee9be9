/**
 * Which photos of a caller go to the interactive lane's second queue: those beyond what the fleet can start at once. So a caller with a thousand photos has the
 * whole fleet while it is alone, and another caller's photo waits for about one photo. Pure; times are epoch seconds.
 */
import { createHash } from 'node:crypto';
import type { View } from '../../contract/view.ts';
import { STALE_TICKS } from './estimate.ts';

/** Photos that a caller may have unfinished in the first queue, on a fleet of any size. */
const LEAST_ALLOWED = 4;

/**
 * An outcome is known when the client asks. Photos whose outcome nobody asks for count until their window ends, seconds: at most so long
 * is a caller without a poll sidelined for photos that are done.
 */
export const WINDOW_SECONDS = 600;

/** A caller's counter for one window; as a key of the table it holds a digest, so that the table has no addresses. */
export interface UnfinishedCounterKey {
  key: string;
  endsAt: number;
}

/** Photos that a caller may have unfinished in the first queue. */
export const firstQueueLimit = (inService: number): number => Math.max(LEAST_ALLOWED, inService);

/** Whether a caller's next photo is sidelined. @param unfinished its photos in the first queue of which no outcome is known */
export const isSidelined = (unfinished: number, inService: number): boolean =>
  unfinished >= firstQueueLimit(inService);

/** The limit by the scaler's view. @returns undefined without a recent view: no photo is sidelined then */
export const limitBy = (view: View | undefined, now: number): number | undefined =>
  view && now - view.at <= STALE_TICKS * view.tickSeconds ? firstQueueLimit(view.inService) : undefined;

/** Begin of the window that a time is in. */
export const windowOf = (at: number): number => Math.floor(at / WINDOW_SECONDS) * WINDOW_SECONDS;

/** @param quotaKey of the caller */
export function counterOf(quotaKey: string, now: number): UnfinishedCounterKey {
  const startsAt = windowOf(now);
  const caller = createHash('sha256').update(quotaKey).digest('hex').slice(0, 32);
  return { key: `unfinished#${caller}#${startsAt}`, endsAt: startsAt + WINDOW_SECONDS };
}
