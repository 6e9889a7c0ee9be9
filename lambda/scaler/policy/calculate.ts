/** Instances needed and kept: the formulas of sizing.ts, from what was learned. */
import { DEFAULT_DEADLINE_SECONDS, type BulkNow } from './bulk/bulk.ts';
import { bulkNeed, type BulkNeed } from './bulk/need.ts';
import { bootOf, comingOf, lateOf, REMAINING, secondsWithinBoot } from './capacity.ts';
import type { BulkSettings, Calculation, SloRuleSettings } from './decision.ts';
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
  /** The same of bulk photos, with those for interactive ones; 0 without any. */
  bulk: { needed: number; kept: number };
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

/** What bulk photos need, with the fleet as it is and what interactive photos are expected to take of it. */
function needOfBulk(
  { at, visible, inFlight, inService, desired, unfulfilled = 0 }: Observation,
  { waiting }: BulkNow['memory'],
  { rate, capacity }: Learned,
  { service, bulkService, boot, deadline }: Record<'service' | 'bulkService' | 'boot' | 'deadline', number>,
): BulkNeed {
  const coming = comingOf(capacity, at, boot, desired - inService - unfulfilled);
  const readyIn = (readyAt: number) => Math.max(readyAt - at, REMAINING * boot);
  return bulkNeed({
    ...{ at, waiting, boot, deadline, service: bulkService },
    counted: coming.reduce((sum, { count }) => sum + count, inService),
    offers: (seconds) => [
      ...coming.toReversed().map(({ count, readyAt }) => ({
        count,
        seconds: Math.max(0, seconds - readyIn(readyAt)),
      })),
      { count: inService, seconds },
    ],
    taken: (seconds) => (visible + inFlight + photosWithin(rate, seconds)) * service,
  });
}

/** @param bulk @default there is no bulk lane */
export function calculate(
  seen: Observation,
  learned: Learned,
  settings: SloRuleSettings & BulkSettings,
  bulk?: BulkNow,
): Result {
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
  const usual = neededInstances({ load, margin, forQueue }, backlog);
  const needed = isAwake ? Math.max(usual, fast?.needed ?? 0) : 0;
  const kept = isAsleep ? 0 : keptInstances({ load: keptLoad, margin, forQueue }, service);
  const { bulkDeadlineSeconds: deadline = DEFAULT_DEADLINE_SECONDS } = settings;
  const bulkService = bulk?.serviceSeconds ?? service;
  const ofBulk =
    bulk && bulk.memory.waiting.length > 0
      ? needOfBulk(seen, bulk.memory, learned, { service, bulkService, boot, deadline })
      : undefined;
  const idle = idleInstances(visible, inService, inFlight, heldOf(learned.flow, settings.serviceSeconds));
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
      ...(ofBulk && {
        bulk: {
          ...{ serviceSeconds: bulkService, workSeconds: ofBulk.workSeconds },
          ...{ needed: ofBulk.needed, deadlineSeconds: deadline },
        },
      }),
    },
    needed,
    kept,
    bulk: {
      needed: ofBulk?.needed ?? 0,
      // One that works on bulk photos is not idle, and one that boots for them comes into service.
      kept: ofBulk ? Math.min(desired, Math.max(bulk?.working ?? 0, ofBulk.kept)) : 0,
    },
    idle: Math.max(0, idle - (bulk?.working ?? 0)),
    emptySeconds,
  };
}
