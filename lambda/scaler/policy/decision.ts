/** What the rule decides, the numbers behind it, and what it remembers from tick to tick. */
import type { SloSettings, ThresholdSettings } from '../../../contract/policy.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { BootFailureMemory } from './boot-failure.ts';
import type { BulkMemory } from './bulk/bulk.ts';
import type { CapacityMemory } from './capacity.ts';
import type { FlowMemory } from './flow.ts';
import type { PoolChange, PoolSizes } from './pools/order.ts';
import type { PoolName } from './pools/pool-name.ts';
import type { PoolsMemory } from './pools/pools.ts';
import type { WarmPoolMemory } from './pools/warm-pool.ts';
import type { PriceMemory } from './price.ts';
import type { RateMemory } from './rate.ts';
import type { SeasonMemory } from './season.ts';
import type { ShortageMemory } from './shortage.ts';
import type { SleepMemory } from './sleep.ts';
import type { TailMemory } from './tail.ts';

export interface SloRuleSettings extends SloSettings {
  /**
   * Photos/s to be ready for at least; the simulator sets it from a forecast made outside the rule.
   *
   * @default none
   */
  readyForRate?: number;
}

export interface BulkSettings {
  /**
   * Seconds from a bulk photo's arrival to its outcome, at most.
   *
   * @default 3600
   */
  bulkDeadlineSeconds?: number | undefined;
}

export type RuleSettings = (SloRuleSettings | ThresholdSettings) & BulkSettings;

/** Instances without work at one tick. */
export interface IdleCount {
  /** Epoch seconds. */
  at: number;
  count: number;
}

export interface SloMemory {
  flow?: FlowMemory;
  rate: RateMemory;
  capacity: CapacityMemory;
  price: PriceMemory;
  /** Where a percentile of the waits is asked for. */
  tail?: TailMemory;
  /** Of the `forecast` policy. */
  season?: SeasonMemory;
  /** Gaps between work. @default none seen */
  sleep?: SleepMemory;
  /** Recent ticks, oldest first. */
  idle: IdleCount[];
  /** Since when each tick saw an empty queue, epoch seconds. */
  emptySince?: number;
  /** Whether workers had finished all that left the queue when it became empty. @default false */
  isEmptyConfirmed?: boolean;
  /** Since when the counts contradict each other, epoch seconds. */
  inconsistentSince?: number;
}

export interface CadenceMemory {
  /** Of the last tick, epoch seconds. */
  at: number;
  /** Ticks saved so far by slow ones, which fast ones may use. */
  saved: number;
}

export interface PolicyMemory {
  /** Last scale-out, epoch seconds. */
  lastOutAt?: number;
  /** Last scale-in, epoch seconds. */
  lastInAt?: number;
  /** How many ticks may be fast. @default as at the first tick */
  cadence?: CadenceMemory;
  /** Of the `slo` and `forecast` policies. */
  slo?: SloMemory;
  /** Of a stage with a bulk lane. */
  bulk?: BulkMemory;
  /** Present while instances are unfulfilled. */
  shortage?: ShortageMemory;
  /** Present from a launch that failed to one that came into service. */
  bootFailure?: BootFailureMemory;
  /** Of a fleet with two pools. */
  pools?: PoolsMemory;
  /** Of stopped instances; the rule does not use it. */
  warmPool?: WarmPoolMemory;
}

/** The numbers behind what bulk photos need. */
export interface BulkCalculation {
  /** Busy seconds of an instance for one photo. */
  serviceSeconds: number;
  /** For all of them. */
  workSeconds: number;
  /** Instances that their deadlines need now, with those for interactive photos; 0 while what is there is enough, or there is time to buy later. */
  needed: number;
  /** Of the deadline, seconds. */
  deadlineSeconds: number;
}

/** The numbers behind a decision of `slo` or `forecast`. */
export interface Calculation {
  /** Photos/s that arrive now. */
  rate: number;
  /** Busy seconds of an instance for one photo. */
  serviceSeconds: number;
  /** Seconds from requesting an instance to its service. */
  bootSeconds: number;
  /** Photos that will be waiting when capacity requested now is in service. */
  queuedThen: number;
  /** Instance-seconds that a second of waiting is worth. */
  price: number;
  /** Mean wait over about two hours, seconds; null while too few photos arrived. */
  meanWait: number | null;
  /** Wait that 95 % of the photos of about a day did not exceed, seconds; null while too few started. @default not asked for */
  p95Wait?: number | null;
  /** Instances that should be in service by now and are not. */
  late: number;
  /** Instances that the rate alone keeps busy. */
  load: number;
  /** Photos that count as one in the margin, since they arrive together. @default 1 */
  batch?: number;
  /** Instances by which the fleet may be smaller than the load at most. @default 1 */
  mostBelow?: number;
  /** Seconds for which the last instance is kept with an empty queue; of a fleet without a minimum. */
  keepSeconds?: number;
  /** While bulk photos wait or are worked on. */
  bulk?: BulkCalculation;
}

/** Desired capacity of each pool, and the calls that set it. */
export interface PoolSteps extends PoolSizes {
  /** Stopped instances to keep. */
  stopped: number;
  /** Before the calls. */
  from: PoolSizes;
  /** In their order. */
  changes: PoolChange[];
  /** Missing instances that count as refused from now on, though no refusal is reported. */
  unlaunched: Record<PoolName, number>;
}

export interface Decision {
  /** Desired capacity from now on. */
  desired: number;
  reason: Reason;
  /** To be stored once the decision has been carried out. */
  memory: PolicyMemory;
  /** Seconds to the next tick. @default as the stage says */
  nextSeconds?: number;
  /** Instances that the work needs, before limits; absent where the policy does not compute it. */
  needed?: number;
  /** Instances requested and not given; 0 without a shortage. */
  unfulfilled?: number;
  /** Instances under way to end, each of which lowers the desired capacity by one. @default none */
  ends?: string[];
  /** Instances under way for Auto Scaling to replace. @default none */
  replaces?: string[];
  /** Absent where the policy computes no rates. */
  calculation?: Calculation;
  /** Of a fleet with two pools. */
  pools?: PoolSteps;
}
