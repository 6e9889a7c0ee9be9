/** Bulk's part of what the instances report: it is absent until one has done bulk photos. */
import type { Increment } from '../plausible.ts';

/** Bulk's part of the sums; none before an instance reports any. */
export function bulkPart(before: Partial<Increment> | undefined, sum: Increment | undefined, each: number) {
  if (before?.bulkCompleted === undefined && sum?.bulkCompleted === undefined) return {};
  return {
    bulkCompleted: (before?.bulkCompleted ?? 0) + each * (sum?.bulkCompleted ?? 0),
    bulkBusySeconds: (before?.bulkBusySeconds ?? 0) + each * (sum?.bulkBusySeconds ?? 0),
  };
}

/** Adds the part of what is believed that is of bulk photos: as large as it is of what was reported. */
export function withBulkPart(believed: Increment, raw: Increment): void {
  if (raw.bulkCompleted === undefined) return;
  const shareOf = (part: number, whole: number) => (whole > 0 ? Math.min(1, part / whole) : 0);
  believed.bulkCompleted = believed.completed * shareOf(raw.bulkCompleted, raw.completed);
  believed.bulkBusySeconds = believed.busySeconds * shareOf(raw.bulkBusySeconds ?? 0, raw.busySeconds);
}

export function total(all: Increment[]): Increment {
  const of = (name: keyof Increment) => all.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  const sum = { completed: of('completed'), busySeconds: of('busySeconds') };
  if (all.every(({ bulkCompleted }) => bulkCompleted === undefined)) return sum;
  return { ...sum, bulkCompleted: of('bulkCompleted'), bulkBusySeconds: of('bulkBusySeconds') };
}

/** A sum, and for so many more the mean of some others. @param others sum of `count` */
export function withOthers(sum: Increment, unknown: number, others: Increment, count: number): Increment {
  const of = (name: keyof Increment) => (sum[name] ?? 0) + (unknown * (others[name] ?? 0)) / count;
  const both = { completed: of('completed'), busySeconds: of('busySeconds') };
  if (sum.bulkCompleted === undefined) return both;
  return { ...both, bulkCompleted: of('bulkCompleted'), bulkBusySeconds: of('bulkBusySeconds') };
}
