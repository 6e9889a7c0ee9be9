/** Instances needed and kept: the formulas of sizing.ts, from what was learned. */
import { bootOf, lateOf, secondsWithinBoot } from './capacity.ts';
import type { Calculation, SloRuleSettings } from './decision.ts';
import { heldOf, serviceOf } from './flow.ts';
import { idleInstances } from './idle.ts';
import type { Learned } from './learn.ts';
import type { Observation } from './observation.ts';
import { fastNeed } from './pools/fast-need.ts';
import { meanWait, startPrice } from './price.ts';
import { levelOf, photosWithin, rateAhead } from './rate.ts';
import { riseWithin } from './season.ts';
import {
  AHEAD_BOOTS,
  batchOf,
  instancesForQueue,
  keptInstances,
  marginAt,
  mostBelow,
  neededInstances,
  queuedWhenReady,
} from './sizing.ts';
import { emptySleep, isSleepTime, keepSeconds, wakeUpOf } from './sleep.ts';
import { meanFor, p95Wait } from './tail.ts';

export interface Result {
  calculation: Calculation;
  needed: number;
  kept: number;
  /** Instances idle at this tick. */
  idle: number;
  emptySeconds: number;
}

/** The lower of the target of the mean and the mean at the target of the percentile, seconds. */
const lowestTarget = ({ targetWaitSeconds, p95WaitSeconds = Infinity }: SloRuleSettings): number =>
  Math.min(targetWaitSeconds, meanFor(p95WaitSeconds));

/** The higher price of those for the mean and for the percentile: either promise is kept by it. */
function learnedPrice(
  { price, tail }: Learned,
  { targetWaitSeconds, p95WaitSeconds }: SloRuleSettings,
  service: number,
  boot: number,
): number {
  const forMean = startPrice(targetWaitSeconds, service, boot) * price.factor;
  if (p95WaitSeconds === undefined || !tail) return forMean;
  return Math.max(forMean, startPrice(meanFor(p95WaitSeconds), service, boot) * tail.factor);
}

export function calculate(seen: Observation, learned: Learned, settings: SloRuleSettings): Result {
  const { at, visible, inFlight, inService, desired, tickSeconds = Infinity } = seen;
  const { rate, capacity, season, emptySince } = learned;
  const service = serviceOf(learned.flow, settings.serviceSeconds);
  // What an instance that is kept saves is a boot. With resumes among the boots the fleet would keep fewer, as if boots were short.
  const boot = (seen.fastTier && seen.coldBootSeconds) ?? bootOf(capacity, settings.bootSeconds);
  const backlog = visible + inFlight;

  const price = settings.priceOfWaiting ?? learnedPrice(learned, settings, service, boot);
  const batch = batchOf(rate.dispersion ?? 1, service);
  const level = levelOf(rate);
  const target = lowestTarget(settings);
  const start = settings.priceOfWaiting ?? startPrice(target, service, boot);
  const below = mostBelow(level, target, start, service, boot);
  const margin = marginAt(price, batch, below);
  const finishing = secondsWithinBoot(capacity, seen, boot) / service;
  const queuedThen = queuedWhenReady(visible, photosWithin(rate, boot), finishing);
  const forQueue = instancesForQueue(queuedThen, price, service, boot);

  const rise = season ? riseWithin(season, at, boot + Math.min(tickSeconds, boot)) : 0;
  const foreseen = Math.max(rise, settings.readyForRate ?? 0) * service;
  const load = Math.max(rateAhead(rate, boot * AHEAD_BOOTS) * service, foreseen);
  const keptLoad = Math.max(level * service, foreseen);

  const emptySeconds = at - (emptySince ?? at);
  const sleep = learned.sleep ?? emptySleep();
  // A fleet that has a minimum never sleeps.
  const keepFor =
    seen.min > 0
      ? Infinity
      : (settings.sleepAfterSeconds ?? keepSeconds(sleep, wakeUpOf(sleep, boot, price)));
  const isAsleep = seen.min === 0 && backlog + foreseen === 0 && isSleepTime(sleep, at, keepFor);
  const isAwake = backlog > 0 || foreseen > 0 || (desired > 0 && !isAsleep);
  const fast = fastNeed(seen, learned, { service, price, margin, boot });
  return {
    calculation: {
      rate: level,
      serviceSeconds: service,
      bootSeconds: boot,
      queuedThen: Math.max(queuedThen, fast?.queued ?? 0),
      price,
      meanWait: meanWait(learned.price) ?? null,
      ...(learned.tail ? { p95Wait: p95Wait(learned.tail) ?? null } : {}),
      late: lateOf(capacity, at, boot),
      load,
      batch,
      mostBelow: below,
      ...(seen.min === 0 ? { keepSeconds: keepFor } : {}),
    },
    needed: isAwake ? Math.max(neededInstances({ load, margin, forQueue }, backlog), fast?.needed ?? 0) : 0,
    kept: isAsleep ? 0 : keptInstances({ load: keptLoad, margin, forQueue }, service),
    idle: idleInstances(visible, inService, inFlight, heldOf(learned.flow, settings.serviceSeconds)),
    emptySeconds,
  };
}
