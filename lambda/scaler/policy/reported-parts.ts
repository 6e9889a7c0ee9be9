/** Parts of what an instance reports, by lane and workflow. A part that is no number is not known, and the whole holds without it. */
import {
  NO_WORKFLOW_WORK,
  type WorkflowCounter,
  type WorkflowWork,
} from '../../../contract/workflow-counters.ts';

/** A number with more digits than a worker of any age writes. */
export const MOST = 1e12;

/** Undefined for a part that is no number: what is not known to be of bulk is interactive work. */
export const partOf = (value: unknown): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= MOST ? value : undefined;

/** A part that rose, within what the whole rose. */
export const riseOf = (now: number | undefined, before: number | undefined, whole: number): number =>
  Math.min(whole, Math.max(0, (now ?? 0) - (before ?? 0)));

type Workflows = Readonly<Record<string, WorkflowWork>>;

const mapped = (of: (counter: WorkflowCounter) => number): WorkflowWork => ({
  started: of('started'),
  bulkStarted: of('bulkStarted'),
  completed: of('completed'),
  busySeconds: of('busySeconds'),
});

const mapEach = <T>(given: Readonly<Record<string, T>>, of: (one: T, name: string) => WorkflowWork) =>
  Object.fromEntries(Object.entries(given).map(([name, one]) => [name, of(one, name)]));

/** Counters as numbers: an instance that has not run a workflow has none of it. */
export const workflowCounters = (
  given: Record<string, Partial<Record<WorkflowCounter, unknown>>>,
): Record<string, WorkflowWork> =>
  mapEach(given, (counters) => mapped((counter) => partOf(counters[counter]) ?? 0));

/** Photos that an instance may have started and not finished. A photo is also counted for its workflow a moment before its message is. */
const MOST_AHEAD = 4;

/**
 * What each workflow's counters rose by: together no more photos than the instance finished and has in work, so that one instance
 * cannot stand for the mix of a fleet.
 *
 * @param whole that all workflows' counters are parts of
 */
export function workflowRises(
  now: Workflows,
  before: Workflows = {},
  whole: { completed: number; busySeconds: number },
): Record<string, WorkflowWork> {
  const rises = workflowsSince(now, before);
  const photos = whole.completed + MOST_AHEAD;
  const shareOf = (counter: WorkflowCounter, allowed: number) => {
    const sum = Object.values(rises).reduce((total, work) => total + work[counter], 0);
    return sum > allowed ? allowed / sum : 1;
  };
  const started = shareOf('started', photos);
  const completed = shareOf('completed', photos);
  const busySeconds = shareOf('busySeconds', whole.busySeconds);
  return mapEach(rises, (work) => ({
    started: started * work.started,
    // More than all that started would leave the other lane less than none.
    bulkStarted: started * Math.min(work.started, work.bulkStarted),
    completed: completed * work.completed,
    busySeconds: busySeconds * work.busySeconds,
  }));
}

/** Each workflow's part of what is believed: as large as it is of what was reported. */
export const scaledWorkflows = (
  workflows: Workflows,
  { photos, seconds }: { photos: number; seconds: number },
): Record<string, WorkflowWork> =>
  mapEach(workflows, (work) =>
    mapped((counter) => work[counter] * (counter === 'busySeconds' ? seconds : photos)),
  );

/** As many photos of the usual length as a tick's photos are work: those of a long workflow count as several. */
export function equivalents(
  workflows: Workflows | undefined,
  usual: number,
  known: Readonly<Record<string, number>> = {},
): number {
  let [photos, seconds] = [0, 0];
  for (const [name, { completed, busySeconds }] of Object.entries(workflows ?? {})) {
    if (completed === 0) continue;
    photos += completed;
    // Of one that is not known yet, what the instance reports.
    seconds += known[name] === undefined ? busySeconds : completed * known[name];
  }
  return photos > 0 && seconds > 0 ? seconds / (photos * usual) : 1;
}

/** The counters of one lane: seconds are those of both. */
export const workflowsBy = (
  lane: 'interactive' | 'bulk',
  workflows: Workflows,
): Record<string, WorkflowWork> =>
  mapEach(workflows, (work) => ({
    ...work,
    started: lane === 'bulk' ? work.bulkStarted : work.started - work.bulkStarted,
    bulkStarted: 0,
  }));

/** Rises of sums, which may fall by what rounding leaves. */
export const workflowsSince = (now: Workflows, before: Workflows = {}): Record<string, WorkflowWork> =>
  mapEach(now, (work, name) =>
    mapped((counter) => riseOf(work[counter], (before[name] ?? NO_WORKFLOW_WORK)[counter], Infinity)),
  );
