/** Observations of a queue and a fleet, one after the other, and the rule's decisions on them. */
import type { SloSettings, ThresholdSettings } from '../../../../contract/policy.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { Decision, PolicyMemory, RuleSettings } from '../../../../lambda/scaler/policy/decision.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';

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

/** The same observation at `count` ticks. */
export const repeat = (count: number, observed: Partial<Observation>) =>
  Array.from({ length: count }, () => observed);

/** One observation per tick; without a desired capacity it has the one decided before. */
export function drive(
  observed: Partial<Observation>[],
  settings: RuleSettings = slo,
  from: PolicyMemory = {},
): Decision[] {
  let memory = from;
  let desired = 0;
  return observed.map((one, k) => {
    const observation = seen({ at: NOW + k * TICK, desired, ...one });
    const decision = decide(observation, memory, settings);
    ({ memory, desired } = decision);
    return decision;
  });
}

export const last = <T>(list: readonly T[]): T => list.at(-1) as T;
