/** From the instances that are needed to a desired capacity: limits, cooldowns and hold times. */
import type { SloSettings } from '../../../contract/policy.ts';
import type { Reason } from '../../../contract/reasons.ts';
import type { PolicyMemory } from './decision.ts';
import type { Observation } from './observation.ts';
import { clearingSeconds } from './sizing.ts';

export interface Sizes {
  /** Instances to request at least. */
  needed: number;
  /** Instances to keep at least. */
  kept: number;
  /** Instances that were idle over the idle time, on average. */
  spare: number;
  /** Instances idle at this tick. */
  idle: number;
  /** Seconds that the queue has been empty; 0 with a backlog. */
  emptySeconds: number;
  /** Whether workers have finished all that left the empty queue, so that it needs no hold time. */
  isEmptyConfirmed: boolean;
  /** Busy seconds per photo. */
  serviceSeconds: number;
}

export interface Choice {
  desired: number;
  reason: Reason;
}

const isWithin = (at: number, last = -Infinity, cooldownSeconds: number): boolean =>
  at - last < cooldownSeconds;

/** Scales out to what is needed, scales in by what was idle for a time, or holds and gives the reason. */
export function choose(
  seen: Observation,
  sizes: Sizes,
  { lastOutAt, lastInAt }: Pick<PolicyMemory, 'lastOutAt' | 'lastInAt'>,
  settings: SloSettings,
): Choice {
  const { at, visible, inFlight, desired, min, max } = seen;
  const hold = (reason: Reason): Choice => ({ desired, reason });
  const { needed, kept, spare, idle, emptySeconds, isEmptyConfirmed, serviceSeconds } = sizes;

  if (needed > desired) {
    if (desired >= max) return hold('at-max');
    if (isWithin(at, lastOutAt, settings.scaleOutCooldownSeconds)) return hold('scale-out-cooldown');
    return { desired: Math.min(max, needed), reason: 'scale-out' };
  }
  // The fleet is as large as allowed, and still clears the queue more slowly than the target.
  const clearing = clearingSeconds(visible, serviceSeconds, max);
  if (desired >= max && clearing > settings.targetWaitSeconds) return hold('at-max');
  if (kept >= desired) return hold('steady');
  if (desired <= min) return hold('at-min');

  // At its sleep time an empty queue has kept all instances idle for long enough.
  const isSleepTime = kept === 0;
  const target = Math.max(min, kept, isSleepTime ? 0 : desired - spare);
  const isHeld = visible + inFlight === 0 && !isEmptyConfirmed && emptySeconds < settings.emptyHoldSeconds;
  const tooSoon = !isSleepTime && isHeld;
  if (isWithin(at, lastInAt, settings.scaleInCooldownSeconds) || tooSoon || target >= desired) {
    return hold(idle > 0 ? 'scale-in-cooldown' : 'steady');
  }
  return { desired: target, reason: 'scale-in' };
}
