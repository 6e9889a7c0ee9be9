/** What a tick leaves behind: its record in the memory, and its metrics. */
import type { Ledger, LedgerFigures } from './ledger.ts';
import type { Controls } from './policy/controls.ts';
import type { Decision } from './policy/decision.ts';
import type { WorkReport } from './policy/observation.ts';
import type { FailedLaunch, FleetState, QueueCounts, TickMetrics, TickRecord } from './ports.ts';

/** How many past ticks the memory holds. */
export const RECENT = 60;

/** What a tick has read and done; undefined where that failed. */
export interface TickFacts {
  /** Epoch seconds. */
  at: number;
  counts: QueueCounts | undefined;
  reported: WorkReport | undefined;
  fleet: FleetState | undefined;
  /** Since the last tick. */
  failedLaunches: FailedLaunch[] | undefined;
  account: { ledger: Ledger; figures: LedgerFigures } | undefined;
  decision: Decision | undefined;
  /** Desired capacity after the tick. */
  desired: number | undefined;
}

const reasonOf = ({ decision }: TickFacts) => decision?.reason ?? 'metrics-unavailable';

export const recordOf = (facts: TickFacts): TickRecord => {
  const { at, counts, reported, fleet, decision, desired } = facts;
  return {
    at,
    reason: reasonOf(facts),
    needed: decision?.needed ?? null,
    visible: counts?.visible ?? null,
    inFlight: counts?.inFlight ?? null,
    desired: desired ?? null,
    inService: fleet?.inService ?? null,
    pending: fleet?.pending ?? null,
    draining: fleet?.draining ?? null,
    min: fleet?.min ?? null,
    max: fleet?.max ?? null,
    ...(decision?.unfulfilled ? { unfulfilled: decision.unfulfilled } : {}),
    ...(reported ? { completed: reported.completed } : {}),
    ...(decision?.calculation ? { calculation: decision.calculation } : {}),
  };
};

/** The latest records with one more. Only the latest keeps its calculation, so that the item stays small. */
export function recentWith(recent: TickRecord[], record: TickRecord): TickRecord[] {
  const before = recent.slice(1 - RECENT);
  const last = before.pop();
  if (!last) return [record];
  const { calculation: _, ...plain } = last;
  return [...before, plain, record];
}

/** @param controls that were active @param failed whether anything has failed so far */
export const metricsOf = (facts: TickFacts, controls: Controls, failed: boolean): TickMetrics => {
  const { at, counts, fleet, failedLaunches, account, decision, desired } = facts;
  return {
    at,
    reason: reasonOf(facts),
    counts,
    fleet: fleet && { ...fleet, desired: desired ?? fleet.desired },
    needed: decision?.needed,
    calculation: decision?.calculation,
    figures: account?.figures,
    unfulfilled: decision?.unfulfilled,
    ...(failedLaunches?.length ? { failedLaunches } : {}),
    ...(Object.keys(controls).length > 0 ? { controls } : {}),
    ...(controls.dryRun && decision ? { dryRunDesired: decision.desired } : {}),
    ...(failed ? { failed } : {}),
  };
};
