/**
 * AWS target tracking on backlog per instance, and its variants.
 *
 * As in AWS, no instance in service means no data point, and without data points it never scales.
 */
import type { World } from '../world.ts';
import type { Controller, ControlledSystem } from '../engine/types.ts';
import { clamp, definePolicy, parameter, type Parameter } from './kind.ts';

interface Point {
  at: number;
  /** Undefined while no instance is in service. */
  value: number | undefined;
  inService: number;
}

interface Settings {
  target: number;
  /** Seconds between two data points of the alarm that scales out. */
  period: number;
  lowFactor: number;
  warmup: number;
  inShare: number;
  lag: number;
  metric: (system: ControlledSystem) => number | undefined;
}

const HIGH_POINTS = 3;
const LOW_MINUTES = 15;

export class TargetTracking {
  private points: Point[] = [];
  private launches: number[] = [];

  constructor(private readonly settings: Settings) {}

  /** Records a data point and returns the desired capacity that the two alarms lead to. */
  desiredAt(system: ControlledSystem, at: number): { desired: number; reason: string } {
    const { target, period, lowFactor, warmup, inShare, lag, metric } = this.settings;
    const { desired, inService, min, max } = system.actual();
    this.points.push({ at, value: metric(system), inService });
    this.points = this.points.filter((point) => point.at > at - lag - LOW_MINUTES * 60);
    this.launches = this.launches.filter((launch) => launch > at - warmup);
    const seen = this.points.filter((point) => point.at <= at - lag);

    const last = seen.slice(-HIGH_POINTS);
    const latest = last.at(-1);
    if (
      latest?.value !== undefined &&
      last.length === HIGH_POINTS &&
      last.every((one) => above(one, target))
    ) {
      const proposed = clamp(Math.ceil((latest.inService * latest.value) / target - 1e-9), { min, max });
      if (proposed <= desired) return { desired, reason: 'alarm high, pending' };
      this.launches.push(at);
      return { desired: proposed, reason: 'alarm high' };
    }
    const minutes = at % 60 === 0 ? byMinute(seen, period) : [];
    const low = minutes.at(-1);
    if (low === undefined || minutes.length < LOW_MINUTES) return { desired, reason: 'ok' };
    if (!minutes.every((value) => value !== undefined && value < lowFactor * target)) {
      return { desired, reason: 'ok' };
    }
    if (this.launches.length > 0) return { desired, reason: 'alarm low, warming up' };
    const surplus = Math.max(0, Math.floor(desired - (desired * low) / target + 1e-9));
    const removed = Math.min(surplus, Math.ceil(inShare * desired - 1e-9));
    return { desired: clamp(desired - removed, { min, max }), reason: 'alarm low' };
  }
}

const above = (point: Point, target: number) => point.value !== undefined && point.value > target;

/** Averages of the last 15 minutes, one per minute; undefined for a minute with a missing data point. */
function byMinute(points: Point[], period: number): (number | undefined)[] {
  const each = Math.round(60 / period);
  const minutes: (number | undefined)[] = [];
  for (let end = points.length; end - each >= 0 && minutes.length < LOW_MINUTES; end -= each) {
    let sum: number | undefined = 0;
    for (let k = end - each; k < end; k++) {
      const value: number | undefined = points[k]?.value;
      sum = sum === undefined || value === undefined ? undefined : sum + value;
    }
    minutes.unshift(sum === undefined ? undefined : sum / each);
  }
  return minutes;
}

const backlogPerInstance = (system: ControlledSystem) => {
  const { visible, inService } = system.actual();
  return inService === 0 ? undefined : visible / inService;
};
const utilisation = (world: World) => (system: ControlledSystem) => {
  const { visible, inFlight, inService } = system.actual();
  return inService === 0 ? undefined : (visible + inFlight) / (inService * world.slots);
};

type TrackingParameter = 'target' | 'lowFactor' | 'warmup' | 'inShare';

export const trackingParameters = (
  target: number,
  candidates: number[],
): Record<TrackingParameter, Parameter> => ({
  target: parameter('', target, 'target value of the metric', { min: 0.01, candidates }),
  lowFactor: parameter('', 0.9, 'share of the target below which it scales in', {
    min: 0.01,
    max: 1,
    candidates: [0.7, 0.9],
  }),
  warmup: parameter('s', (world) => world.boot, 'warm-up of a new instance', { max: 3600 }),
  inShare: parameter('', 0.1, 'largest share of the fleet that is removed in a minute', {
    min: 0.001,
    max: 1,
    candidates: [0.1, 1],
  }),
});

/** @param period seconds between two data points of the metric */
export const trackingOf = (
  { target, lowFactor, warmup, inShare }: Record<TrackingParameter, number>,
  world: World,
  period: number,
  metric: Settings['metric'] = backlogPerInstance,
): TargetTracking =>
  new TargetTracking({ target, lowFactor, warmup, inShare, period, lag: world.metricLag, metric });

function controllerOf(rule: TargetTracking, intervalSeconds: number): Controller {
  return {
    intervalSeconds,
    tick(system, at) {
      const { desired, reason } = rule.desiredAt(system, at);
      system.setDesired(desired);
      system.explain(reason);
    },
  };
}

const SOURCE =
  'Amazon EC2 Auto Scaling user guide, "Scaling policy based on Amazon SQS" and "Target tracking". ' +
  'Alarms of 3 in 3 and 15 in 15; warm-up set to the boot time, which is better for it than the default of 300 s';

export const targetTracking = definePolicy({
  name: 'target-tracking',
  description: 'AWS target tracking on waiting messages per instance, data points each minute',
  source: SOURCE,
  parameters: trackingParameters(10, [0.5, 1, 1.67, 2.5, 5, 10, 20]),
  make: (set, world) => controllerOf(trackingOf(set, world, 60), 60),
});

export const targetTrackingHr = definePolicy({
  name: 'target-tracking-hr',
  description: 'the same with a high-resolution metric, data points every 10 s',
  source: `${SOURCE}; "Faster scaling with target tracking" (AWS, November 2024). Scale-in still by the minute`,
  parameters: trackingParameters(10, [0.5, 1, 1.67, 2.5, 5, 10, 20]),
  make: (set, world) => controllerOf(trackingOf(set, world, 10), 10),
});

export const targetTrackingUtilisation = definePolicy({
  name: 'target-tracking-use',
  description: 'AWS target tracking on messages (waiting or in flight) per slot, data points every 10 s',
  source: `${SOURCE}; "Tracking worker utilization metrics" (AWS, March 2026)`,
  parameters: trackingParameters(0.7, [0.3, 0.5, 0.7, 1, 1.5, 2.5, 5]),
  make: (set, world) => controllerOf(trackingOf(set, world, 10, utilisation(world)), 10),
});
