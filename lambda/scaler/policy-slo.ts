/**
 * Sized by seconds of work against a target mean wait, counting capacity on its way.
 *
 * A job that starts at the very instant of a tick may be counted as waiting or as in flight; the two are only ever used
 * as a sum, so that a saturated fleet never looks idle.
 */
import type { Decision, Observation, PolicyMemory } from './policy.ts';

export interface SloSettings {
  kind: 'slo';
  /** Mean wait to aim at for what is queued once capacity is up, seconds. */
  targetWaitSeconds: number;
  /** Busy seconds of an instance for one photo. */
  serviceSeconds: number;
  /** Seconds between two scale-outs; 0 lets each tick add what is missing. */
  scaleOutCooldownSeconds: number;
  /** Seconds over which a need must have stayed away before its capacity goes. */
  scaleInHoldSeconds: number;
}

type Need = NonNullable<PolicyMemory['needs']>[number];

/**
 * Instances that the backlog asks for.
 *
 * W seconds of work drained by n instances take W/n, and their photos wait W/(2n) on average (fluid approximation of a
 * burst); so a mean wait of T asks for W/(2T). More instances than photos would find nothing to do.
 */
export function needOf(seen: Pick<Observation, 'visible' | 'inFlight'>, settings: SloSettings): number {
  const backlog = seen.visible + seen.inFlight;
  const work = backlog * settings.serviceSeconds;
  return Math.min(backlog, Math.ceil(work / (2 * settings.targetWaitSeconds)));
}

/**
 * The latest needs that together cover the hold time.
 *
 * Between two of them at most one tick counts as observed: what happened while ticks were missing or blind is not known,
 * so such a gap lengthens the hold time instead of passing for quiet.
 */
function observedWindow(needs: Need[], holdSeconds: number, tickSeconds: number) {
  let observed = 0;
  let first = needs.length - 1;
  while (first > 0 && observed < holdSeconds) {
    const gap = (needs[first]?.at ?? 0) - (needs[first - 1]?.at ?? 0);
    observed += Math.min(gap, tickSeconds);
    first--;
  }
  return { window: needs.slice(first), complete: observed >= holdSeconds };
}

/**
 * Out at once to what is needed. In only to the largest need of the whole hold time, and never below the photos being
 * worked on, so that neither one false zero nor the pause between two bursts ends a fleet that is needed.
 *
 * The hold time counts from the first tick remembered: with a cold memory nothing goes before it has passed.
 */
export function decideSlo(seen: Observation, memory: PolicyMemory, settings: SloSettings): Decision {
  const need = needOf(seen, settings);
  // A clock that was set back leaves needs of the future: they would break the order, and time is not yet theirs.
  const past = (memory.needs ?? []).filter((entry) => entry.at <= seen.at);
  const { window, complete } = observedWindow(
    [...past, { at: seen.at, need }],
    settings.scaleInHoldSeconds,
    seen.tickSeconds ?? Infinity,
  );
  const kept: PolicyMemory = { ...memory, needs: window };
  const hold = (reason: Decision['reason']): Decision => ({
    desired: seen.desired,
    reason,
    memory: kept,
    need,
  });

  if (need > seen.desired) {
    if (seen.desired >= seen.max) return hold('at-max');
    if (memory.lastOutAt !== undefined && seen.at - memory.lastOutAt < settings.scaleOutCooldownSeconds) {
      return hold('cooling-out');
    }
    const desired = Math.min(seen.max, need);
    return { desired, reason: 'scale-out', memory: { ...kept, lastOutAt: seen.at }, need };
  }
  if (need === seen.desired) return hold('steady');
  if (seen.desired <= seen.min) return hold('at-min');
  const desired = Math.max(seen.min, seen.inFlight, ...window.map((entry) => entry.need));
  if (!complete || desired >= seen.desired) return hold('cooling-in');
  return { desired, reason: 'scale-in', memory: { ...kept, lastInAt: seen.at }, need };
}
