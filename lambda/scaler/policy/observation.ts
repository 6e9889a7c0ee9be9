/** What one tick sees: the input of the rule. */

/** Counters that workers add to. */
export interface WorkReport {
  /** Messages whose photo has an outcome. */
  completed: number;
  /** Seconds that instances were busy with them. */
  busySeconds: number;
}

/** Counts are of messages and instances. A message is one photo; an instance works on one photo at a time. */
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
  /**
   * Totals since the workers' first report.
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
   * Instances requested and not given, in a shortage.
   *
   * @default 0
   */
  unfulfilled?: number;
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
