/** What a tick becomes in CloudWatch: every figure that is known, and nothing of what is not. */
import { describe, expect, it } from 'vitest';
import { METRICS } from '../../../../contract/names.ts';
import { metricData } from '../../../../lambda/scaler/aws/metrics.ts';

describe('the data of a tick', () => {
  const fleet = { desired: 3, inService: 2, pending: 1, draining: 0, min: 0, max: 5 };
  const values = (data: ReturnType<typeof metricData>): Record<string, number | undefined> =>
    Object.fromEntries(data.map(({ MetricName = '', Value }) => [MetricName, Value]));

  const calculation = {
    rate: 0.5,
    serviceSeconds: 6,
    bootSeconds: 90,
    queuedThen: 4,
    price: 0.12,
    meanWait: 8,
    late: 1,
    load: 3,
  };

  it('has every figure of a tick', () => {
    const data = metricData('dev', {
      at: 100,
      reason: 'scale-out',
      counts: { visible: 9, inFlight: 2 },
      fleet,
      needed: 4,
      calculation,
      figures: { perHour: 1.5, spentToday: 20, busy: 0.75 },
      unfulfilled: 2,
    });
    expect(values(data)).toEqual({
      [METRICS.visible]: 9,
      [METRICS.inFlight]: 2,
      [METRICS.backlogPerInstance]: 5.5,
      [METRICS.desired]: 3,
      [METRICS.inService]: 2,
      [METRICS.pending]: 1,
      [METRICS.draining]: 0,
      [METRICS.decisions]: 1,
      [METRICS.metricsUnavailable]: 0,
      [METRICS.failedTicks]: 0,
      [METRICS.needed]: 4,
      [METRICS.unfulfilled]: 2,
      [METRICS.late]: 1,
      [METRICS.arrivalsPerMinute]: 30,
      [METRICS.serviceTime]: 6,
      [METRICS.bootTime]: 90,
      [METRICS.meanWait]: 8,
      [METRICS.forecast]: 4,
      [METRICS.costPerHour]: 1.5,
      [METRICS.spentToday]: 20,
      [METRICS.gpuBusy]: 75,
    });
  });

  it('has no mean wait before there were photos', () => {
    const none = { ...calculation, meanWait: null };
    const tick = {
      at: 100,
      reason: 'steady',
      counts: undefined,
      fleet,
      needed: 0,
      calculation: none,
    } as const;
    expect(values(metricData('dev', tick))).not.toHaveProperty(METRICS.meanWait);
  });

  it('tells of failed launches by code, type and zone, and of each control that holds', () => {
    const lost = { code: 'InsufficientInstanceCapacity', instanceType: 'g4dn.xlarge', message: '' };
    const data = metricData('dev', {
      at: 100,
      reason: 'shortage',
      counts: undefined,
      fleet: undefined,
      needed: undefined,
      calculation: undefined,
      failedLaunches: [lost, { ...lost, availabilityZone: 'us-east-1a' }, lost],
      controls: { pauseScaleIn: {}, ceiling: { instances: 7, until: 999 }, dryRun: {} },
      dryRunDesired: 4,
    });
    const told = (name: string) =>
      data
        .filter(({ MetricName }) => MetricName === name)
        .map(({ Value, Dimensions }) => [Value, ...(Dimensions ?? []).slice(1).map((one) => one.Value)]);
    expect(told(METRICS.failedLaunches)).toEqual([
      [2, 'InsufficientInstanceCapacity', 'g4dn.xlarge', 'unknown'],
      [1, 'InsufficientInstanceCapacity', 'g4dn.xlarge', 'us-east-1a'],
    ]);
    expect(told(METRICS.control)).toEqual([
      [1, 'pauseScaleIn'],
      [7, 'ceiling'],
      [4, 'dryRun'],
    ]);
  });

  it('leaves out what could not be read', () => {
    const data = metricData('dev', {
      at: 100,
      reason: 'metrics-unavailable',
      counts: undefined,
      fleet: undefined,
      needed: undefined,
      calculation: undefined,
    });
    expect(values(data)).toEqual({
      [METRICS.decisions]: 1,
      [METRICS.metricsUnavailable]: 1,
      [METRICS.failedTicks]: 0,
    });
  });

  it('reckons the backlog of an empty fleet as if one instance had it', () => {
    const none = { ...fleet, inService: 0 };
    const data = metricData('dev', {
      at: 100,
      reason: 'steady',
      counts: { visible: 7, inFlight: 0 },
      fleet: none,
      needed: undefined,
      calculation: undefined,
    });
    expect(values(data)[METRICS.backlogPerInstance]).toBe(7);
  });
});
