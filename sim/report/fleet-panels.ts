/** The fleet's panels: number of instances by state, GPU use and cost. */
import type { InstanceTimes } from '../engine/fleet.ts';
import { passed, type PanelInput, type Values } from './periods.ts';

const DAY = 86_400;
const HOUR = 3600;

/** Start and end; Infinity for a time that never came. */
type Span = [from: number, to: number];

/** Time of an instance in each state; `working` includes draining. */
const SPANS = {
  pending: ({ requested, ready, stopped }: InstanceTimes): Span => [requested, Math.min(ready, stopped)],
  inService: ({ ready, draining, stopped }: InstanceTimes): Span => [ready, Math.min(draining, stopped)],
  draining: ({ draining, stopped }: InstanceTimes, shutdown: number): Span => [
    Math.min(draining, stopped),
    stopped + shutdown,
  ],
  working: ({ ready, stopped }: InstanceTimes): Span => [ready, stopped],
  billed: ({ requested, stopped }: InstanceTimes, shutdown: number): Span => [requested, stopped + shutdown],
};

/** Number of instances in a state at a time, and instance-seconds until then; call it with ascending times. */
function within({ run, world }: PanelInput, where: keyof typeof SPANS) {
  const spans = run.instances
    .map((life) => SPANS[where](life, world.shutdown))
    .filter(([from, to]) => from < to);
  const begun = passed(spans.map(([from]) => from));
  const over = passed(spans.map(([, to]) => to));
  return (at: number) => {
    const before = begun(at);
    const after = over(at);
    return { count: before.count - after.count, seconds: before.seconds - after.seconds };
  };
}

/** Largest number at any tick of the period. */
export const fleetOf =
  (where: 'pending' | 'inService' | 'draining') =>
  (input: PanelInput): Values => {
    const seen = within(input, where);
    return input.periods.max((at) => seen(at).count);
  };

/**
 * Busy seconds over the seconds of working instances, in per cent. Draining instances count: over in-service time alone
 * the share could exceed 100 %.
 */
export function gpuBusy(input: PanelInput): Values {
  const { run, world, periods } = input;
  const isTime = (at: number) => !Number.isNaN(at);
  const begun = passed(run.starts.filter(isTime));
  const over = passed(run.ends.filter(isTime));
  const busy = periods.growth((at) => begun(at).seconds - over(at).seconds);
  const working = within(input, 'working');
  const workingSeconds = periods.growth((at) => working(at).seconds);
  // No share without instances; below 1 ms is the rounding error of a sum.
  return workingSeconds.map((seconds, k) =>
    seconds < 1e-3 ? null : Math.max(0, Math.min(100, (100 * (busy[k] as number)) / (seconds * world.slots))),
  );
}

/** USD per hour, mean over the period. */
export function costPerHour(input: PanelInput): Values {
  const { periods, world } = input;
  const billed = within(input, 'billed');
  const lengths = periods.lengths();
  return periods
    .growth((at) => billed(at).seconds)
    .map((seconds, k) => {
      const length = lengths[k] as number;
      return length > 0 ? (seconds / length) * world.price : null;
    });
}

/** USD since midnight at the end of the period; in a period across midnight, the larger value of both days. */
export function spentToday(input: PanelInput): Values {
  const { periods, world } = input;
  const billed = within(input, 'billed');
  const usd = (seconds: number) => (seconds / HOUR) * world.price;
  let midnight = 0;
  let atMidnight = 0;
  return Array.from({ length: periods.count }, (_, k) => {
    let most = 0;
    const until = periods.until(k);
    for (; midnight + DAY < until; midnight += DAY) {
      const now = billed(midnight + DAY).seconds;
      most = Math.max(most, usd(now - atMidnight));
      atMidnight = now;
    }
    return Math.max(most, usd(billed(until).seconds - atMidnight));
  });
}
