/** The scaler as it is deployed: its own tick and its own policies, over the ports of the simulated world. */
import type { View } from '../../contract/view.ts';
import type { SloSettings } from '../../lambda/scaler/policy-slo.ts';
import type { ThresholdSettings } from '../../lambda/scaler/policy-threshold.ts';
import type { PolicySettings } from '../../lambda/scaler/policy.ts';
import { tick, type TickPorts } from '../../lambda/scaler/tick.ts';
import type { Controller } from '../engine/types.ts';
import type { PolicyKind } from './kind.ts';
import { simulatedPorts } from './ports.ts';

/**
 * @param settings of any policy that can be deployed; of each tick, where something else foresees for it
 * @param published is given each view that the scaler publishes
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

const seconds = (
  value: number | PolicyKind['knobs'][string]['default'],
  meaning: string,
  tries: number[],
) => ({
  unit: 's',
  default: value,
  min: 0,
  max: 86_400,
  meaning,
  tries,
});
const whole = (value: number, meaning: string, tries: number[]) => ({
  unit: '',
  default: value,
  min: 1,
  max: 100_000,
  whole: true as const,
  meaning,
  tries,
});

/** First guesses of the rule: a worker that colours in seconds, a GPU image that boots in two minutes. */
const GUESS = { service: 6, boot: 120 };

export const sloSettings = ({ priceOfWaiting, ...set }: Record<string, number>): SloSettings => ({
  kind: 'slo',
  ...(set as unknown as Omit<SloSettings, 'kind'>),
  ...(priceOfWaiting ? { priceOfWaiting } : {}),
});

export const slo: PolicyKind = {
  name: 'slo',
  meaning: 'seconds of work against a target wait, as it is deployed',
  source: 'lambda/scaler/policy-slo.ts, run unchanged',
  knobs: {
    targetWaitSeconds: {
      ...seconds((world) => world.slo, 'mean wait to aim at', [2, 5, 10, 20, 40, 80]),
      min: 0.001,
    },
    priceOfWaiting: {
      ...seconds(0, 'of a second of waiting; 0: follows the target wait', []),
      unit: 'instance-seconds',
    },
    serviceSeconds: { ...seconds(GUESS.service, 'for one job, until it is measured', []), min: 0.001 },
    bootSeconds: { ...seconds(GUESS.boot, 'for a boot, until it is measured', []), min: 0.001 },
    scaleOutCooldownSeconds: seconds(0, 'between two scale-outs', [0, 90]),
    scaleInCooldownSeconds: seconds(0, 'between two scale-ins', [0, 90]),
    emptyHoldSeconds: seconds(60, 'nothing goes before the queue was empty this long', []),
    sleepAfterSeconds: seconds(300, 'the last instance goes when it was empty this long', [60, 300, 900]),
  },
  make: (set, world) => deployed(sloSettings(set), world.tick),
  stage: (set) => sloSettings(set),
};

/** With the same knobs; tuned by its target alone, since the season has none. */
export const forecast: PolicyKind = {
  name: 'forecast',
  meaning: 'slo, and ahead of rises that were there a week ago, as it is deployed',
  source: 'lambda/scaler/policy-slo.ts and policy-season.ts, run unchanged',
  knobs: Object.fromEntries(
    Object.entries(slo.knobs).map(([name, knob]) => [
      name,
      name === 'targetWaitSeconds' ? knob : { ...knob, tries: [] },
    ]),
  ),
  make: (set, world) => deployed({ ...sloSettings(set), kind: 'forecast' }, world.tick),
  stage: (set) => ({ ...sloSettings(set), kind: 'forecast' }),
};

const thresholdSettings = (set: Record<string, number>): ThresholdSettings => ({
  kind: 'threshold',
  ...(set as unknown as Omit<ThresholdSettings, 'kind'>),
});

export const threshold: PolicyKind = {
  name: 'threshold',
  meaning: 'two more when many wait, one fewer when nothing waits, as it is deployed',
  source: 'lambda/scaler/policy-threshold.ts, run unchanged',
  knobs: {
    scaleOutBacklog: whole(50, 'messages waiting from which the fleet grows', [1, 5, 15, 50]),
    scaleOutStep: whole(2, 'instances added at a time', [1, 2, 4]),
    scaleOutCooldownSeconds: seconds(300, 'between two scale-outs', [30, 90, 300]),
    scaleInStep: whole(1, 'instances removed at a time', [1]),
    scaleInCooldownSeconds: seconds(300, 'from a scaling of either direction to a scale-in', [30, 90, 300]),
  },
  make: (set, world) => deployed(thresholdSettings(set), world.tick),
  stage: (set) => thresholdSettings(set),
};
