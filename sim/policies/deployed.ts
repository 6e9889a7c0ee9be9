/** The scaler as it is deployed: its own tick and its own policies, over the ports of the simulated world. */
import type { PolicySettings } from '../../lambda/scaler/policy.ts';
import { tick, type TickPorts } from '../../lambda/scaler/tick.ts';
import type { Controller } from '../types.ts';
import type { PolicyKind } from './kind.ts';
import { simulatedPorts } from './ports.ts';

/** @param settings of either policy that can be deployed */
export function deployed(settings: PolicySettings, tickSeconds: number): Controller {
  let ports: TickPorts | undefined;
  return {
    every: tickSeconds,
    scheduled: true,
    async tick(surface, at) {
      ports ??= simulatedPorts(surface);
      const { errors, record } = await tick(ports, settings, {
        owner: 'simulator',
        now: () => at,
        tickSeconds,
      });
      if (errors.length > 0) throw new AggregateError(errors, errors.map((one) => one.message).join('; '));
      if (record) surface.explain(record.reason, record.need ?? undefined);
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

export const slo: PolicyKind = {
  name: 'slo',
  meaning: 'seconds of work against a target wait, as it is deployed',
  source: 'lambda/scaler/policy-slo.ts, run unchanged',
  knobs: {
    targetWaitSeconds: {
      ...seconds((world) => world.slo, 'mean wait to aim at', [2, 5, 10, 20, 40, 80]),
      min: 0.001,
    },
    serviceSeconds: { ...seconds((world) => world.service, 'busy seconds for one job', []), min: 0.001 },
    scaleOutCooldownSeconds: seconds(0, 'between two scale-outs', [0, 90]),
    scaleInHoldSeconds: seconds(90, 'a need must have stayed away this long', [30, 90, 300]),
  },
  make: (set, world) =>
    deployed(
      {
        kind: 'slo',
        targetWaitSeconds: set.targetWaitSeconds as number,
        serviceSeconds: set.serviceSeconds as number,
        scaleOutCooldownSeconds: set.scaleOutCooldownSeconds as number,
        scaleInHoldSeconds: set.scaleInHoldSeconds as number,
      },
      world.tick,
    ),
};

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
  make: (set, world) =>
    deployed(
      {
        kind: 'threshold',
        scaleOutBacklog: set.scaleOutBacklog as number,
        scaleOutStep: set.scaleOutStep as number,
        scaleOutCooldownSeconds: set.scaleOutCooldownSeconds as number,
        scaleInStep: set.scaleInStep as number,
        scaleInCooldownSeconds: set.scaleInCooldownSeconds as number,
      },
      world.tick,
    ),
};
