/**
 * The mix of workflows, of a stage that has several: seconds of a photo by workflow, and the share of each among the photos that
 * workers start. SQS carries S3's events alone, so that the queue does not show it: what is started now stands for what waits.
 *
 * A share is taken from many photos, so that a rare workflow does not make the fleet's size scatter; when the latest few differ from
 * them by more than chance, these take their place.
 */
import { NO_WORKFLOW_WORK, type WorkflowWork } from '../../../contract/workflow-counters.ts';

export interface WorkflowMemory {
  /** Photos that started, of many and of the latest. */
  started: number;
  recent: number;
  /** Recent photos and their busy seconds. */
  completed: number;
  busySeconds: number;
}

/** By the workflow's name. */
export type MixMemory = Record<string, WorkflowMemory>;

/** Photos after which the weight of earlier ones has fallen to 1/e. */
const STARTED_PHOTOS = 300;
const RECENT_PHOTOS = 20;
const SERVICE_PHOTOS = 300;
/** Photos that the mean of all workflows stands for, until a workflow has its own. */
const GUESS_PHOTOS = 5;
/** Weight of what is known of the mix when it has changed. */
const CHANGED_PHOTOS = 5;
/** Standard deviations from which on the latest photos are another mix. */
const SIGNIFICANT = 3;

const NOTHING: WorkflowMemory = { started: 0, recent: 0, completed: 0, busySeconds: 0 };

/** Busy seconds of a photo of a workflow. @param mean of all workflows, which stands for one that is not known yet */
export function workflowSeconds({ completed, busySeconds }: WorkflowMemory, mean: number): number {
  const weight = GUESS_PHOTOS * Math.max(0, 1 - completed / SERVICE_PHOTOS);
  return (busySeconds + weight * mean) / (completed + weight);
}

/** Mean and standard deviation of a photo's seconds. @param shares weight of each workflow; undefined where all are 0 */
function spread(mix: MixMemory, shares: 'started' | 'recent', mean: number) {
  const all = Object.values(mix).map((one) => ({ weight: one[shares], seconds: workflowSeconds(one, mean) }));
  const total = all.reduce((sum, { weight }) => sum + weight, 0);
  if (total <= 0) return undefined;
  const of = (value: (seconds: number) => number) =>
    all.reduce((sum, { weight, seconds }) => sum + weight * value(seconds), 0) / total;
  const middle = of((seconds) => seconds);
  return { mean: middle, deviation: Math.sqrt(of((seconds) => (seconds - middle) ** 2)), total };
}

/** @param mean of all workflows @returns busy seconds of a photo of the mix; undefined where no workflow is known */
export const mixSeconds = (mix: MixMemory | undefined, mean: number): number | undefined =>
  mix && spread(mix, 'started', mean)?.mean;

/**
 * @param work of the workflows since the last tick
 * @param mean of all workflows
 */
export function observeMix(
  before: MixMemory | undefined,
  work: Readonly<Record<string, WorkflowWork>> | undefined,
  mean: number,
): MixMemory | undefined {
  if (!work) return before;
  const startedNow = Object.values(work).reduce((sum, { started }) => sum + started, 0);
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(work)]);
  const mix = Object.fromEntries(
    [...names].map((name) => {
      const { started, recent, completed, busySeconds } = before?.[name] ?? NOTHING;
      const now = work[name] ?? NO_WORKFLOW_WORK;
      const fading = Math.exp(-now.completed / SERVICE_PHOTOS);
      const weighted = (earlier: number, window: number) =>
        earlier * Math.exp(-startedNow / window) + now.started * weightWithin(startedNow / window);
      return [
        name,
        {
          started: weighted(started, STARTED_PHOTOS),
          recent: weighted(recent, RECENT_PHOTOS),
          completed: completed * fading + now.completed,
          busySeconds: busySeconds * fading + now.busySeconds,
        },
      ];
    }),
  );
  return isOther(mix, mean) ? withRecent(mix) : mix;
}

/** Mean weight of the photos of one tick, of which the first have faded when the last starts. @param length in windows */
const weightWithin = (length: number): number => (length > 0 ? (1 - Math.exp(-length)) / length : 1);

/** Whether the latest photos are of another mix than those before them. */
function isOther(mix: MixMemory, mean: number): boolean {
  const [many, latest] = [spread(mix, 'started', mean), spread(mix, 'recent', mean)];
  if (!many || !latest) return false;
  // Weights that fall by 1/e in n photos scatter as the mean of 2 n does.
  const chance =
    Math.max(many.deviation, latest.deviation) / Math.sqrt(2 * Math.min(latest.total, RECENT_PHOTOS));
  return Math.abs(many.mean - latest.mean) > SIGNIFICANT * chance;
}

/** The latest photos, with so little weight that those which follow soon outweigh them: half of them may be of the mix before. */
function withRecent(mix: MixMemory): MixMemory {
  const total = Object.values(mix).reduce((sum, { recent }) => sum + recent, 0);
  const weight = total > 0 ? CHANGED_PHOTOS / total : 0;
  return Object.fromEntries(
    Object.entries(mix).map(([name, one]) => [name, { ...one, started: one.recent * weight }]),
  );
}
