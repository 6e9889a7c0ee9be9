/** Parts of what the instances report, by lane and workflow: each is absent until an instance reports it. */
import { addWorkflows } from '../../../../contract/workflow-counters.ts';
import type { Increment } from '../plausible.ts';
import { scaledWorkflows } from '../reported-parts.ts';

type Count = Exclude<keyof Increment, 'workflows'>;

/** Parts of the sums by lane and workflow; none before an instance reports any. */
export function partsOfSums(
  before: Partial<Increment> | undefined,
  sum: Increment | undefined,
  each: number,
) {
  const more = sum?.workflows && scaledWorkflows(sum.workflows, { photos: each, seconds: each });
  const workflows =
    before?.workflows || more ? { workflows: addWorkflows(before?.workflows ?? {}, more ?? {}) } : {};
  if (before?.bulkCompleted === undefined && sum?.bulkCompleted === undefined) return workflows;
  return {
    ...workflows,
    bulkCompleted: (before?.bulkCompleted ?? 0) + each * (sum?.bulkCompleted ?? 0),
    bulkBusySeconds: (before?.bulkBusySeconds ?? 0) + each * (sum?.bulkBusySeconds ?? 0),
  };
}

/** Adds the parts of what is believed, by lane and workflow: as large as they are of what was reported. */
export function withParts(believed: Increment, raw: Increment): void {
  const ratioOf = (part: number, whole: number) => (whole > 0 ? part / whole : 1);
  if (raw.workflows)
    believed.workflows = scaledWorkflows(raw.workflows, {
      photos: ratioOf(believed.completed, raw.completed),
      seconds: ratioOf(believed.busySeconds, raw.busySeconds),
    });
  if (raw.bulkCompleted === undefined) return;
  const shareOf = (part: number, whole: number) => (whole > 0 ? Math.min(1, part / whole) : 0);
  believed.bulkCompleted = believed.completed * shareOf(raw.bulkCompleted, raw.completed);
  believed.bulkBusySeconds = believed.busySeconds * shareOf(raw.bulkBusySeconds ?? 0, raw.busySeconds);
}

export function total(all: Increment[]): Increment {
  const of = (name: Count) => all.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  const parts = all.map(({ workflows }) => workflows).filter((one) => one !== undefined);
  const workflows = parts.length > 0 && { workflows: parts.reduce(addWorkflows, {}) };
  const sum = { completed: of('completed'), busySeconds: of('busySeconds'), ...workflows };
  if (all.every(({ bulkCompleted }) => bulkCompleted === undefined)) return sum;
  return { ...sum, bulkCompleted: of('bulkCompleted'), bulkBusySeconds: of('bulkBusySeconds') };
}

/** A sum, and for so many more the mean of some others. @param others sum of `count` */
export function withOthers(sum: Increment, unknown: number, others: Increment, count: number): Increment {
  const of = (name: Count) => (sum[name] ?? 0) + (unknown * (others[name] ?? 0)) / count;
  const share = unknown / count;
  const more = others.workflows && scaledWorkflows(others.workflows, { photos: share, seconds: share });
  const workflows = sum.workflows && { workflows: addWorkflows(sum.workflows, more ?? {}) };
  const both = { completed: of('completed'), busySeconds: of('busySeconds'), ...workflows };
  if (sum.bulkCompleted === undefined) return both;
  return { ...both, bulkCompleted: of('bulkCompleted'), bulkBusySeconds: of('bulkBusySeconds') };
}

/** The sums alone, without what is remembered beside them. */
export const sumsOf = ({ completed, busySeconds, workflows, ...bulk }: Increment): Increment => ({
  ...{ completed, busySeconds, ...(workflows && { workflows }) },
  ...(bulk.bulkCompleted === undefined
    ? {}
    : { bulkCompleted: bulk.bulkCompleted, bulkBusySeconds: bulk.bulkBusySeconds ?? 0 }),
});
