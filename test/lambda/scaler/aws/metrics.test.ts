/** The metrics of a tick: every figure that is known, and none that is not. */
import { describe, expect, it } from 'vitest';
import { METRIC_NAMESPACE, METRICS } from '../../../../contract/names.ts';
import { CloudWatchMetrics, metricData } from '../../../../lambda/scaler/aws/metrics.ts';
import { stub } from '../support/stub-client.ts';

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

  it('counts failed launches by code, type and zone, and has each active control', () => {
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
    const valuesOf = (name: string) =>
      data
        .filter(({ MetricName }) => MetricName === name)
        .map(({ Value, Dimensions }) => [Value, ...(Dimensions ?? []).slice(1).map((one) => one.Value)]);
    expect(valuesOf(METRICS.failedLaunches)).toEqual([
      [2, 'InsufficientInstanceCapacity', 'g4dn.xlarge', 'unknown'],
      [1, 'InsufficientInstanceCapacity', 'g4dn.xlarge', 'us-east-1a'],
    ]);
    expect(valuesOf(METRICS.control)).toEqual([
      [1, 'pauseScaleIn'],
      [7, 'ceiling'],
      [4, 'dryRun'],
    ]);
  });

  it('counts the instances and the failed launches of each pool that has any', () => {
    const pool = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 5 };
    const lost = { code: 'InsufficientInstanceCapacity', message: '', pool: 'spot' } as const;
    const unbooted = { code: 'NeverInService', message: '', pool: 'on-demand' } as const;
    const ofPools = (onDemand: object, failedLaunches: (typeof lost | typeof unbooted)[]) =>
      metricData('dev', {
        ...{ at: 100, reason: 'steady', counts: undefined, needed: undefined, calculation: undefined },
        fleet: { ...fleet, pools: { spot: pool, onDemand: { ...pool, ...onDemand }, stopped: 0 } },
        failedLaunches,
      }).flatMap(({ MetricName, Value, Dimensions = [] }) =>
        Dimensions[1]?.Name === 'Pool' ? [[Dimensions.length, Dimensions[1].Value, MetricName, Value]] : [],
      );
    expect(ofPools({ desired: 3, inService: 1, pending: 2 }, [lost, lost, unbooted])).toEqual([
      [2, 'spot', METRICS.failedLaunches, 2],
      [2, 'on-demand', METRICS.desired, 3],
      [2, 'on-demand', METRICS.inService, 1],
      [2, 'on-demand', METRICS.pending, 2],
      [2, 'on-demand', METRICS.failedLaunches, 1],
    ]);
    expect(ofPools({}, [])).toEqual([]);
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

  it('divides the backlog of an empty fleet by one instance', () => {
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

it('metrics go into one namespace, with the time of the tick and the stage', async () => {
  const { client, sent } = stub<never>();
  await new CloudWatchMetrics(client, 'prod').publish({
    at: 1_800_000_000,
    reason: 'steady',
    counts: { visible: 3, inFlight: 1 },
    fleet: undefined,
    needed: undefined,
    calculation: undefined,
  });
  const Timestamp = new Date('2027-01-15T08:00:00Z');
  const Stage = { Name: 'Stage', Value: 'prod' };
  const datum = (MetricName: string, Value: number, ...more: object[]) => ({
    MetricName,
    Value,
    Unit: 'Count',
    Timestamp,
    Dimensions: [Stage, ...more],
  });
  expect(sent).toEqual([
    [
      'PutMetricDataCommand',
      {
        Namespace: METRIC_NAMESPACE,
        MetricData: [
          datum('Decisions', 1, { Name: 'Reason', Value: 'steady' }),
          datum('MetricsUnavailable', 0),
          datum('FailedTicks', 0),
          datum('Visible', 3),
          datum('InFlight', 1),
        ],
      },
    ],
  ]);
});
