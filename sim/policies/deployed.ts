/** The deployed scaler: its own tick and policies, run unchanged over simulated ports. */
import { z } from 'zod';
import type { Field } from '../../contract/field.ts';
import { ROOT_VOLUME_GIB } from '../../contract/image.ts';
import {
  DEFAULT_POLICY,
  defaultPolicy,
  SLO_FIELDS,
  THRESHOLD_FIELDS,
  type SloSettings,
  type ThresholdSettings,
} from '../../contract/policy.ts';
import { SPOT_SHARE, UNIT_PRICES } from '../../contract/prices.ts';
import type { View } from '../../contract/view.ts';
import type { PoolSettings } from '../../lambda/scaler/policy/pools/pools.ts';
import type { RuleSettings } from '../../lambda/scaler/policy/decision.ts';
import type { Polls } from '../../lambda/scaler/context.ts';
import { tick } from '../../lambda/scaler/tick.ts';
import { type TickPorts } from '../../lambda/scaler/ports.ts';
import { namesOf } from '../engine/capacity.ts';
import type { Controller } from '../engine/types.ts';
import { hasPools, mostStopped, type World } from '../world.ts';
import { definePolicy, parameter, type Parameter, type PolicyKind } from './kind.ts';
import { simulatedPorts } from './ports.ts';

/**
 * @param settings of a deployable policy; a function gives those of each tick
 * @param published called with each view that the scaler publishes
 */
export function deployed(
  settings: RuleSettings | ((at: number) => RuleSettings),
  tickSeconds: number,
  published?: (view: View) => void,
  pools?: PoolSettings,
): Controller {
  let ports: TickPorts | undefined;
  let next = tickSeconds;
  let poll: (() => Promise<boolean>) | undefined;
  let now = 0;
  const polls: Polls = {};
  return {
    intervalSeconds: tickSeconds,
    scheduled: true,
    wakes: true,
    nextSeconds: () => next,
    async poll(at) {
      now = at;
      return (await poll?.()) ?? false;
    },
    async tick(system, at, woken) {
      now = at;
      ports ??= simulatedPorts(system, published);
      const result = await tick(ports, typeof settings === 'function' ? settings(at) : settings, {
        owner: 'simulator',
        now: () => now,
        tickSeconds,
        launchTimeoutSeconds: system.launchTimeoutSeconds,
        woken,
        pools,
        polls,
      });
      const { errors, record } = result;
      next = result.nextSeconds ?? tickSeconds;
      ({ poll } = result);
      if (errors.length > 0) throw new AggregateError(errors, errors.map((one) => one.message).join('; '));
      if (!record) return;
      const { reason, needed, calculation, unfulfilled = 0, bootFailures = 0 } = record;
      system.explain(reason, needed ?? undefined, { calculation, unfulfilled, bootFailures });
    },
  };
}

/** USD for the volume of a stopped instance. */
const VOLUME_HOUR = (ROOT_VOLUME_GIB * UNIT_PRICES.volumeGibibyteMonth) / 730;

/** Of a world with two pools. */
const poolSettings = (world: World): PoolSettings | undefined =>
  hasPools(world)
    ? {
        spotPriceShare: SPOT_SHARE,
        fastTier: mostStopped(world),
        ...(world.fastTierLimit > 0 && { learned: { volumeShare: VOLUME_HOUR / world.price } }),
        bootSeconds: DEFAULT_POLICY.bootSeconds,
        types: namesOf('type', world.types),
        zones: namesOf('zone', world.zones),
      }
    : undefined;

const deployedIn = (world: World, settings: RuleSettings): Controller =>
  deployed(
    { ...settings, bulkDeadlineSeconds: world.bulkDeadline },
    world.tick,
    undefined,
    poolSettings(world),
  );

/** Least value of a setting that must exceed 0. */
const LEAST = 0.001;

/** The settings that `contract/policy.ts` declares, as parameters. @param candidates values that tuning tries */
function parametersOf<Name extends string>(
  fields: Record<Name, Field<number>>,
  candidates: Partial<Record<Name, number[]>>,
): Record<Name, Parameter> {
  const parameters = Object.entries<Field<number>>(fields).map(([name, field]) => {
    const { type, minimum = LEAST, maximum = Infinity } = z.toJSONSchema(field.schema);
    const options = { min: minimum, max: maximum, candidates: candidates[name as Name] ?? [] };
    return [
      name,
      parameter(name.endsWith('Seconds') ? 's' : '', field.default ?? 0, field.description ?? '', {
        ...options,
        ...(type === 'integer' ? { whole: true } : {}),
      }),
    ];
  });
  return Object.fromEntries(parameters) as Record<Name, Parameter>;
}

export const sloSettings = ({
  p95WaitSeconds,
  priceOfWaiting,
  sleepAfterSeconds = -1,
  ...set
}: Record<string, number>): SloSettings => ({
  kind: 'slo',
  ...(set as unknown as Omit<SloSettings, 'kind'>),
  ...(p95WaitSeconds ? { p95WaitSeconds } : {}),
  ...(priceOfWaiting ? { priceOfWaiting } : {}),
  ...(sleepAfterSeconds >= 0 ? { sleepAfterSeconds } : {}),
});

const SLO_PARAMETERS = parametersOf(SLO_FIELDS, {
  targetWaitSeconds: [2, 5, 10, 20, 40, 80],
  scaleOutCooldownSeconds: [0, 90],
  scaleInCooldownSeconds: [0, 90],
});

export const slo = definePolicy({
  name: 'slo',
  description: 'seconds of work against a target wait, as deployed',
  source: 'lambda/scaler/policy/slo.ts, run unchanged',
  parameters: {
    ...SLO_PARAMETERS,
    targetWaitSeconds: { ...SLO_PARAMETERS.targetWaitSeconds, default: (world) => world.slo },
    // Of photos it is the one that a stage has; of other jobs an operator states it.
    serviceSeconds: {
      ...SLO_PARAMETERS.serviceSeconds,
      default: ({ worker, service, slots }) =>
        worker ? defaultPolicy([worker.type]).serviceSeconds : service / slots,
    },
    sleepAfterSeconds: parameter('s', -1, `${SLO_FIELDS.sleepAfterSeconds.description}; -1: learned`, {
      min: -1,
      max: 86_400,
      candidates: [60, 300, 900],
      // Above 0 no fleet sleeps.
      isTried: ({ min }) => min === 0,
    }),
    p95WaitSeconds: parameter('s', 0, 'wait that 95 % of the photos do not exceed; 0: not asked for', {
      max: 86_400,
    }),
    priceOfWaiting: parameter('instance-seconds', 0, 'per second of wait; 0: from the target wait', {
      max: 86_400,
    }),
  },
  make: (set, world) => deployedIn(world, sloSettings(set)),
  stageSettings: (set) => sloSettings(set),
});

/** Tuning varies only its target wait; the season has no parameters. */
export const forecast: PolicyKind = {
  name: 'forecast',
  description: 'slo, scaling out ahead of rises that occurred a week ago, as deployed',
  source: 'lambda/scaler/policy/slo.ts and season.ts, run unchanged',
  parameters: Object.fromEntries(
    Object.entries(slo.parameters).map(([name, one]) => [
      name,
      name === 'targetWaitSeconds' ? one : { ...one, candidates: [] },
    ]),
  ),
  make: (set, world) => deployedIn(world, { ...sloSettings(set), kind: 'forecast' }),
  stageSettings: (set) => ({ ...sloSettings(set), kind: 'forecast' }),
};

const thresholdSettings = (set: Omit<ThresholdSettings, 'kind'>): ThresholdSettings => ({
  kind: 'threshold',
  ...set,
});

export const threshold = definePolicy({
  name: 'threshold',
  description: 'two more instances when many messages wait, one fewer when none waits, as deployed',
  source: 'lambda/scaler/policy/threshold.ts, run unchanged',
  parameters: parametersOf(THRESHOLD_FIELDS, {
    scaleOutBacklog: [1, 5, 15, 50],
    scaleOutStep: [1, 2, 4],
    scaleOutCooldownSeconds: [30, 90, 300],
    scaleInStep: [1],
    scaleInCooldownSeconds: [30, 90, 300],
  }),
  make: (set, world) => deployedIn(world, thresholdSettings(set)),
  stageSettings: (set) => thresholdSettings(set),
});
