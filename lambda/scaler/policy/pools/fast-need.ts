/**
 * Instances that a burst needs now while stopped ones can resume: what waits when they are in service decides, which is a third of a boot
 * away, and a level of the rate that is too high as often as too low, since an instance that was not needed is stopped again.
 */
import { secondsWithinBoot, type CapacityMemory } from '../capacity.ts';
import type { Observation } from '../observation.ts';
import { medianLevel, type RateMemory } from '../rate.ts';
import { instancesForQueue, neededInstances, queuedWhenReady } from '../sizing.ts';

export interface FastNeed {
  /** Instances in all, as far as stopped ones go. */
  needed: number;
  /** Photos that will wait when instances that resume now are in service. */
  queued: number;
}

interface Sizing {
  /** Seconds per photo. */
  service: number;
  price: number;
  margin: number;
  /** Seconds, of an instance that is not stopped. */
  boot: number;
}

/** @returns undefined where no stopped instance can resume */
export function fastNeed(
  seen: Observation,
  { rate, capacity }: { rate: RateMemory; capacity: CapacityMemory },
  { service, price, margin, boot }: Sizing,
): FastNeed | undefined {
  const { fastTier, visible, inFlight, desired } = seen;
  if (!fastTier || fastTier.stopped === 0) return undefined;
  const { resumeSeconds, stopped } = fastTier;
  const level = medianLevel(rate);
  const finishing = secondsWithinBoot(capacity, seen, resumeSeconds) / service;
  const queued = queuedWhenReady(visible, level * resumeSeconds, finishing);
  const forQueue = instancesForQueue(queued, price, service, boot);
  const needed = neededInstances({ load: level * service, margin, forQueue }, visible + inFlight);
  return { needed: Math.min(needed, desired + stopped), queued };
}
