/**
 * Which photos of a caller go to the interactive lane's second queue: those beyond what the fleet can start at once. So a caller with a thousand photos has the
 * whole fleet while it is alone, and another caller's photo waits for about one photo. Pure; times are epoch seconds.
 */
import { recentView, type View } from '../../contract/view.ts';
import { callerDigest } from './quotas.ts';

/** Photos that a caller may have unfinished in the first queue, on a fleet of any size. */
export const LEAST_ALLOWED = 4;

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

/** Photos that a caller may have unfinished in the first queue; those beyond are sidelined. */
export const firstQueueLimit = (inService: number): number => Math.max(LEAST_ALLOWED, inService);

/** The limit by the scaler's view. @returns undefined without a recent view: no photo is sidelined then */
export function limitBy(view: View | undefined, now: number): number | undefined {
  const recent = recentView(view, now);
  return recent && firstQueueLimit(recent.inService);
}

/** Begin of the window that a time is in. */
export const windowOf = (at: number): number => Math.floor(at / WINDOW_SECONDS) * WINDOW_SECONDS;

/**
 * Of a user, also where a group owns the photos: of two users of a group neither delays the other.
 *
 * @param quotaKey of the caller
 */
export function counterOf(quotaKey: string, now: number): UnfinishedCounterKey {
  const startsAt = windowOf(now);
  return { key: `unfinished#${callerDigest(quotaKey)}#${startsAt}`, endsAt: startsAt + WINDOW_SECONDS };
}
