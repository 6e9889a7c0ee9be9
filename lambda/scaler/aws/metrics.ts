/** What a tick publishes in CloudWatch. */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import {
  CONTROL_DIMENSION,
  METRIC_NAMESPACE,
  METRICS,
  POOL_DIMENSION,
  REASON_DIMENSION,
  STAGE_DIMENSION,
} from '../../../contract/names.ts';
import type { ControlName } from '../policy/controls.ts';
import type { PoolName } from '../policy/pools/pool-name.ts';
import type { FailedLaunch, Metrics, TickMetrics } from '../ports.ts';

/** Failed launches by code, type and zone. */
function countedBy(failed: FailedLaunch[]): [dimensions: { Name: string; Value: string }[], count: number][] {
  const counts = new Map<string, number>();
  for (const { code, instanceType = 'unknown', availabilityZone = 'unknown' } of failed) {
    const key = JSON.stringify({
      Code: code,
      InstanceType: instanceType,
      AvailabilityZone: availabilityZone,
    });
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => [
    Object.entries(JSON.parse(key) as Record<string, string>).map(([Name, Value]) => ({ Name, Value })),
    count,
  ]);
}

/** Counts of each pool that has any: a series of zeros costs as much as any, and a fleet at rest publishes none of these. */
function countedByPool({
  fleet,
  failedLaunches = [],
}: TickMetrics): [PoolName, metric: string, count: number][] {
  if (!fleet?.pools) return [];
  const { spot, onDemand } = fleet.pools;
  return (
    [
      ['spot', spot],
      ['on-demand', onDemand],
    ] as const
  ).flatMap(([pool, { desired, inService, pending }]) => {
    const failed = failedLaunches.filter((launch) => launch.pool === pool).length;
    const counts: [PoolName, string, number][] = [
      [pool, METRICS.desired, desired],
      [pool, METRICS.inService, inService],
      [pool, METRICS.pending, pending],
    ];
    return [
      ...(desired + inService + pending > 0 ? counts : []),
      ...(failed > 0 ? ([[pool, METRICS.failedLaunches, failed]] as [PoolName, string, number][]) : []),
    ];
  });
}

/** The data of one tick. What could not be read is left out: a gap in a graph is right, a zero would be wrong. */
export function metricData(stage: string, tick: TickMetrics): MetricDatum[] {
  const { at, reason, counts, fleet, needed, calculation, unfulfilled } = tick;
  const { failedLaunches = [], controls = {}, implausible = 0, dryRunDesired, figures } = tick;
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const datum = (
    MetricName: string,
    Value: number,
    {
      Unit = 'Count',
      more = Dimensions,
    }: { Unit?: 'Count' | 'Seconds' | 'Percent' | 'None'; more?: typeof Dimensions } = {},
  ): MetricDatum => ({ MetricName, Value, Unit, Timestamp: new Date(at * 1000), Dimensions: more });
  const data = [
    datum(METRICS.decisions, 1, { more: [...Dimensions, { Name: REASON_DIMENSION, Value: reason }] }),
    datum(METRICS.metricsUnavailable, reason === 'metrics-unavailable' ? 1 : 0),
    datum(METRICS.failedTicks, tick.failed && reason !== 'metrics-unavailable' ? 1 : 0),
  ];
  if (counts) data.push(datum(METRICS.visible, counts.visible), datum(METRICS.inFlight, counts.inFlight));
  if (fleet) {
    data.push(datum(METRICS.desired, fleet.desired), datum(METRICS.inService, fleet.inService));
    data.push(datum(METRICS.pending, fleet.pending), datum(METRICS.draining, fleet.draining));
  }
  if (counts && fleet) {
    const backlog = counts.visible + counts.inFlight;
    data.push(datum(METRICS.backlogPerInstance, backlog / Math.max(1, fleet.inService)));
  }
  if (unfulfilled !== undefined) data.push(datum(METRICS.unfulfilled, unfulfilled));
  for (const [dimensions, count] of countedBy(failedLaunches)) {
    data.push(datum(METRICS.failedLaunches, count, { more: [...Dimensions, ...dimensions] }));
  }
  for (const [pool, name, count] of countedByPool(tick))
    data.push(datum(name, count, { more: [...Dimensions, { Name: POOL_DIMENSION, Value: pool }] }));
  // Only while one is active: a series that is nearly always zero costs as much as any.
  for (const [name, control] of Object.entries(controls) as [ControlName, { instances?: number }][]) {
    const value = name === 'dryRun' ? dryRunDesired : (control.instances ?? 1);
    const named = [...Dimensions, { Name: CONTROL_DIMENSION, Value: name }];
    if (value !== undefined) data.push(datum(METRICS.control, value, { more: named }));
  }
  if (needed !== undefined) data.push(datum(METRICS.needed, needed));
  if (calculation) {
    const { rate, serviceSeconds, bootSeconds, late, meanWait, queuedThen } = calculation;
    data.push(datum(METRICS.arrivalsPerMinute, rate * 60), datum(METRICS.late, late));
    data.push(datum(METRICS.forecast, queuedThen));
    data.push(datum(METRICS.serviceTime, serviceSeconds, { Unit: 'Seconds' }));
    data.push(datum(METRICS.bootTime, bootSeconds, { Unit: 'Seconds' }));
    if (meanWait !== null) data.push(datum(METRICS.meanWait, meanWait, { Unit: 'Seconds' }));
  }
  // Likewise only while there are any.
  const { visible: bulkVisible = 0, inFlight: bulkInFlight = 0 } = counts?.bulk ?? {};
  if (bulkVisible + bulkInFlight > 0) {
    data.push(datum(METRICS.bulkVisible, bulkVisible), datum(METRICS.bulkInFlight, bulkInFlight));
  }
  if (counts?.sidelined) data.push(datum(METRICS.sidelinedVisible, counts.sidelined));
  if (tick.bulkDeadlineUsed !== undefined)
    data.push(datum(METRICS.bulkDeadlineUsed, tick.bulkDeadlineUsed, { Unit: 'Percent' }));
  if (tick.bootFailures) data.push(datum(METRICS.bootFailures, tick.bootFailures));
  if (tick.warmPoolBootFailures) data.push(datum(METRICS.warmPoolBootFailures, tick.warmPoolBootFailures));
  if (implausible > 0) data.push(datum(METRICS.implausibleReports, implausible));
  if (figures) {
    data.push(datum(METRICS.costPerHour, figures.perHour, { Unit: 'None' }));
    data.push(datum(METRICS.spentToday, figures.spentToday, { Unit: 'None' }));
    if (figures.busy !== undefined)
      data.push(datum(METRICS.gpuBusy, 100 * figures.busy, { Unit: 'Percent' }));
  }
  return data;
}

export class CloudWatchMetrics implements Metrics {
  constructor(
    private readonly cloudWatch: CloudWatchClient,
    private readonly stage: string,
  ) {}

  async publish(metrics: TickMetrics) {
    const MetricData = metricData(this.stage, metrics);
    await this.cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
  }
}
