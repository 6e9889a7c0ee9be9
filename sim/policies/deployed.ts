/** The deployed scaler: its own tick and policies, run unchanged over simulated ports. */
import type { View } from '../../contract/view.ts';
import type { SloSettings } from '../../lambda/scaler/policy-slo.ts';
import type { ThresholdSettings } from '../../lambda/scaler/policy-threshold.ts';
import type { PolicySettings } from '../../lambda/scaler/policy.ts';
import { tick, type TickPorts } from '../../lambda/scaler/tick.ts';
import type { Controller } from '../engine/types.ts';
import { definePolicy, parameter, seconds, type PolicyKind } from './kind.ts';
import { simulatedPorts } from './ports.ts';

/**
 * @param settings of a deployable policy; a function gives those of each tick
 * @param published called with each view that the scaler publishes
 */
export function deployed(
  settings: PolicySettings | ((at: number) => PolicySettings),
  tickSeconds: number,
  published?: (view: View) => void,
): Controller {
  let ports: TickPorts | undefined;
  return {
    intervalSeconds: tickSeconds,
    scheduled: true,
    async tick(system, at) {
      ports ??= simulatedPorts(system, published);
      const { errors, record } = await tick(ports, typeof settings === 'function' ? settings(at) : settings, {
        owner: 'simulator',
        now: () => at,
        tickSeconds,
      });
      if (errors.length > 0) throw new AggregateError(errors, errors.map((one) => one.message).join('; '));
      if (!record) return;
      const { reason, need, reckoning, short = 0 } = record;
      system.explain(reason, need ?? undefined, { calculation: reckoning, unfulfilled: short });
    },
  };
}

/** Initial estimates of the deployed policy: 6 s per job, and a GPU image that boots in two minutes. */
const INITIAL = { service: 6, boot: 120 };

export const sloSettings = ({ priceOfWaiting, ...set }: Record<string, number>): SloSettings => ({
  kind: 'slo',
  ...(set as unknown as Omit<SloSettings, 'kind'>),
  ...(priceOfWaiting ? { priceOfWaiting } : {}),
});

export const slo = definePolicy({
  name: 'slo',
  description: 'seconds of work against a target wait, as deployed',
  source: 'lambda/scaler/policy-slo.ts, run unchanged',
  parameters: {
    targetWaitSeconds: seconds((world) => world.slo, 'target mean wait', {
      min: 0.001,
      candidates: [2, 5, 10, 20, 40, 80],
    }),
    priceOfWaiting: parameter('instance-seconds', 0, 'per second of wait; 0: from the target wait', {
      max: 86_400,
    }),
    serviceSeconds: seconds(INITIAL.service, 'per job, until it is measured', { min: 0.001 }),
    bootSeconds: seconds(INITIAL.boot, 'boot time, until it is measured', { min: 0.001 }),
    scaleOutCooldownSeconds: seconds(0, 'between two scale-outs', { candidates: [0, 90] }),
    scaleInCooldownSeconds: seconds(0, 'between two scale-ins', { candidates: [0, 90] }),
    emptyHoldSeconds: seconds(60, 'with an empty queue until the first scale-in'),
    sleepAfterSeconds: seconds(300, 'with an empty queue until the last instance goes', {
      candidates: [60, 300, 900],
    }),
  },
  make: (set, world) => deployed(sloSettings(set), world.tick),
  stageSettings: (set) => sloSettings(set),
});

/** Tuning varies only its target wait; the season has no parameters. */
export const forecast: PolicyKind = {
  name: 'forecast',
  description: 'slo, scaling out ahead of rises that occurred a week ago, as deployed',
  source: 'lambda/scaler/policy-slo.ts and policy-season.ts, run unchanged',
  parameters: Object.fromEntries(
    Object.entries(slo.parameters).map(([name, one]) => [
      name,
      name === 'targetWaitSeconds' ? one : { ...one, candidates: [] },
    ]),
  ),
  make: (set, world) => deployed({ ...sloSettings(set), kind: 'forecast' }, world.tick),
  stageSettings: (set) => ({ ...sloSettings(set), kind: 'forecast' }),
};

const thresholdSettings = (set: Omit<ThresholdSettings, 'kind'>): ThresholdSettings => ({
  kind: 'threshold',
  ...set,
});

const whole = { min: 1, whole: true } as const;

export const threshold = definePolicy({
  name: 'threshold',
  description: 'two more instances when many messages wait, one fewer when none waits, as deployed',
  source: 'lambda/scaler/policy-threshold.ts, run unchanged',
  parameters: {
    scaleOutBacklog: parameter('', 50, 'messages waiting from which the fleet grows', {
      ...whole,
      candidates: [1, 5, 15, 50],
    }),
    scaleOutStep: parameter('', 2, 'instances added at a time', { ...whole, candidates: [1, 2, 4] }),
    scaleOutCooldownSeconds: seconds(300, 'between two scale-outs', { candidates: [30, 90, 300] }),
    scaleInStep: parameter('', 1, 'instances removed at a time', { ...whole, candidates: [1] }),
    scaleInCooldownSeconds: seconds(300, 'from any scaling action to a scale-in', {
      candidates: [30, 90, 300],
    }),
  },
  make: (set, world) => deployed(thresholdSettings(set), world.tick),
  stageSettings: (set) => thresholdSettings(set),
});
