/** Types between simulator and scaling policy: observations, actions, and the record of a run. Times are seconds. */

import type { Calculation } from '../../lambda/scaler/policy/decision.ts';
import type { BulkCounts, InstanceLaunch } from '../../lambda/scaler/policy/observation.ts';
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import type { PoolsCounts } from '../../lambda/scaler/policy/pools/pools.ts';
import type { InstanceTimes } from './fleet.ts';
import type { World } from '../world.ts';

/** Queue and fleet at one instant, with the field names of the scaler's observation. */
export interface Snapshot {
  /** Messages waiting. */
  visible: number;
  /** Messages received and not yet deleted. */
  inFlight: number;
  desired: number;
  inService: number;
  /** Requested and not yet in service. */
  pending: number;
  draining: number;
  min: number;
  max: number;
}

/** Counters of what was done, since the start of the run or of an instance. */
export interface WorkCounters {
  /** Jobs completed. */
  completed: number;
  /** Busy seconds of the slots that completed them, over the number of slots. */
  busySeconds: number;
  /** Part of both that is of bulk jobs. @default 0 */
  bulkCompleted?: number;
  bulkBusySeconds?: number;
}

/** The system that a policy scales. */
export interface ControlledSystem {
  /** Of the group's launch hook. */
  readonly launchTimeoutSeconds: number;
  /** State as the APIs of SQS and Auto Scaling report it: stale and noisy in a world with those faults. */
  observe(): Snapshot;
  /** The same of the bulk lane. @default there is none */
  observeBulk?: (() => BulkCounts) | undefined;
  /** Exact state. A policy that reads metrics adds their delay itself. */
  actual(): Snapshot;
  /** Of the whole fleet. */
  workCounters(): WorkCounters;
  /** Instances in service and draining. */
  reporters(): number[];
  /** What an instance reports; zero before it was in service. */
  reportOf(instance: number): WorkCounters;
  /** Launches since a time, seconds, as the group's activities show them. */
  launches(since: number): InstanceLaunch[];
  /** Request time of each pending instance, oldest first. */
  pendingSince(): number[];
  /** Idle in-service instances, oldest request first, and the time since when each is idle. */
  idleSince(): { id: number; since: number }[];
  /** @param desired instances, a whole number that the caller keeps within min and max */
  setDesired(desired: number): void;
  /** The two pools. @returns undefined where the fleet has one group */
  pools?(): PoolsCounts | undefined;
  setPool?(pool: PoolName, desired: number): void;
  keepStopped?(count: number): void;
  /** Drains an instance and lowers the desired capacity by one, so that it is not replaced. */
  leave(id: number): void;
  /** Stops a booting instance. @param isReplaced whether the group launches another one; else desired is one less */
  end(id: number, isReplaced: boolean): void;
  /** Records the reason of the decision, for the report. */
  explain(reason: string, needed?: number, details?: DecisionDetails): void;
}

/** What the deployed policy publishes in addition to its reason. */
export interface DecisionDetails {
  /** Absent in a policy without estimates. */
  calculation?: Calculation;
  /** Instances requested and not given. */
  unfulfilled: number;
  /** Launches in a row that never came into service. */
  bootFailures: number;
}

export interface Controller {
  /** Seconds between two calls; the first call is after one interval. */
  intervalSeconds: number;
  /** Whether an EventBridge schedule calls it, which the real world delays, skips and repeats. */
  scheduled?: boolean;
  /**
   * Seconds from the call just made to the next one, which is never later than the schedule's next minute.
   *
   * @default intervalSeconds
   */
  nextSeconds?(): number;
  /**
   * Looks at the queue every `POLL_SECONDS` between two calls. @returns whether the next call is to come now
   *
   * @default no call comes before its time
   */
  poll?(at: number): Promise<boolean>;
  /** Whether an arrival at a fleet of size zero calls it. @default false */
  wakes?: boolean;
  /** @param woken by an arrival */
  tick(system: ControlledSystem, at: number, woken?: boolean): void | Promise<void>;
}

/** One call of the controller, for the report. */
export interface DecisionRow extends Snapshot {
  at: number;
  /** Desired capacity after the call; `desired` is the one before. */
  after: number;
  reason: string;
  needed: number | undefined;
  /** Absent unless the scaler itself decided. */
  details?: DecisionDetails;
}

/** Jobs of the bulk lane. */
export type BulkRun = Pick<Run, 'arrivals' | 'starts' | 'ends' | 'completed'>;

export interface Run {
  arrivals: Float64Array;
  /** Start of the attempt that completed the job; NaN for a job that was not completed. */
  starts: Float64Array;
  /** End of that attempt; NaN likewise. */
  ends: Float64Array;
  completed: number;
  /** Of the bulk lane; the others are of the interactive one. @default there is none */
  bulk?: BulkRun;
  instances: InstanceTimes[];
  /** Instance-seconds spent on preparing the warm pool. */
  preparing: number;
  /** Instance-seconds for which stopped instances were to be kept. */
  stoppedSeconds: number;
  /** Most instances at one time, in any state but stopped. */
  peak: number;
  actions: { out: number; in: number; launches: number };
  /** Times of refused launches. */
  refused: number[];
  /** End of billing: the horizon, or the last completion where that is later. */
  end: number;
  decisions: DecisionRow[];
}

export interface RunOptions {
  /** Seconds, ascending. */
  arrivals: Float64Array;
  /** Billing covers at least the time until then, seconds. */
  horizon: number;
  world: World;
  seed: number;
  /** Of the bulk lane, seconds, ascending. @default there is no bulk lane */
  bulkArrivals?: Float64Array | undefined;
  /**
   * Busy seconds of each job.
   *
   * @default as the world's `service` and `serviceSigma` say
   */
  service?: (job: number) => number;
  controller: Controller;
  /** @default false: decisions are not kept */
  keepDecisions?: boolean;
  /** Called about 100 times, with the elapsed share of the run from 0 to 1. */
  progress?: (share: number) => void;
}
