/** When a delivery, or a receiver, is tried again. Seconds. */

/** After the first failure; each further one doubles it. */
const FIRST = 5;
/** Share of a pause that is random, so that what failed together is not tried together. Never longer than the pause itself. */
const JITTER = 0.2;
/** What a receiver can ask for with `Retry-After`: more would be an outage of our making. */
const MOST_ASKED = 900;

/**
 * @param failures in a row, at least 1
 * @param most longest pause
 * @param random from 0 to 1
 */
export function backoffSeconds(failures: number, most: number, random: number): number {
  const pause = Math.min(most, FIRST * 2 ** Math.min(failures - 1, 20));
  return pause * (1 - JITTER * random);
}

/** @returns seconds of a `Retry-After`, as a number or a date; 0 where it has none. @param now epoch seconds */
export function askedSeconds(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : Date.parse(header) / 1000 - now;
  return Number.isFinite(seconds) ? Math.min(MOST_ASKED, Math.max(0, seconds)) : 0;
}
