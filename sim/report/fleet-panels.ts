/** The fleet's panels, from the instances of its instances: how many there are, how busy, and what they cost. */
import type { InstanceTimes } from '../engine/fleet.ts';
import { passed, type PanelInput, type Values } from './periods.ts';

const DAY = 86_400;
const HOUR = 3600;

/** From when to when; Infinity where that never came. */
type Span = [from: number, to: number];

/** Where an instance is: `there` is all the time that it costs. */
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

/** Instances within their spans at a time, and instance-seconds up to it; asked in the order of time. */
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

/** At each tick. */
export const fleetOf =
  (where: 'pending' | 'inService' | 'draining') =>
  (input: PanelInput): Values => {
    const seen = within(input, where);
    return input.periods.max((at) => seen(at).count);
  };

/**
 * Seconds of photos in those of instances that worked. Those who finish before they go count with the photo that they
 * finish: a share of those in service alone could exceed all of their time.
 */
export function gpuBusy(input: PanelInput): Values {
  const { run, world, periods } = input;
  const isTime = (at: number) => !Number.isNaN(at);
  const begun = passed(run.starts.filter(isTime));
  const over = passed(run.ends.filter(isTime));
  const busy = periods.growth((at) => begun(at).seconds - over(at).seconds);
  const there = within(input, 'working');
  const working = periods.growth((at) => there(at).seconds);
  // Nobody in service: there is no share. Sums of many seconds leave a last digit.
  return working.map((seconds, k) =>
    seconds < 1e-3 ? null : Math.max(0, Math.min(100, (100 * (busy[k] as number)) / (seconds * world.slots))),
  );
}

/** Mean over the period. */
export function costPerHour(input: PanelInput): Values {
  const { periods, world } = input;
  const there = within(input, 'billed');
  const lengths = periods.lengths();
  return periods
    .growth((at) => there(at).seconds)
    .map((seconds, k) => {
      const length = lengths[k] as number;
      return length > 0 ? (seconds / length) * world.price : null;
    });
}

/** Up to the end of the period, since midnight; where midnight is within, the greater of both days. */
export function spentToday(input: PanelInput): Values {
  const { periods, world } = input;
  const there = within(input, 'billed');
  const usd = (seconds: number) => (seconds / HOUR) * world.price;
  let midnight = 0;
  let atMidnight = 0;
  return Array.from({ length: periods.count }, (_, k) => {
    let most = 0;
    const until = periods.until(k);
    for (; midnight + DAY < until; midnight += DAY) {
      const now = there(midnight + DAY).seconds;
      most = Math.max(most, usd(now - atMidnight));
      atMidnight = now;
    }
    return Math.max(most, usd(there(until).seconds - atMidnight));
  });
}
