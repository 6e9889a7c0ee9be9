/** What a tick reads and writes, as ports: on AWS (`aws/`), in the simulator and in tests. */
import type { Reason } from '../../contract/reasons.ts';
import type { View } from '../../contract/view.ts';
import type { Ledger, LedgerFigures } from './ledger.ts';
import type { Controls } from './policy/controls.ts';
import type { Calculation, PolicyMemory } from './policy/decision.ts';
import type { BulkCounts, FleetCounts, InstanceLaunch, Observation } from './policy/observation.ts';
import type { PoolName } from './policy/pools/pool-name.ts';
import type { PoolsCounts } from './policy/pools/pools.ts';
import type { WarmPoolCounts, WarmPoolSizes } from './policy/pools/warm-pool.ts';
import type { Disbelief, InstanceReport } from './policy/plausible.ts';
import type { Reporter } from './policy/reporters.ts';
import type { ReportsMemory } from './policy/reports.ts';

export interface QueueCounts extends Pick<Observation, 'visible' | 'inFlight' | 'bulk'> {
  /** Of those visible, the sidelined ones. @default the interactive lane has one queue */
  sidelined?: number;
}
export type { FleetCounts };

export interface FleetState extends FleetCounts {
  /** Instances of each type, where the group reports them. */
  types?: Record<string, number>;
  /** The same of each pool. @default the fleet has one group */
  typesByPool?: Record<PoolName, Record<string, number>> | undefined;
  /** Instances in service and draining. @default unknown: no report of an instance is read */
  reporters?: Reporter[] | undefined;
  /** Of which the counts are the sums. @default the fleet has one group */
  pools?: PoolsCounts | undefined;
  /** @default the fleet keeps no stopped instances, or they could not be read */
  warmPool?: WarmPoolCounts | undefined;
  /** Why a part of it is unknown. @default all of it was read */
  unread?: Error | undefined;
}

export interface FailedLaunch {
  /** AWS's error code, such as InsufficientInstanceCapacity; 'Other' where its message is not known. */
  code: string;
  /** Where AWS names it. */
  instanceType?: string;
  availabilityZone?: string;
  /** AWS's own words. */
  message: string;
  /** @default the fleet has one group */
  pool?: PoolName;
}

export interface FleetLaunch extends InstanceLaunch {
  /** Of one that was refused or did not boot. */
  failure?: FailedLaunch;
}

export interface Counts {
  /** Of the interactive lane. */
  read(): Promise<QueueCounts>;
  /** @default there is no bulk lane */
  readBulk?: (() => Promise<BulkCounts>) | undefined;
  /**
   * Looks at messages that wait, and deletes those without a photo: folders and S3's test events. A look counts as a receive.
   *
   * @returns whether it found another message
   * @default messages are not jobs of photos: each counts
   */
  hasPhoto?: (() => Promise<boolean>) | undefined;
  /** The same of the bulk queue. @default there is no bulk lane, or each message counts */
  hasBulkPhoto?: (() => Promise<boolean>) | undefined;
}

export interface Work {
  /**
   * Counters as the instances wrote them, of those that have any. What an instance writes is not checked here, and does not
   * make the others' unreadable.
   *
   * @returns undefined where instances do not report
   */
  read(instances: string[]): Promise<InstanceReport[] | undefined>;
  /**
   * Why instances cannot get ready, in a few of their own words; those that wrote nothing are left out.
   *
   * @default instances write no reasons
   */
  failures?(instances: string[]): Promise<{ instance: string; why: string }[]>;
}

/** Stopped instances, which Auto Scaling launches by itself. */
export interface WarmPool {
  /** Launches into it that started since a time, as of the fleet. */
  launches(since: number): Promise<FleetLaunch[]>;
  /** @throws where the group has no pool any more */
  setSizes(sizes: WarmPoolSizes): Promise<void>;
}

export interface Fleet {
  read(): Promise<FleetState>;
  /** Launches that started since a time, epoch seconds; the newest, as far as some pages of the API go. */
  launches(since: number): Promise<FleetLaunch[]>;
  setDesired(desired: number): Promise<void>;
  /** Sets the desired capacity of one pool. @default the fleet has one group */
  setPool?(pool: PoolName, desired: number): Promise<void>;
  /** Sets how many stopped instances the fleet keeps. @default their number is fixed */
  keepStopped?(count: number): Promise<void>;
  /** @default the fleet keeps no stopped instances, or nothing ends them */
  readonly warmPool?: WarmPool | undefined;
  /** Ends an instance. @param isReplaced whether Auto Scaling launches another one; else the desired capacity is one less */
  end(instance: string, isReplaced: boolean): Promise<void>;
}

/** Instances of a pool as a tick read them, with the desired capacity before and after it. */
export interface PoolRecord extends Pick<FleetCounts, 'desired' | 'inService' | 'pending' | 'draining'> {
  before: number;
}

/** One past tick, for the live page and `explain`: null where a number could not be read. */
export type TickRecord = {
  /** Epoch seconds. */
  at: number;
  reason: Reason;
  /** Instances that the work needed; null where the policy does not compute it. */
  needed: number | null;
  /** Instances requested and not given, in a shortage. */
  unfulfilled?: number;
  /** Launches in a row that never came into service. @default none */
  bootFailures?: number;
  /** The same of launches into the warm pool. @default none */
  warmPoolBootFailures?: number;
  /** Interactive photos finished since the scaler first read the instances' reports; absent where that is unknown. */
  completed?: number;
  /** Reports of instances that were not believed. @default none */
  implausible?: number;
  /** The first of them; of the latest tick only. */
  disbelieved?: Disbelief[];
  /** Of those visible, the sidelined ones; of the latest tick only. @default none, or unknown */
  sidelined?: number;
  /** Of the bulk lane, with when its oldest photo is due, epoch seconds; of the latest tick only. @default none, or unknown */
  bulk?: BulkCounts & { dueAt?: number };
  /** The numbers behind the decision; of the latest tick only. */
  calculation?: Calculation;
  /** What each pool has, and what the tick has set; of the latest tick only. @default the fleet has one group */
  pools?: { spot: PoolRecord; onDemand: PoolRecord; stopped: number | null };
} & { [Name in keyof (Omit<QueueCounts, 'bulk'> & FleetCounts)]: number | null };

export interface MemoryState {
  policy: PolicyMemory;
  /** Latest ticks, oldest first. */
  recent: TickRecord[];
  /** What the fleet has cost and done. @default nothing yet */
  ledger?: Ledger;
  /** USD at least that a ledger which cannot be read had counted. @default the ledger is known, or there was none */
  lostSpending?: number;
  /** What the instances have reported. @default nothing yet */
  reports?: ReportsMemory;
  /** The operator's overrides; the scaler never writes them. */
  controls: Controls;
}

export interface Memory {
  /**
   * Takes or renews the lease and reads the memory.
   *
   * @returns undefined when another run holds the lease
   * @throws when the controls are not valid: a wrong guess of what the operator wanted could cost the fleet
   */
  open(owner: string, at: number, leaseSeconds: number): Promise<MemoryState | undefined>;
  /**
   * @param view for other readers, in the same write; without one the last one stays
   * @throws when the lease was lost
   */
  save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View): Promise<void>;
  /** Gives the lease back, so that the next run need not wait until it expires. Does nothing when another run holds it. */
  release(owner: string): Promise<void>;
}

/** What can be read without the lease. */
export interface Glance {
  /** What the last tick published; undefined before the first one, and where another version published it. */
  view: View | undefined;
  /** When the lease that a run holds ends, epoch seconds. @default no run holds it */
  leaseUntil?: number | undefined;
}

export interface Views {
  glance(): Promise<Glance>;
}

export interface TickMetrics {
  /** Epoch seconds. */
  at: number;
  reason: Reason;
  counts: QueueCounts | undefined;
  /** As read, with the desired capacity as it is now. */
  fleet: FleetState | undefined;
  /** Instances that the work needs; undefined without a decision and where the policy does not compute it. */
  needed: number | undefined;
  calculation: Calculation | undefined;
  /** Share of its deadline that the oldest bulk photo has used, per cent. @default there is none, or it is unknown */
  bulkDeadlineUsed?: number;
  /** Undefined where the fleet or the memory could not be read. */
  figures?: LedgerFigures | undefined;
  /** Instances requested and not given; undefined without a decision. */
  unfulfilled?: number;
  /** Reports of instances that were not believed. @default 0 */
  implausible?: number;
  /** Since the last tick. */
  failedLaunches?: FailedLaunch[];
  /** Launches in a row that never came into service. @default 0 */
  bootFailures?: number;
  /** The same of launches into the warm pool. @default 0 */
  warmPoolBootFailures?: number;
  /** Those that were active. */
  controls?: Controls;
  /** What a dry run would have set. */
  dryRunDesired?: number;
  /** Whether anything failed before the metrics were published. */
  failed?: boolean;
}

export interface Metrics {
  publish(metrics: TickMetrics): Promise<void>;
}

export interface TickPorts {
  counts: Counts;
  work: Work;
  fleet: Fleet;
  memory: Memory;
  metrics: Metrics;
}
