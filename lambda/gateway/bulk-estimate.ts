/** Estimates when a photo of the bulk lane is done: by its deadline, and earlier where the fleet has time for the lane. Times are epoch seconds. */
import { INTERACTIVE_PER_BULK } from '../../contract/lanes.ts';
import { recentView, type View } from '../../contract/view.ts';
import type { Estimate } from './estimate.ts';

type BulkView = NonNullable<View['bulk']>;

/** Share of the fleet that works on the lane at least. */
const LEAST_SHARE = 1 / (1 + INTERACTIVE_PER_BULK);

/**
 * Photos ahead of one that was stored at a time: those that came before it, and half of those that came between the same two ticks.
 *
 * @returns undefined where it is unknown
 */
function aheadOf(at: number, { visible, inFlight, waiting }: BulkView, storedAt: number): number | undefined {
  const backlog = visible + inFlight;
  if (storedAt >= at) return backlog;
  if (!waiting) return undefined;
  const before = waiting.filter((one) => one.at <= storedAt);
  const sum = before.reduce((total, { count }) => total + count, 0);
  return Math.max(0, Math.min(backlog, sum - (before.at(-1)?.count ?? 0) / 2));
}

/** Photos/s of the lane that the instances in service finish beside interactive ones; undefined where that is unknown. */
function finishedPerSecond(view: View): number | undefined {
  const { visible, inService, arrivalsPerSecond, serviceSeconds } = view;
  const service = view.bulk?.serviceSeconds;
  if (service === undefined || inService === 0) return undefined;
  const load = ((arrivalsPerSecond ?? 0) * (serviceSeconds ?? 0)) / inService;
  const share = visible > 0 ? LEAST_SHARE : Math.max(LEAST_SHARE, 1 - load);
  return (inService * share) / service;
}

/**
 * @param photo without an outcome
 * @param deadlineSeconds of the lane, from the upload; 0: the stage promises none
 * @returns `secondsAtMost` until the deadline, which is the lane's promise; null without one
 */
export function estimateBulk(
  published: View | undefined,
  { storedAt }: { storedAt: number },
  deadlineSeconds: number,
  now: number,
): Estimate {
  const secondsAtMost = deadlineSeconds === 0 ? null : Math.max(0, storedAt + deadlineSeconds - now);
  const unknown = { ahead: null, seconds: null, secondsAtMost };
  const view = recentView(published, now);
  if (!view?.bulk) return unknown;
  const atView = aheadOf(view.at, view.bulk, storedAt);
  if (atView === undefined) return unknown;
  const rate = finishedPerSecond(view);
  const ahead = Math.max(0, atView - (rate ?? 0) * Math.max(0, now - view.at));
  const seconds = rate === undefined ? null : Math.min(secondsAtMost ?? Infinity, (ahead + 1) / rate);
  return { ahead: Math.round(ahead), seconds, secondsAtMost };
}
