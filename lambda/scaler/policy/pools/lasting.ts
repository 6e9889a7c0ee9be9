/** How long a number of instances has been requested without a break: of a number that goes up and down, what lasted. */
import type { Lasting } from './pools.ts';

/** Entries beyond this number are merged, the newest first. */
export const MOST_LASTING = 32;

/** The same for a new number of instances: what is added lasts from now on, what is removed is the newest. */
export function lastingWith(before: Lasting[], count: number, at: number): Lasting[] {
  const after = before.filter((one) => one.at <= at).map((one) => ({ ...one }));
  let excess = lastedUntil(after, Infinity) - count;
  if (excess < 0) after.push({ at, count: -excess });
  while (excess > 0) {
    const newest = after.at(-1) as Lasting;
    const less = Math.min(excess, newest.count);
    newest.count -= less;
    excess -= less;
    if (newest.count === 0) after.pop();
  }
  while (after.length > MOST_LASTING) {
    const [older, newer] = after.splice(-2) as [Lasting, Lasting];
    after.push({ at: newer.at, count: older.count + newer.count });
  }
  return after;
}

/** Instances that have been requested since a time or longer. */
export const lastedUntil = (lasting: Lasting[], at: number): number =>
  lasting.reduce((sum, one) => sum + (one.at <= at ? one.count : 0), 0);
