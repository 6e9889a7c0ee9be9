/** How long the last instance of a fleet with a minimum of 0 is kept, and from which gaps between photos that follows. */
import {
  GAP_BINS,
  gapEdge,
  LEAST_GAPS,
  wakeUpOf,
  type SleepMemory,
} from '../../lambda/scaler/policy/sleep.ts';
import { count, number, span } from '../shared/format.ts';
import type { Calculation } from './arithmetic.ts';

export interface KeepTime {
  /** Seconds with an empty queue after which the last instance goes. */
  seconds: number;
  /** Whether the stage's `sleepAfterSeconds` fixes it. */
  fixed: boolean;
  /** Gaps between photos that it follows from; earlier ones count less. */
  gaps: number;
  /** Share of them that ended within it. */
  ended: number;
  /** Half of the gaps were longer, seconds; 0 without one. */
  median: number;
  /** Instance-seconds: a boot, and the waits for it at the price of waiting. */
  wakeUpCost: number;
}

/** @param sleepAfterSeconds of the stage @returns undefined where the rule computed none: a fleet with a minimum does not sleep */
export function keepTimeOf(
  { keepSeconds: seconds, bootSeconds, price }: Calculation,
  sleep: SleepMemory | undefined,
  sleepAfterSeconds: number | undefined,
): KeepTime | undefined {
  if (seconds === undefined || !sleep) return undefined;
  const weights = Array.from({ length: GAP_BINS }, (_, bin) => sleep.gaps[bin] ?? 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const within = (edge: number) =>
    weights.reduce((sum, weight, bin) => sum + (gapEdge(bin) <= edge * 1.001 ? weight : 0), 0);
  const start = (bin: number) => (bin > 0 ? gapEdge(bin - 1) : 0);
  const middle = weights.findIndex((_, bin) => within(gapEdge(bin)) >= total / 2);
  return {
    ...{ seconds, fixed: sleepAfterSeconds !== undefined, gaps: total },
    ended: total > 0 ? within(seconds) / total : 0,
    median: total > 0 ? start(middle) : 0,
    wakeUpCost: wakeUpOf(sleep, bootSeconds, price).cost,
  };
}

/** @param emptySeconds for which the queue has been empty; undefined where it is not, or the fleet is at zero */
export function keepSentences(keep: KeepTime | undefined, emptySeconds: number | undefined): string[] {
  if (!keep) return [];
  const { seconds, gaps, ended, median, wakeUpCost } = keep;
  const since = emptySeconds === undefined ? '' : ` It has been empty for ${span(emptySeconds)}.`;
  const goes = `With an empty queue the last instance ${seconds < 1 ? 'goes at once' : `is kept for ${span(seconds)}`}`;
  const known = count(Math.round(gaps), 'gap');
  const price = `a wake-up costs ${number(wakeUpCost)} instance-seconds (a boot, and the waits for it)`;
  if (keep.fixed) return [`${goes}, as the stage's sleepAfterSeconds says.${since}`];
  if (gaps < LEAST_GAPS - 0.5)
    return [
      `${goes}, since ${price}: as long as fewer than ${LEAST_GAPS} gaps between photos are known (${known}), whatever comes then costs at most twice the least possible.${since}`,
    ];
  const longer = `half of ${known} between photos ${Math.round(gaps) === 1 ? 'was' : 'were'} longer than ${span(median)}`;
  return [
    seconds < 1
      ? `${goes}: ${longer}, and ${price}, less than keeping it through such gaps.${since}`
      : `${goes}: ${Math.round(100 * ended)} % of ${known} between photos ended within that time, and ${price}.${since}`,
  ];
}
