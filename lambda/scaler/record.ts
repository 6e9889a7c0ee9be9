/** What a tick leaves behind: its record in the memory, and its metrics. */
import type { Ledger, LedgerFigures } from './ledger.ts';
import type { Controls } from './policy/controls.ts';
import { reportedBy } from './policy/bulk/bulk.ts';
import type { Decision } from './policy/decision.ts';
import type { PoolSizes } from './policy/pools/order.ts';
import type { PoolName } from './policy/pools/pool-name.ts';
import type { PoolsCounts } from './policy/pools/pools.ts';
import type { WarmPoolMemory } from './policy/pools/warm-pool.ts';
import type { Belief } from './policy/reports.ts';
import type { FailedLaunch, FleetLaunch, FleetState, QueueCounts, TickMetrics, TickRecord } from './ports.ts';

/** How many past ticks the memory holds. */
export const RECENT = 60;
/** How many reports that were not believed the latest tick names. */
export const MOST_NAMED = 5;

export interface Launches {
  all: FleetLaunch[];
  /** How many were refused since the last tick. */
  refused: number;
  /** Those that were refused, or did not boot, since the last tick. */
  failed: FailedLaunch[];
}

/** What a tick has read and done; undefined where that failed. */
export interface TickFacts {
  /** Epoch seconds. */
  at: number;
  counts: QueueCounts | undefined;
  /** What the instances report, as far as it is believed. */
  work: Belief | undefined;
  fleet: FleetState | undefined;
  launches: Launches | undefined;
  account: { ledger: Ledger; figures: LedgerFigures } | undefined;
  decision: Decision | undefined;
  /** Desired capacity after the tick. */
  desired: number | undefined;
  /** The same of each pool. @default as read */
  pools?: PoolSizes | undefined;
  /** Launches into the warm pool that failed. @default none */
  warmPool?: WarmPoolMemory | undefined;
}

/** Counts of the pools, with the desired capacities as they are now. */
function poolsAfter({ fleet, pools }: TickFacts): PoolsCounts | undefined {
  if (!fleet?.pools || !pools) return fleet?.pools;
  const { spot, onDemand, stopped } = fleet.pools;
  return {
    spot: { ...spot, desired: pools.spot },
    onDemand: { ...onDemand, desired: pools.onDemand },
    stopped,
  };
}

function poolsRecordOf(facts: TickFacts): Pick<TickRecord, 'pools'> {
  const before = facts.fleet?.pools;
  const after = poolsAfter(facts);
  if (!before || !after) return {};
  const of = (pool: 'spot' | 'onDemand') => {
    const { desired, inService, pending, draining } = after[pool];
    return { before: before[pool].desired, desired, inService, pending, draining };
  };
  return { pools: { spot: of('spot'), onDemand: of('onDemand'), stopped: after.stopped } };
}

const reasonOf = ({ decision }: TickFacts) => decision?.reason ?? 'metrics-unavailable';

const bootFailuresOf = ({ decision, warmPool }: TickFacts) => {
  const bootFailures = decision?.memory.bootFailure?.failures;
  const warmPoolBootFailures = warmPool?.boots.failures;
  return { ...(bootFailures && { bootFailures }), ...(warmPoolBootFailures && { warmPoolBootFailures }) };
};

/** When the oldest bulk photo is due, epoch seconds. */
function dueOf(decision: Decision | undefined): { dueAt?: number } {
  const [oldest] = decision?.memory.bulk?.waiting ?? [];
  const { deadlineSeconds } = decision?.calculation?.bulk ?? {};
  return oldest && deadlineSeconds !== undefined ? { dueAt: oldest.at + deadlineSeconds } : {};
}

/** Per cent; undefined without a bulk photo. */
function deadlineUsed({ at, counts, decision }: TickFacts): number | undefined {
  if (!counts?.bulk || !decision?.memory.bulk) return undefined;
  const { deadlineSeconds } = decision.calculation?.bulk ?? {};
  const [oldest] = decision.memory.bulk.waiting;
  return oldest && deadlineSeconds ? (100 * Math.max(0, at - oldest.at)) / deadlineSeconds : undefined;
}

export const recordOf = (facts: TickFacts): TickRecord => {
  const { at, counts, work, fleet, decision, desired } = facts;
  const { disbelieved = [] } = work ?? {};
  // Arrivals are computed from it, and the backlog beside it is that of the interactive lane.
  const reported = reportedBy('interactive', work?.reported);
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
    ...bootFailuresOf(facts),
    ...(reported ? { completed: Math.round(reported.completed) } : {}),
    ...(disbelieved.length > 0
      ? { implausible: disbelieved.length, disbelieved: disbelieved.slice(0, MOST_NAMED) }
      : {}),
    ...(counts?.sidelined ? { sidelined: counts.sidelined } : {}),
    ...(counts?.bulk ? { bulk: { ...counts.bulk, ...dueOf(decision) } } : {}),
    ...(decision?.calculation ? { calculation: decision.calculation } : {}),
    ...poolsRecordOf(facts),
  };
};

/** The latest records with one more. Only the latest keeps its details, so that the item stays small. */
export function recentWith(recent: TickRecord[], record: TickRecord): TickRecord[] {
  const before = recent.slice(1 - RECENT);
  const last = before.pop();
  if (!last) return [record];
  const { calculation: _, disbelieved: __, pools: ___, bulk: ____, sidelined: _____, ...plain } = last;
  return [...before, plain, record];
}

/** Of a fleet with two pools: what Auto Scaling reports nothing of. */
function unlaunchedOf({ decision }: TickFacts): FailedLaunch[] {
  const counts = Object.entries(decision?.pools?.unlaunched ?? {}) as [PoolName, number][];
  const message = 'missing for a minute, and Auto Scaling reports no refusal';
  return counts.flatMap(([pool, count]) =>
    Array.from({ length: count }, () => ({ code: 'NotLaunched', message, pool })),
  );
}

/** @param controls that were active @param failed whether anything has failed so far */
export const metricsOf = (facts: TickFacts, controls: Controls, failed: boolean): TickMetrics => {
  const { at, counts, work, fleet, launches, account, decision, desired } = facts;
  const bulkDeadlineUsed = deadlineUsed(facts);
  const failedLaunches = [...(launches?.failed ?? []), ...unlaunchedOf(facts)];
  return {
    at,
    reason: reasonOf(facts),
    counts,
    fleet: fleet && {
      ...fleet,
      reporters: undefined,
      desired: desired ?? fleet.desired,
      pools: poolsAfter(facts),
    },
    needed: decision?.needed,
    calculation: decision?.calculation,
    ...(bulkDeadlineUsed === undefined ? {} : { bulkDeadlineUsed }),
    figures: account?.figures,
    unfulfilled: decision?.unfulfilled,
    ...(work?.disbelieved.length ? { implausible: work.disbelieved.length } : {}),
    ...(failedLaunches.length > 0 ? { failedLaunches } : {}),
    ...bootFailuresOf(facts),
    ...(Object.keys(controls).length > 0 ? { controls } : {}),
    ...(controls.dryRun && decision ? { dryRunDesired: decision.desired } : {}),
    ...(failed ? { failed } : {}),
  };
};
