/**
 * Sized by seconds of work against a target mean wait: a rate of arrivals that is measured, plus what will be queued when
 * capacity asked for now is ready. docs/scaling.md derives each formula.
 *
 * Gotcha: a job that starts at the very instant of a tick may be counted as waiting or as in flight. Arrivals are taken
 * from the sum of both, and nobody is idle while anything waits, so that a saturated fleet never looks idle.
 */
import {
  bootOf,
  emptyCapacity,
  lateOf,
  observeCapacity,
  secondsWithinBoot,
  withDesired,
} from './capacity.ts';
import { observeFlow, serviceOf, type Flow, type FlowMemory } from './flow.ts';
import { adaptPrice, emptyPrice, meanWait, observeWaits, REFERENCE_PRICE, startPrice } from './price.ts';
import { emptyRate, levelOf, observeArrivals, photosWithin, rateAhead } from './rate.ts';
import { emptySeason, observeSeason, riseWithin } from './season.ts';
import type {
  Calculation,
  Decision,
  IdleCount,
  PolicyMemory,
  SloMemory,
  SloRuleSettings,
} from './decision.ts';
import type { Observation } from './observation.ts';

/** Instances beyond the load that a price asks for: none at the reference price. */
export const MARGIN_POWER = 0.4;
/** What is in service goes only when it is this much more than is needed, instances: so that ticks do not alternate. */
const HYSTERESIS = 0.4;
/** Boots and price that weigh against each other when a queue is drained; 2 in theory, more since queues surprise. */
export const DRAIN = 13;
/** Part of a boot for which an instance is kept without work, and by which the rate is looked ahead. */
const PART_OF_BOOT = 1 / 3;
/** Counts contradict each other when this share of the backlog, and this many photos, vanish between two ticks. */
const VANISHED_SHARE = 0.2;
const VANISHED_LEAST = 5;
/** Workers report what they have done at most this late, seconds. */
const REPORT_SECONDS = 10;
/** Looks that are further apart than this many ticks have missed something between them. */
const MISSED_TICKS = 2.5;
const MOST_LOOKS = 120;

export const emptySlo = (): SloMemory => ({
  rate: emptyRate(),
  capacity: emptyCapacity(),
  price: emptyPrice(),
  idle: [],
});

function contradict(flow: Flow, before: FlowMemory | undefined, seen: Observation, service: number): boolean {
  if (!before || flow.seconds === 0) return false;
  if (before.reported && seen.reported) {
    // What was done in the last seconds needed not be reported yet.
    const unreported = (before.inFlight * REPORT_SECONDS) / service;
    return flow.vanished > Math.max(VANISHED_LEAST, VANISHED_SHARE * before.backlog) + unreported;
  }
  return seen.visible + seen.inFlight === 0 && before.backlog - before.inFlight >= VANISHED_LEAST;
}

/** Looks that a time is seen through with; one where it is not known how far they are apart. */
const looksFor = (seconds: number, tick: number): number =>
  Number.isFinite(tick) ? Math.min(MOST_LOOKS, Math.max(1, Math.ceil(seconds / tick - 0.5))) : 1;

/**
 * The latest looks; those of a clock that was set back since would break the order. Of two at the same instant, the one
 * that saw fewer idle counts.
 */
function withLook(before: IdleCount[], looks: number, now: IdleCount): IdleCount[] {
  const last = before.at(-1);
  if (last?.at === now.at) return last.count <= now.count ? before : [...before.slice(0, -1), now];
  const kept = before.length < looks ? before.slice() : before.slice(before.length - looks + 1);
  while (kept.length > 0 && (kept[kept.length - 1] as IdleCount).at > now.at) kept.pop();
  kept.push(now);
  return kept;
}

/** How many instances were idle at each of the latest looks; 0 while there are too few, or any was missed. */
function idleFor(idle: IdleCount[], looks: number, tick: number): number {
  if (idle.length < looks) return 0;
  let least = Infinity;
  for (let k = 0; k < idle.length; k++) {
    const { at, count } = idle[k] as IdleCount;
    if (k > 0 && at - (idle[k - 1] as IdleCount).at > MISSED_TICKS * tick) return 0;
    least = Math.min(least, count);
  }
  return least;
}

export function decideSlo(seen: Observation, memory: PolicyMemory, settings: SloRuleSettings): Decision {
  const before = memory.slo ?? emptySlo();
  const tick = seen.tickSeconds ?? Infinity;
  // A second look at the same instant learns nothing: what was asked for since does not show yet.
  const capacity = before.flow?.at === seen.at ? before.capacity : observeCapacity(seen, before.capacity);
  const flow = observeFlow(seen, before.flow, settings.serviceSeconds);
  const backlog = seen.visible + seen.inFlight;

  if (contradict(flow, before.flow, seen, serviceOf(before.flow, settings.serviceSeconds))) {
    const inconsistentSince = Math.min(before.inconsistentSince ?? seen.at, seen.at);
    if (seen.at - inconsistentSince < settings.emptyHoldSeconds) {
      return {
        desired: seen.desired,
        reason: 'inconsistent-metrics',
        memory: { ...memory, slo: { ...before, capacity, inconsistentSince } },
      };
    }
  }

  const service = serviceOf(flow.memory, settings.serviceSeconds);
  const boot = bootOf(capacity, settings.bootSeconds);
  const rate = flow.seconds > 0 ? observeArrivals(before.rate, flow.arrived, flow.seconds) : before.rate;
  const start = startPrice(settings.targetWaitSeconds, service, boot);
  const adapted = adaptPrice(before.price, flow.seconds, settings.targetWaitSeconds);
  const price = settings.priceOfWaiting ?? start * adapted.factor;
  const margin = (price / REFERENCE_PRICE) ** MARGIN_POWER - 1;
  const offered = secondsWithinBoot(capacity, seen, boot) / service;
  const queuedThen = Math.max(0, seen.visible + photosWithin(rate, boot) - offered);
  const forQueue = queuedThen * Math.sqrt((price * service) / (DRAIN * boot));

  const lastLook = before.flow?.at;
  const unbroken = lastLook !== undefined && seen.at - lastLook <= MISSED_TICKS * tick;
  const emptySince =
    backlog > 0 ? undefined : unbroken ? Math.min(before.emptySince ?? seen.at, seen.at) : seen.at;
  const emptyFor = emptySince === undefined ? 0 : seen.at - emptySince;
  const asleep = emptySince !== undefined && emptyFor >= settings.sleepAfterSeconds;

  let season = before.season;
  if (settings.kind === 'forecast') {
    season ??= emptySeason(seen.at);
    if (flow.seconds > 0) season = observeSeason(season, seen.at, flow.arrived, flow.seconds);
  }
  const rise = season ? riseWithin(season, seen.at, boot + Math.min(tick, boot)) : 0;
  const foreseen = Math.max(rise, settings.readyForRate ?? 0) * service;
  const load = Math.max(rateAhead(rate, boot * PART_OF_BOOT) * service, foreseen);
  const least = backlog > 0 ? 1 : 0;
  const awake = backlog > 0 || foreseen > 0 || (seen.desired > 0 && !asleep);
  const needed = awake ? Math.max(least, Math.ceil(load + margin + forQueue)) : 0;
  const keep =
    asleep && foreseen === 0
      ? 0
      : Math.max(1, Math.ceil(Math.max(levelOf(rate) * service, foreseen) + margin + HYSTERESIS + forQueue));

  const looks = looksFor(boot * PART_OF_BOOT, tick);
  const idleNow = seen.visible > 0 ? 0 : Math.max(0, seen.inService - seen.inFlight);
  const idle = withLook(before.idle, looks, { at: seen.at, count: idleNow });
  const spare = idleFor(idle, looks, tick);
  const next: SloMemory = {
    flow: flow.memory,
    rate,
    capacity,
    price: observeWaits(adapted, { ...flow, visible: seen.visible }),
    idle,
    ...(season ? { season } : {}),
    ...(emptySince === undefined ? {} : { emptySince }),
  };
  const calculation: Calculation = {
    rate: levelOf(rate),
    serviceSeconds: service,
    bootSeconds: boot,
    queuedThen,
    price,
    meanWait: meanWait(next.price) ?? null,
    late: lateOf(capacity, seen.at, boot),
    load,
  };
  const hold = (reason: Decision['reason']): Decision => ({
    desired: seen.desired,
    reason,
    memory: { ...memory, slo: next },
    needed,
    calculation,
  });

  if (needed > seen.desired) {
    if (seen.desired >= seen.max) return hold('at-max');
    if (memory.lastOutAt !== undefined && seen.at - memory.lastOutAt < settings.scaleOutCooldownSeconds) {
      return hold('scale-out-cooldown');
    }
    const desired = Math.min(seen.max, needed);
    const slo = { ...next, capacity: withDesired(capacity, seen, desired), idle: [] };
    return {
      desired,
      reason: 'scale-out',
      memory: { ...memory, lastOutAt: seen.at, slo },
      needed,
      calculation,
    };
  }
  // All that is allowed, and it takes longer than the target to work off what waits.
  const drain = (seen.visible * service) / Math.max(1, seen.max);
  if (seen.desired >= seen.max && drain > settings.targetWaitSeconds) return hold('at-max');
  if (keep >= seen.desired) return hold('steady');
  if (seen.desired <= seen.min) return hold('at-min');
  const desired = Math.max(seen.min, keep, seen.desired - spare);
  const cooling =
    memory.lastInAt !== undefined && seen.at - memory.lastInAt < settings.scaleInCooldownSeconds;
  const tooSoon = backlog === 0 && emptyFor < settings.emptyHoldSeconds;
  if (cooling || tooSoon || desired >= seen.desired)
    return hold(idleNow > 0 ? 'scale-in-cooldown' : 'steady');
  const gone = seen.desired - desired;
  const slo = {
    ...next,
    capacity: withDesired(capacity, seen, desired),
    idle: idle.map(({ at, count }) => ({ at, count: Math.max(0, count - gone) })),
  };
  return { desired, reason: 'scale-in', memory: { ...memory, lastInAt: seen.at, slo }, needed, calculation };
}
