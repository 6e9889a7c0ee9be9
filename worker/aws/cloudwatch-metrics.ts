/**
 * Publishes the worker's metrics to CloudWatch, with the stage as their dimension. A dimension for the instance would create
 * metrics, each with its price, for every instance that ever runs.
 */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import type { Lane } from '../../contract/lanes.ts';
import {
  CODE_DIMENSION,
  LANE_DIMENSION,
  METRIC_NAMESPACE,
  METRICS,
  OUTCOME_DIMENSION,
  PHASE_DIMENSION,
  STAGE_DIMENSION,
  WORKFLOW_DIMENSION,
} from '../../contract/names.ts';
import type { BootPhases } from '../instance/boot.ts';
import type { PhotoMetricsBatch } from '../telemetry/photo-metrics.ts';

const WITHOUT_UNIT = new Set<string>([METRICS.megapixels, METRICS.batchPhotos]);
/** PutMetricData's limit on the values of one datum. */
const MAX_VALUES = 150;

export async function publishPhotoMetrics(
  cloudWatch: CloudWatchClient,
  stage: string,
  batch: PhotoMetricsBatch,
): Promise<void> {
  const MetricData = metricData(stage, batch);
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}

export function metricData(stage: string, batch: PhotoMetricsBatch): MetricDatum[] {
  const { outcomes, codes, canaryFailures, precisionChanges, instanceFaults, values, bulkWaits } = batch;
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const OfBulk = [...Dimensions, { Name: LANE_DIMENSION, Value: 'bulk' satisfies Lane }];
  const photos = [...outcomes].map(([outcome, count]) => ({
    MetricName: METRICS.photos,
    Dimensions: [...Dimensions, { Name: OUTCOME_DIMENSION, Value: outcome }],
    Unit: 'Count' as const,
    Value: count,
  }));
  const failed = [...codes].map(([code, count]) => ({
    MetricName: METRICS.failedPhotos,
    Dimensions: [...Dimensions, { Name: CODE_DIMENSION, Value: code }],
    Unit: 'Count' as const,
    Value: count,
  }));
  const measured = [...values].map(([name, counts]) => ({ name, counts, Dimensions }));
  const waits = { name: METRICS.waitTime, counts: bulkWaits, Dimensions: OfBulk };
  const ofWorkflows = [...batch.workflowTimes].map(([workflow, counts]) => ({
    name: METRICS.comfyTime,
    counts,
    Dimensions: [...Dimensions, { Name: WORKFLOW_DIMENSION, Value: workflow }],
  }));
  const distributions = [...measured, waits, ...ofWorkflows].flatMap(
    ({ name: MetricName, counts, Dimensions }) =>
      chunks([...counts], MAX_VALUES).map((chunk) => ({
        MetricName,
        Dimensions,
        Unit: WITHOUT_UNIT.has(MetricName) ? ('None' as const) : ('Seconds' as const),
        Values: chunk.map(([value]) => value),
        Counts: chunk.map(([, count]) => count),
      })),
  );
  const counts = Object.entries({
    [METRICS.instanceFaults]: instanceFaults,
    [METRICS.canaryFailures]: canaryFailures,
    [METRICS.precisionChanges]: precisionChanges,
  }).map(([MetricName, Value]) => ({ MetricName, Dimensions, Unit: 'Count' as const, Value }));
  return [...photos, ...failed, ...failuresOf(Dimensions, outcomes), ...distributions, ...counts];
}

/** 0 for each photo that succeeded and 1 for each that failed: the mean is the failure rate, without metric math. */
function failuresOf(
  Dimensions: MetricDatum['Dimensions'],
  outcomes: PhotoMetricsBatch['outcomes'],
): MetricDatum[] {
  const counts = [outcomes.get('succeeded') ?? 0, outcomes.get('failed') ?? 0];
  const Values = [0, 1].filter((value) => counts[value]! > 0);
  if (Values.length === 0) return [];
  const Counts = Values.map((value) => counts[value]!);
  return [{ MetricName: METRICS.failures, Dimensions, Unit: 'None', Values, Counts }];
}

/** Called once per boot. */
export async function publishBootPhases(
  cloudWatch: CloudWatchClient,
  stage: string,
  phases: BootPhases,
): Promise<void> {
  const MetricData = Object.entries(phases).map(([phase, seconds]: [string, number]) => ({
    MetricName: METRICS.bootPhase,
    Dimensions: [
      { Name: STAGE_DIMENSION, Value: stage },
      { Name: PHASE_DIMENSION, Value: phase },
    ],
    Unit: 'Seconds' as const,
    Value: seconds,
  }));
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}

/** Publishes one of a metric that counts. */
export async function publishCount(cloudWatch: CloudWatchClient, stage: string, name: string): Promise<void> {
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const MetricData = [{ MetricName: name, Dimensions, Unit: 'Count' as const, Value: 1 }];
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}

const chunks = <T>(all: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, k) => all.slice(k * size, (k + 1) * size));
