/** Bulk photos that have no outcome yet, by when they arrived: first in, first out, so that it is known when each is due. */

/** Photos that arrived at the same time, or soon after it. */
export interface BulkArrival {
  /** Epoch seconds: of the tick before they were seen, so that none is due earlier than it counts as. */
  at: number;
  count: number;
}

/** Beyond this number the two that arrived closest together are one, with the earlier time. */
export const MOST_ARRIVALS = 32;

export interface BulkChange {
  /** Epoch seconds. */
  at: number;
  /** Time of the tick before, epoch seconds. */
  since: number;
  /** Photos since then. */
  arrived: number;
  /** Photos without an outcome now. */
  backlog: number;
}

/** Adds what arrived, and removes the oldest beyond what is in the queue. Photos of which nothing is known have just arrived. */
export function nextProfile(
  before: readonly BulkArrival[],
  { at, since, arrived, backlog }: BulkChange,
): BulkArrival[] {
  const waiting = before.map((one) => ({ at: Math.min(one.at, at), count: one.count }));
  const add = (count: number) => {
    if (count > 0) waiting.push({ at: Math.min(since, at), count });
  };
  add(arrived);
  let surplus = waiting.reduce((sum, { count }) => sum + count, 0) - backlog;
  add(-surplus);
  while (surplus > 0) {
    const [oldest] = waiting;
    if (!oldest) break;
    const gone = Math.min(surplus, oldest.count);
    oldest.count -= gone;
    surplus -= gone;
    // What rounding leaves is no photo.
    if (oldest.count <= 1e-6) waiting.shift();
  }
  waiting.sort((a, b) => a.at - b.at);
  return merged(waiting);
}

function merged(waiting: BulkArrival[]): BulkArrival[] {
  while (waiting.length > MOST_ARRIVALS) {
    let closest = 1;
    const gap = (k: number) => (waiting[k] as BulkArrival).at - (waiting[k - 1] as BulkArrival).at;
    for (let k = 2; k < waiting.length; k++) if (gap(k) < gap(closest)) closest = k;
    const [older, newer] = waiting.splice(closest - 1, 2) as [BulkArrival, BulkArrival];
    waiting.splice(closest - 1, 0, { at: older.at, count: older.count + newer.count });
  }
  return waiting;
}
