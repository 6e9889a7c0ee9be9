/** What the slo and forecast policies learn at each tick: arrivals, service and boot times, waits, the week. */
import { ASLEEP_SECONDS } from './cadence.ts';
import type { CapacityMemory } from './capacity.ts';
import { observeArrivals } from './changepoint.ts';
import type { SloMemory, SloRuleSettings } from './decision.ts';
import { serviceOf, type Flow } from './flow.ts';
import { emptySinceOf, isUnbroken } from './idle.ts';
import type { Observation } from './observation.ts';
import { emptyPrice, observeWaits } from './price.ts';
import { emptySeason, observeSeason } from './season.ts';
import { referencePhotos } from './sizing.ts';
import { observeGaps } from './sleep.ts';
import { emptyTail, observeTail, withoutPrice } from './tail.ts';

export type Learned = Omit<SloMemory, 'idle'> & { flow: SloMemory['flow'] };

/**
 * Where the queue was polled between two ticks, what arrived before and after that counts apart: a burst that began meanwhile
 * shows in the latter.
 */
function rateAfter(
  { at, polled, fastTier }: Observation,
  { flow: last, rate }: Pick<SloMemory, 'flow' | 'rate'>,
  { seconds, arrived, left = 0 }: Flow,
): SloMemory['rate'] {
  if (seconds === 0) return rate;
  if (!fastTier || !last || !polled || polled.at <= last.at || polled.at >= at)
    return observeArrivals(rate, arrived, seconds);
  const until = polled.at - last.at;
  const change = polled.visible + polled.inFlight - last.backlog + (left * until) / seconds;
  const early = Math.min(arrived, Math.max(0, change));
  return observeArrivals(observeArrivals(rate, early, until), arrived - early, seconds - until);
}

/** What the memory holds once this tick has been observed. */
export function learn(
  seen: Observation,
  before: SloMemory,
  flow: Flow,
  capacity: CapacityMemory,
  settings: SloRuleSettings,
): Learned {
  const { at, visible, inFlight, tickSeconds = Infinity } = seen;
  const { seconds, arrived } = flow;
  const observed = { at, backlog: visible + inFlight, tickSeconds };
  const emptySince = emptySinceOf(observed, { at: before.flow?.at, emptySince: before.emptySince });
  const isConfirmed = seen.reported !== undefined && flow.vanished === 0;
  // At an empty queue that was empty before nothing leaves, which confirms nothing.
  const isNewlyEmpty = seconds > 0 && ((before.flow?.backlog ?? 0) > 0 || arrived > 0);
  const isEmptyConfirmed = isNewlyEmpty ? isConfirmed : (before.isEmptyConfirmed ?? false);
  // No size of the fleet shortens the waits for the boot that ends a sleep: they must raise no price, of the mean or of a percentile.
  const isAsleep = seen.desired === 0 && visible + inFlight === 0;
  const price = isAsleep ? emptyPrice() : before.price;
  let { season } = before;
  if (settings.kind === 'forecast') {
    season ??= emptySeason(at);
    if (seconds > 0) season = observeSeason(season, at, arrived, seconds);
  }
  const { p95WaitSeconds } = settings;
  const { tail: tailBefore = emptyTail() } = before;
  const tail =
    p95WaitSeconds === undefined
      ? undefined
      : observeTail(
          isAsleep ? withoutPrice(tailBefore) : tailBefore,
          { at, seconds, arrived, visible },
          p95WaitSeconds,
        );
  // Until it is measured, photos are taken to arrive in batches of the reference's work.
  const together = referencePhotos(serviceOf(flow.memory, settings.serviceSeconds));
  const { dispersion = Math.max(1, together) } = before.rate;
  return {
    flow: flow.memory,
    rate: rateAfter(seen, { ...before, rate: { ...before.rate, dispersion } }, flow),
    capacity,
    price: observeWaits(price, { seconds, arrived, visible }, settings.targetWaitSeconds),
    sleep: observeGaps(before.sleep, {
      at,
      seconds,
      visible,
      inFlight,
      arrived,
      inService: seen.inService,
      desired: seen.desired,
      before: before.flow?.at,
      isBroken: !isUnbroken(before.flow?.at, at, Math.max(ASLEEP_SECONDS, tickSeconds)),
      isConfirmed,
    }),
    ...(tail ? { tail } : {}),
    ...(season ? { season } : {}),
    ...(emptySince === undefined ? {} : { emptySince, ...(isEmptyConfirmed ? { isEmptyConfirmed } : {}) }),
  };
}
