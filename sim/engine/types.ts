/** What a scaling rule meets in the simulator: what it may see and do, and when it is called. Times are seconds. */

import type { Reckoning } from '../../lambda/scaler/policy-slo.ts';
import type { InstanceTimes } from './fleet.ts';
import type { World } from '../world.ts';

/** What can be seen of queue and fleet at one instant; the names are those of the scaler's own observation. */
export interface Snapshot {
  /** Messages waiting. */
  visible: number;
  /** Messages received and not deleted. */
  inFlight: number;
  desired: number;
  inService: number;
  /** Requested and not yet in service. */
  pending: number;
  draining: number;
  min: number;
  max: number;
}

/** What workers have reported since the start, as counters. */
export interface WorkCounters {
  /** Jobs done. */
  completed: number;
  /** Busy seconds of the slots that did them. */
  busySeconds: number;
}

export interface ControlledSystem {
  /** As the queue's and the group's APIs tell it: late and rough where the world says so. */
  observe(): Snapshot;
  /** As a metric would hold it: exact, its delay is the policy's affair. */
  actual(): Snapshot;
  workCounters(): WorkCounters;
  /** When each instance on its way was asked for, oldest first. */
  pendingSince(): number[];
  /** When each in-service instance without work last had any, or came into service; oldest request first. */
  idleSince(): { id: number; since: number }[];
  /** @param desired a whole number; the caller keeps it within the limits */
  setDesired(desired: number): void;
  /** An instance leaves by itself and lowers the desired capacity with it: it drains and is not replaced. */
  leave(id: number): void;
  /** Why the tick decided as it did, for the report. */
  explain(reason: string, needed?: number, details?: DecisionDetails): void;
}

/** What the deployed rule publishes beside its reason. */
export interface DecisionDetails {
  /** Absent in a policy that reckons with none. */
  calculation?: Reckoning;
  /** Instances asked for in vain. */
  unfulfilled: number;
}

export interface Controller {
  /** Seconds between two calls: at every, 2 every, and so on. */
  intervalSeconds: number;
  /** Called by a schedule that can be late, miss and repeat itself in the real world. */
  scheduled?: boolean;
  tick(system: ControlledSystem, at: number): void | Promise<void>;
}

/** One call of the controller, for the report. */
export interface DecisionRow extends Snapshot {
  at: number;
  /** Desired capacity from now on; `desired` is what it was. */
  after: number;
  reason: string;
  need: number | undefined;
  /** Absent in rules other than the deployed ones. */
  behind?: DecisionDetails;
}

export interface Run {
  arrivals: Float64Array;
  /** Start of the attempt that did the job; NaN for a job that was not done. */
  starts: Float64Array;
  /** End of that attempt; NaN likewise. */
  ends: Float64Array;
  completed: number;
  instances: InstanceTimes[];
  /** Instance-seconds that preparing a warm pool took. */
  preparing: number;
  peak: number;
  actions: { out: number; in: number; launches: number };
  /** When a launch was refused. */
  refused: number[];
  /** When billing ends: the horizon, or the last completion where that is later. */
  end: number;
  decisions: DecisionRow[];
}

export interface RunOptions {
  /** Seconds, ascending. */
  arrivals: Float64Array;
  /** End of the time billed at least, seconds. */
  horizon: number;
  world: World;
  seed: number;
  /**
   * Busy seconds of each job.
   *
   * @default as the world's `service` and `serviceSigma` say
   */
  service?: (job: number) => number;
  controller: Controller;
  /** @default false: decisions are not kept */
  keepDecisions?: boolean;
  /** Told now and then how far the clock is, from 0 to 1. */
  progress?: (share: number) => void;
}
