/** Settings of a stage: what is left out gets its default. Wrong ones: wrong-settings.test.ts. */
import { describe, expect, it } from 'vitest';
import { stages } from '../../../bin/stages.ts';
import { DEFAULT_POLICY } from '../../../contract/policy.ts';
import { resolveStage, STAGE_FIELDS, type StageConfig } from '../../../lib/stage/stage.ts';
import { threshold } from '../../lambda/scaler/support/observations.ts';

type Named = StageConfig & { name?: string };

const slo = DEFAULT_POLICY;

const resolve = ({ name = 'dev', ...config }: Named) => resolveStage(name, config);

describe('a stage', () => {
  it.each(Object.entries(stages))('%s, as shipped, is valid', (name, config) => {
    expect(resolveStage(name, config).name).toBe(name);
  });

  it.each<StageConfig>([
    { minCapacity: 4, maxCapacity: 4, onDemandBaseCapacity: 4, warmPoolSize: 4, spotPercentage: 0 },
    { minCapacity: 4, onDemandBaseCapacity: 4, warmPoolSize: 4 },
    { onDemandBaseCapacity: 4, onDemandFallback: false },
    { minCapacity: 1, policy: threshold },
    { access: 'open', maxUploadMegabytes: 0.001, photosPerHour: 1, photosPerDay: 1, linkSeconds: 60 },
    { access: 'open', maxUploadMegabytes: 5000, requestsPerSecond: 1, linkSeconds: 3600 },
    { access: 'iam', volumeInitializationRate: 0, maxMegapixels: 178, noticePollSeconds: 0.5 },
    { access: 'jwt', jwtIssuer: 'https://issuer.example/pool', jwtAudience: ['page'] },
    // Kept for the day that the stage gets a sign-in.
    { access: 'open', jwtIssuer: 'https://issuer.example', jwtAudience: [] },
  ])('%j is valid', (config) => {
    expect(resolve(config)).toMatchObject(config);
  });

  it.each<[StageConfig, boolean]>([
    [{}, true],
    [{ spotPercentage: 100, onDemandFallback: undefined }, true],
    [{ spotPercentage: 99 }, false],
    [{ spotPercentage: 0 }, false],
    [{ onDemandFallback: false }, false],
  ])('%j falls back to on demand: %s', (config, expected) => {
    expect(resolve(config).onDemandFallback).toBe(expected);
  });

  it('has the default of each setting that is left out or undefined', () => {
    const { name: _, ...values } = resolve({ maxCapacity: undefined });
    const defaults = Object.entries(STAGE_FIELDS).map(([name, field]) => [
      name,
      (field as { default?: unknown }).default,
    ]);
    // These follow from others.
    const derived = {
      dailySpendLimit: undefined,
      onDemandFallback: undefined,
      volumeInitializationRate: undefined,
    };
    expect({ ...values, ...derived }).toEqual(Object.fromEntries(defaults));
    expect(values).toMatchObject({ minCapacity: 0, maxCapacity: 20, tickSeconds: 30, access: 'none' });
  });

  it.each([
    [1, 300],
    [16, 300],
    [17, 294],
    [20, 250],
    [50, 100],
    [51, 0],
    [1000, 0],
  ])(
    'of at most %i instances loads images at %i MiB/s, so that all can start at once',
    (maxCapacity, rate) => {
      expect(resolve({ maxCapacity }).volumeInitializationRate).toBe(rate);
    },
  );

  it.each<[StageConfig, number]>([
    [{ instanceTypes: ['g4dn.xlarge', 'g5.xlarge'], maxCapacity: 4 }, 49],
    [{ instanceTypes: ['g4dn.xlarge'], instancePrices: { 'g4dn.xlarge': 2 }, maxCapacity: 4 }, 96],
    [{ dailySpendLimit: 7 }, 7],
  ])('%j may spend %d USD a day: 12 hours at the maximum, of the most expensive type', (config, limit) => {
    expect(resolve(config).dailySpendLimit).toBe(limit);
  });
});

it('the first service time is that of the stage’s instance types', () => {
  const serviceSeconds = (config: StageConfig) => {
    const { policy } = resolveStage('own', config);
    return policy.kind === 'threshold' ? undefined : policy.serviceSeconds;
  };
  expect(serviceSeconds({})).toBe(DEFAULT_POLICY.serviceSeconds);
  expect(serviceSeconds({ instanceTypes: ['g6.2xlarge'] })).toBeLessThan(DEFAULT_POLICY.serviceSeconds);
  expect(serviceSeconds({ instanceTypes: ['g6.2xlarge'], policy: { ...slo, serviceSeconds: 9 } })).toBe(9);
});

it.each<[StageConfig, Record<string, unknown>]>([
  [{ policy: { kind: 'slo', targetWaitSeconds: 20 } }, { ...DEFAULT_POLICY, targetWaitSeconds: 20 }],
  [{ policy: { kind: 'forecast' } }, { ...DEFAULT_POLICY, kind: 'forecast' }],
  [
    { policy: { kind: 'slo', p95WaitSeconds: 30 } },
    { ...DEFAULT_POLICY, p95WaitSeconds: 30, targetWaitSeconds: 30 },
  ],
  [
    { policy: { kind: 'slo', p95WaitSeconds: 30, targetWaitSeconds: 10 } },
    { ...DEFAULT_POLICY, p95WaitSeconds: 30, targetWaitSeconds: 10 },
  ],
  [
    { minCapacity: 1, policy: { kind: 'threshold', scaleOutStep: 4 } },
    { ...threshold, scaleOutStep: 4 },
  ],
])('%j: what a policy leaves out has its default', (config, policy) => {
  expect(resolve(config).policy).toEqual(policy);
});
