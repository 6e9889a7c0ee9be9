/** When the fleet starts the n-th photo, from the instances in service and those on their way. Times are epoch seconds. */
import { INTERACTIVE_PER_BULK } from '../../contract/lanes.ts';
import type { View } from '../../contract/view.ts';
import { readyTimes } from './boot-time.ts';
import { FIRST_SHARE } from './first-queue.ts';

/** From a photo that meets a fleet at zero to the request of its instance, seconds: an event wakes the scaler. */
const WAKE_SECONDS = 3;

/** Share of the starts that interactive photos have while bulk photos wait too. */
const INTERACTIVE_SHARE = INTERACTIVE_PER_BULK / (1 + INTERACTIVE_PER_BULK);

/** From `at` on: photos started at once, and per second after that. */
interface CapacityStep {
  at: number;
  atOnce: number;
  perSecond: number;
}

/** At least one step: the instances that are busy at the view, those that are busy with bulk photos too. */
export type Capacity = [CapacityStep, ...CapacityStep[]];

/**
 * Capacity for interactive photos from the view on, earliest first.
 *
 * @param service seconds an instance takes per photo
 * @param requestedAt when the photo is in the queue, for a fleet of zero
 * @param bootFactor on every boot, for an upper limit
 * @param more capacity that the scaler will request: {@link nextRequest}
 * @returns undefined if a boot is needed and its duration is unknown
 */
export function capacityOf(
  view: View,
  service: number,
  requestedAt: number,
  bootFactor = 1,
  more: View['coming'] = [],
): Capacity | undefined {
  const { at, visible, inService, inFlight, tickSeconds, bootSeconds, bulk, sidelined = 0 } = view;
  const busy = Math.min(inService, inFlight);
  const withBulk = Math.min(inService - busy, bulk?.inFlight ?? 0);
  const share = (bulk && bulk.visible > 0 ? INTERACTIVE_SHARE : 1) * (sidelined > 0 ? FIRST_SHARE : 1);
  const rate = share / service;
  const idle = [{ count: inService - busy - withBulk, readyAt: at }];
  const coming = view.coming.filter(({ count }) => count > 0);
  if (coming.length === 0 && inService === 0) {
    // A photo wakes a fleet that sleeps; one that waits already has not, and the next tick requests an instance.
    const isAsleep = visible + inFlight === 0;
    const nextTick = at + Math.max(1, Math.ceil((requestedAt - at) / tickSeconds)) * tickSeconds;
    if (bootSeconds === null) return undefined;
    coming.push({
      count: 1,
      readyAt: (isAsleep ? Math.max(at, requestedAt) + WAKE_SECONDS : nextTick) + bootSeconds,
    });
  }
  for (const { count, readyAt } of [...coming, ...more]) {
    // A view with capacity on its way has a boot time.
    const requestedAt = readyAt - (bootSeconds ?? 0);
    const mean = bootFactor * (bootSeconds ?? 0);
    for (const group of readyTimes(count, Math.max(0, at - requestedAt), mean))
      idle.push({ count: group.count, readyAt: requestedAt + group.after });
  }
  // An idle instance starts a photo at once; the steady rate begins half a service time later, as the mean of its phase.
  const steps = idle.flatMap(({ count, readyAt }) => {
    const ready = Math.max(at, readyAt);
    return [
      { at: ready, atOnce: count, perSecond: 0 },
      { at: ready + service / 2, atOnce: 0, perSecond: count * rate },
    ];
  });
  steps.sort((a, b) => a.at - b.at);
  return [{ at, atOnce: busy, perSecond: (busy + withBulk) * rate }, ...steps];
}

/** Start time of the photo with `ahead` photos ahead of it. */
export function startOf([first, ...rest]: Capacity, ahead: number): number {
  const target = ahead + 0.5;
  let { at, atOnce: started, perSecond } = first;
  // A photo in flight has started before the view.
  let earliest = -Infinity;
  for (const step of rest) {
    // Without this, 0 / 0 below.
    if (started >= target && perSecond === 0) return at;
    const reachedAt = at + (target - started) / perSecond;
    // Stryker disable next-line EqualityOperator: at equality the next step gives the same time
    if (reachedAt <= step.at) return Math.max(reachedAt, earliest);
    started += perSecond * (step.at - at) + step.atOnce;
    perSecond += step.perSecond;
    at = earliest = step.at;
  }
  return Math.max(earliest, at + (target - started) / perSecond);
}

/** Photos that the fleet has started from the view until a time, by its steady rates. */
export const startedBy = (capacity: Capacity, time: number): number =>
  capacity.reduce((sum, { at, perSecond }) => sum + perSecond * Math.max(0, time - at), 0);
