/** Looks at a queue and a fleet, one after the other, and what the rule makes of them. */
import type { PolicySettings } from '../../../../contract/policy.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { Decision, PolicyMemory } from '../../../../lambda/scaler/policy/decision.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import type { SloSettings } from '../../../../contract/policy.ts';
import type { ThresholdSettings } from '../../../../contract/policy.ts';

export const NOW = 100_000;
export const TICK = 30;

export const threshold: ThresholdSettings = {
  kind: 'threshold',
  scaleOutBacklog: 50,
  scaleOutStep: 2,
  scaleOutCooldownSeconds: 300,
  scaleInStep: 1,
  scaleInCooldownSeconds: 300,
};
export const slo: SloSettings = {
  kind: 'slo',
  targetWaitSeconds: 10,
  serviceSeconds: 6,
  bootSeconds: 90,
  scaleOutCooldownSeconds: 0,
  scaleInCooldownSeconds: 0,
  emptyHoldSeconds: 60,
  sleepAfterSeconds: 300,
};

export const seen = (more: Partial<Observation>): Observation => ({
  at: NOW,
  visible: 0,
  inFlight: 0,
  desired: 0,
  inService: 0,
  pending: 0,
  draining: 0,
  min: 0,
  max: 20,
  tickSeconds: TICK,
  ...more,
});

/** The same look at `count` ticks. */
export const repeat = (count: number, look: Partial<Observation>) =>
  Array.from({ length: count }, () => look);

/** One look a tick; a look without a desired capacity sees the one decided before. */
export function drive(
  looks: Partial<Observation>[],
  settings: PolicySettings = slo,
  from: PolicyMemory = {},
): Decision[] {
  let memory = from;
  let desired = 0;
  return looks.map((look, k) => {
    const observation = seen({ at: NOW + k * TICK, desired, ...look });
    const decision = decide(observation, memory, settings);
    ({ memory, desired } = decision);
    return decision;
  });
}

export const last = <T>(list: readonly T[]): T => list.at(-1) as T;
