/** The policy `threshold`: some instances more when many photos wait, some fewer when none waits, after a cooldown. */
import type { ThresholdSettings } from '../../../contract/policy.ts';
import type { Decision, PolicyMemory } from './decision.ts';
import type { Observation } from './observation.ts';

/**
 * Scales out with at least `scaleOutBacklog` messages waiting, and in with none waiting and at least one instance idle.
 * An action that a limit stops starts no cooldown.
 *
 * Known faults, kept because users ask for exactly this rule: a backlog just below the threshold is never helped, and
 * capacity on its way does not count. With a minimum of zero, fewer photos than the threshold would wait for ever.
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
  // Bulk photos need no instance of their own: this policy knows no deadline.
  const idle = seen.inService - seen.inFlight - (seen.bulk?.inFlight ?? 0);
  if (seen.visible > 0 || idle < 1) return hold('steady');
  if (seen.desired <= seen.min) return hold('at-min');
  const sinceAny = Math.min(since(memory.lastOutAt), since(memory.lastInAt));
  if (sinceAny < settings.scaleInCooldownSeconds) return hold('scale-in-cooldown');
  const desired = Math.max(seen.min, seen.desired - settings.scaleInStep);
  return { desired, reason: 'scale-in', memory: { ...memory, lastInAt: seen.at } };
}
