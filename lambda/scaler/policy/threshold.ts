/** The plain rule: two more when many wait, one fewer when nothing waits, each after a cooldown. */
import type { ThresholdSettings } from '../../../contract/policy.ts';
import type { Decision, PolicyMemory } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * At least `scaleOutBacklog` waiting and the scale-out cooldown over: more. Nothing waiting, at least one in-service
 * instance idle and the scale-in cooldown over: fewer. An action that a limit stops starts no cooldown.
 *
 * Known faults, kept because people ask for exactly this: a backlog just below the threshold is never helped, and
 * capacity on its way does not count. From a fleet of zero, fewer than `scaleOutBacklog` photos would wait for ever.
 */
export function decideThreshold(
  seen: Observation,
  memory: PolicyMemory,
  settings: ThresholdSettings,
): Decision {
  const since = (at: number | undefined) => (at === undefined ? Infinity : seen.at - at);
  const hold = (reason: Decision['reason']): Decision => ({ desired: seen.desired, reason, memory });

  if (seen.visible >= settings.scaleOutBacklog) {
    if (seen.desired >= seen.max) return hold('at-max');
    if (since(memory.lastOutAt) < settings.scaleOutCooldownSeconds) return hold('scale-out-cooldown');
    const desired = Math.min(seen.max, seen.desired + settings.scaleOutStep);
    return { desired, reason: 'scale-out', memory: { ...memory, lastOutAt: seen.at } };
  }
  const idle = seen.inService - seen.inFlight;
  if (seen.visible > 0 || idle < 1) return hold('steady');
  if (seen.desired <= seen.min) return hold('at-min');
  const sinceAny = Math.min(since(memory.lastOutAt), since(memory.lastInAt));
  if (sinceAny < settings.scaleInCooldownSeconds) return hold('scale-in-cooldown');
  const desired = Math.max(seen.min, seen.desired - settings.scaleInStep);
  return { desired, reason: 'scale-in', memory: { ...memory, lastInAt: seen.at } };
}
