/** Sized by seconds of work against a target mean wait, counting capacity on its way. */
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
 * Out at once to what is needed. In only to the largest need of the whole hold time, and never below the photos being
 * worked on, so that neither one false zero nor the pause between two bursts ends a fleet that is needed.
 *
 * The hold time counts from the first tick remembered: with a cold memory nothing goes before it has passed.
 */
export function decideSlo(seen: Observation, memory: PolicyMemory, settings: SloSettings): Decision {
  const need = needOf(seen, settings);
  const from = seen.at - settings.scaleInHoldSeconds;
  const remembered = memory.needs ?? [];
  // The newest entry that is older than the window stays: it shows that the window is fully observed.
  const first = remembered.findLastIndex((entry) => entry.at <= from);
  const needs = [...remembered.slice(Math.max(0, first)), { at: seen.at, need }];
  const kept: PolicyMemory = { ...memory, needs };
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
  const observed = first >= 0 || settings.scaleInHoldSeconds === 0;
  const largest = Math.max(...needs.map((entry) => entry.need), seen.inFlight);
  if (!observed || largest >= seen.desired) return hold('cooling-in');
  const desired = Math.max(seen.min, largest);
  if (desired === seen.desired) return hold('at-min');
  return { desired, reason: 'scale-in', memory: { ...kept, lastInAt: seen.at }, need };
}
