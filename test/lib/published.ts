/** The metrics that the scaler and the workers publish, by running their code. */
import type { MetricDatum } from '@aws-sdk/client-cloudwatch';
import {
  metricData as workerData,
  publishBootPhases,
  publishCount,
} from '../../worker/aws/cloudwatch-metrics.ts';
import type { PhotoMeasurements } from '../../worker/photo/pipeline.ts';
import { PhotoMetrics, type PhotoMetricsBatch } from '../../worker/telemetry/photo-metrics.ts';
import type { BootPhases } from '../../worker/instance/boot.ts';
import type { Outcome } from '../../worker/photo/handle-job.ts';
import { FAILURE_CODES } from '../../contract/failure.ts';
import { AGENT_METRICS, METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../contract/names.ts';
import { metricData as probeData } from '../../lambda/probe/aws/ports.ts';
import { embedded, metricData as eventsData } from '../../lambda/outcome-events/aws/metrics.ts';
import { metricData as scalerData } from '../../lambda/scaler/aws/metrics.ts';
import { REASONS } from '../../contract/reasons.ts';
import type { TickMetrics } from '../../lambda/scaler/ports.ts';

/** A metric by its namespace, name and dimensions; a dimension whose values are not known beforehand has no value. */
export type Series = string;

export const seriesOf = (
  namespace: string,
  name: string,
  dimensions: (readonly [string, string?])[],
): Series =>
  `${namespace} ${name} ${dimensions
    .map(([dimension, value]) => (value === undefined ? dimension : `${dimension}=${value}`))
    .sort()
    .join(' ')}`;

const dataSeries = (data: MetricDatum[]): Series[] =>
  data.map(({ MetricName, Dimensions = [] }) =>
    seriesOf(
      METRIC_NAMESPACE,
      MetricName ?? '',
      Dimensions.map(({ Name = '', Value }): [string, string?] => [
        Name,
        OPEN.includes(Name) ? undefined : Value,
      ]),
    ),
  );

/** Of a line that CloudWatch makes metrics of. */
const embeddedSeries = (line: ReturnType<typeof embedded>): Series[] =>
  line._aws.CloudWatchMetrics.flatMap(({ Namespace, Dimensions, Metrics }) =>
    Metrics.map(({ Name }) =>
      seriesOf(
        Namespace,
        Name,
        Dimensions.flat().map((name): [string, string] => [
          name,
          JSON.stringify({ ...line }[name]).replaceAll('"', ''),
        ]),
      ),
    ),
  );

/** Dimensions of failed launches, with any value of EC2. */
const OPEN = ['InstanceType', 'AvailabilityZone'];

const POOL = { desired: 1, inService: 1, pending: 0, draining: 0, min: 0, max: 2 };

const fullTick = (reason: TickMetrics['reason']): TickMetrics => ({
  at: 1,
  reason,
  counts: { visible: 1, inFlight: 1, sidelined: 1, bulk: { visible: 1, inFlight: 1 } },
  bulkDeadlineUsed: 1,
  fleet: {
    ...{ desired: 1, inService: 1, pending: 0, draining: 0, min: 0, max: 2 },
    pools: { spot: POOL, onDemand: POOL, stopped: 0 },
  },
  needed: 1,
  calculation: {
    rate: 1,
    serviceSeconds: 1,
    bootSeconds: 1,
    queuedThen: 1,
    price: 1,
    meanWait: 1,
    late: 0,
    load: 1,
  },
  figures: { perHour: 1, spentToday: 1, busy: 1 },
  unfulfilled: 1,
  implausible: 1,
  bootFailures: 1,
  warmPoolBootFailures: 1,
});

/** A photo with all figures. */
const fullPhoto: Required<PhotoMeasurements> = {
  megapixels: 1,
  queueSeconds: 1,
  waitSeconds: 1,
  fetchSeconds: 1,
  prepareSeconds: 1,
  slotWaitSeconds: 1,
  comfySeconds: 1,
  batchPhotos: 1,
  finishSeconds: 1,
  storeSeconds: 1,
};

/** The figures of a worker after one photo of each outcome. */
async function fullFigures(): Promise<PhotoMetricsBatch> {
  const published: PhotoMetricsBatch[] = [];
  const metrics = new PhotoMetrics({
    publish: (figures) => Promise.resolve(void published.push(figures)),
    log: () => undefined,
  });
  const outcomes: Record<Outcome, 1> = { succeeded: 1, failed: 1, dropped: 1, returned: 1 };
  for (const outcome of Object.keys(outcomes) as Outcome[]) metrics.add(outcome, fullPhoto);
  for (const code of FAILURE_CODES) metrics.add('failed', fullPhoto, code);
  metrics.add('succeeded', fullPhoto, undefined, 'bulk');
  metrics.addInstanceFault();
  metrics.addCanaryFailure();
  await metrics.flush();
  return published[0]!;
}

const fullBoot: Required<BootPhases> = { kernel: 1, driver: 1, services: 1, comfyui: 1, canary: 1 };

/** Every metric that is published for a stage; failed launches without the values of their dimensions. */
export async function publishedBy(stage: string): Promise<Set<Series>> {
  const boot: MetricDatum[] = [];
  const client = {
    send: (command: { input: { MetricData?: MetricDatum[] } }) => {
      boot.push(...(command.input.MetricData ?? []));
      return Promise.resolve({});
    },
  };
  await publishBootPhases(client as never, stage, fullBoot);
  for (const name of [METRICS.gpuErrors, METRICS.logDeliveryFailures])
    await publishCount(client as never, stage, name);
  // By the agent, whose configuration another test compares with these names.
  const agent = Object.values(AGENT_METRICS).map((name) =>
    seriesOf(METRIC_NAMESPACE, name, [[STAGE_DIMENSION, stage]]),
  );
  const launches = scalerData(stage, {
    ...fullTick('steady'),
    failedLaunches: [
      { code: 'any', message: '', instanceType: 'any', availabilityZone: 'any', pool: 'spot' },
    ],
  });
  return new Set([
    ...REASONS.flatMap((reason) => dataSeries(scalerData(stage, fullTick(reason)))),
    ...dataSeries(workerData(stage, await fullFigures())),
    ...agent,
    ...dataSeries(probeData(stage, 1)),
    ...dataSeries(eventsData(stage, { oldestSeconds: 1, waiting: 1, lostEvents: 1 })),
    ...embeddedSeries(embedded(stage, { delivered: 1, failedAttempts: 1 }, 1)),
    ...dataSeries(boot),
    ...dataSeries(launches).map((series) => series.replace('Code=any', 'Code')),
  ]);
}
