/** Groups past ticks into runs of the same decision. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import type { Reason } from '../../contract/reasons.ts';

export interface DecisionRun {
  reason: Reason;
  /** First and last tick of the run, epoch seconds. */
  from: number;
  until: number;
  ticks: number;
  /** Desired capacity before and after; null when it was unknown. */
  before: number | null;
  desired: number | null;
  /** Instances that the work needed at its last tick; null without a calculation. */
  needed: number | null;
}

/** @returns latest first. @param recent oldest first */
export function decisionsOf(recent: TickRecord[], most: number): DecisionRun[] {
  const runs: DecisionRun[] = [];
  let before: number | null = null;
  for (const { at, reason, desired, needed } of recent) {
    const last = runs.at(-1);
    if (last && last.reason === reason && last.desired === desired && desired === before) {
      Object.assign(last, { until: at, ticks: last.ticks + 1, needed });
    } else {
      runs.push({ reason, from: at, until: at, ticks: 1, before, desired, needed });
    }
    before = desired;
  }
  return runs.slice(-most).reverse();
}

/** Whether it changed the desired capacity; for the first tick in memory only its reason shows that. */
export const isChange = ({ reason, before, desired }: DecisionRun): boolean =>
  desired !== null && (before === null ? /^scale-/.test(reason) : before !== desired);

/** The latest one that changed the desired capacity. */
export const lastChange = (recent: TickRecord[]): DecisionRun | undefined =>
  decisionsOf(recent, Infinity).find(isChange);
