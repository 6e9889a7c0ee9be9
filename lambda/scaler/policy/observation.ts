/** What one tick sees, the input of the rule, and its check. */
import type { WorkflowWork } from '../../../contract/workflow-counters.ts';
import type { PoolName } from './pools/pool-name.ts';

/** Sums of what the instances reported, as far as it was believed. */
export interface WorkReport {
  /** Messages whose photo has an outcome. */
  completed: number;
  /** Seconds that instances were busy with them. */
  busySeconds: number;
  /** Part of both that is of bulk photos. @default 0 */
  bulkCompleted?: number;
  bulkBusySeconds?: number;
  /** Parts of both by workflow, of a stage with several. @default unknown */
  workflows?: Record<string, WorkflowWork>;
}

/** Messages of the bulk lane, as those of the interactive one. */
export interface BulkCounts {
  visible: number;
  inFlight: number;
}

/** A launch of an instance, by its scaling activity. */
export interface InstanceLaunch {
  /** Of the activity. */
  id: string;
  /** Absent for a launch that EC2 refused. */
  instance?: string;
  /** Epoch seconds. */
  startedAt: number;
  /**
   * Epoch seconds.
   *
   * @default not yet, or unknown
   */
  endedAt?: number;
  /**
   * `refused`: EC2 gave no instance. `boot-failed`: the instance never came into service. `cancelled`: it was ended
   * before, by a smaller desired capacity, an operator or Spot.
   */
  outcome: 'under-way' | 'in-service' | 'refused' | 'boot-failed' | 'cancelled';
  /** Why it failed, in a sentence. */
  why?: string;
  /** @default the fleet has one group */
  pool?: PoolName;
}

/** Counts are of messages and instances; messages of the interactive lane, unless said otherwise. A message is one photo. */
export interface Observation {
  /** Epoch seconds. */
  at: number;
  /** Messages waiting. */
  visible: number;
  /** Messages received and not yet deleted: photos being worked on. */
  inFlight: number;
  /** Desired capacity: in service and pending, without draining. */
  desired: number;
  inService: number;
  /** Requested, booting, or in the launch hook. */
  pending: number;
  /** In the termination hook, possibly finishing a photo. */
  draining: number;
  min: number;
  max: number;
  /** @default there is no bulk lane */
  bulk?: BulkCounts | undefined;
  /**
   * Totals since the first tick that read reports.
   *
   * @default unknown: what was finished is estimated from what was in flight
   */
  reported?: WorkReport;
  /**
   * Launches that Auto Scaling reports as failed since the last tick.
   *
   * @default unknown: a shortage shows by instances that stay unfulfilled
   */
  failedLaunches?: number;
  /**
   * Launches of at least the last half hour.
   *
   * @default unknown: none counts as failed
   */
  launches?: InstanceLaunch[];
  /**
   * Seconds from a launch until Auto Scaling gives up an instance that is not in service, by the launch hook.
   *
   * @default unknown: only what Auto Scaling reports as failed counts
   */
  launchTimeoutSeconds?: number;
  /**
   * Instances requested and not given, in a shortage.
   *
   * @default 0
   */
  unfulfilled?: number;
  /**
   * Launches that have failed, or are given up, and that Auto Scaling makes again now.
   *
   * @default 0
   */
  relaunched?: number;
  /**
   * Seconds from a launch to its service for an instance that was not stopped before: such a launch is not late sooner.
   *
   * @default as measured over all launches
   */
  coldBootSeconds?: number;
  /**
   * Stopped instances, which come into service sooner than a boot.
   *
   * @default the fleet has none
   */
  fastTier?: FastTier;
  /**
   * The queue at the last poll that asked for no tick, where a poll has called for this one.
   *
   * @default nothing is known between the two ticks
   */
  polled?: Pick<Observation, 'at' | 'visible' | 'inFlight'> | undefined;
  /**
   * Whether the day's spending forbids the fleet to grow, except to an operator's floor.
   *
   * @default false
   */
  overBudget?: boolean;
  /**
   * Seconds between two ticks: the time that one observation covers, so that ticks that never ran do not count as
   * observed.
   *
   * @default Infinity: all time between two observations counts as observed
   */
  tickSeconds?: number;
}

/** Stopped instances of a fleet. */
export interface FastTier {
  /** Those that can resume now, beyond those that were asked to. */
  stopped: number;
  /** On their way, of the requested ones. */
  resuming: number;
  /** Seconds from requesting one to its service. */
  resumeSeconds: number;
}

/** Counts of an Auto Scaling group. */
export type FleetCounts = Pick<Observation, 'desired' | 'inService' | 'pending' | 'draining' | 'min' | 'max'>;

const COUNTS = ['visible', 'inFlight', 'desired', 'inService', 'pending', 'draining', 'min', 'max'] as const;

/** More messages or instances than this are a wrong count: what is computed from them could not be stored. */
const MOST = 1e9;

function checkCount(name: string, value: number): void {
  if (Number.isInteger(value) && value >= 0 && value <= MOST) return;
  throw new RangeError(`${name} is ${value}: expected a whole number from 0 to ${MOST}`);
}

/** @throws RangeError naming the first value that cannot be, and what is allowed */
export function checkObservation(seen: Observation): void {
  for (const name of COUNTS) checkCount(name, seen[name]);
  for (const name of ['visible', 'inFlight'] as const) checkCount(`bulk ${name}`, seen.bulk?.[name] ?? 0);
  if (!Number.isFinite(seen.at)) throw new RangeError(`at is ${seen.at}: expected epoch seconds`);
  if (seen.tickSeconds !== undefined && !(seen.tickSeconds > 0)) {
    throw new RangeError(`tickSeconds is ${seen.tickSeconds}: expected more than 0`);
  }
  for (const name of ['completed', 'busySeconds', 'bulkCompleted', 'bulkBusySeconds'] as const) {
    const value = seen.reported?.[name] ?? 0;
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} is ${value}: expected at least 0`);
  }
  if (seen.min > seen.max) throw new RangeError(`minimum ${seen.min} exceeds maximum ${seen.max}`);
}
