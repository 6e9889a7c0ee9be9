/**
 * Figures of photos to CloudWatch. One dimension, the stage: a dimension for the instance would make new metrics, each
 * with its price, of every instance that ever was.
 */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import {
  CODE_DIMENSION,
  METRIC_NAMESPACE,
  METRICS,
  OUTCOME_DIMENSION,
  PHASE_DIMENSION,
  STAGE_DIMENSION,
} from '../../contract/names.ts';
import type { BootPhases } from '../instance/boot.ts';
import type { PhotoMetricsBatch } from '../telemetry/photo-metrics.ts';

/** PutMetricData's limit on the values of one datum. */
const MOST_VALUES = 150;

export async function publishPhotoMetrics(
  cloudWatch: CloudWatchClient,
  stage: string,
  figures: PhotoMetricsBatch,
): Promise<void> {
  const MetricData = metricData(stage, figures);
  await cloudWatch.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}

export function metricData(stage: string, figures: PhotoMetricsBatch): MetricDatum[] {
  const { outcomes, codes, wrongColours, faults, values } = figures;
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
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
  const distributions = [...values].flatMap(([MetricName, counts]) =>
    chunks([...counts], MOST_VALUES).map((chunk) => ({
      MetricName,
      Dimensions,
      Unit: MetricName === METRICS.megapixels ? ('None' as const) : ('Seconds' as const),
      Values: chunk.map(([value]) => value),
      Counts: chunk.map(([, count]) => count),
    })),
  );
  const fault = { MetricName: METRICS.instanceFaults, Dimensions, Unit: 'Count' as const, Value: faults };
  const wrong = { ...fault, MetricName: METRICS.canaryFailures, Value: wrongColours };
  return [...photos, ...failed, ...failuresOf(Dimensions, outcomes), ...distributions, fault, wrong];
}

/** A zero for each photo that was coloured, a one for each that failed: their mean needs no metric maths. */
function failuresOf(
  Dimensions: MetricDatum['Dimensions'],
  outcomes: PhotoMetricsBatch['outcomes'],
): MetricDatum[] {
  const ends = [outcomes.get('succeeded') ?? 0, outcomes.get('failed') ?? 0];
  const there = [0, 1].filter((end) => ends[end]! > 0);
  if (there.length === 0) return [];
  const Counts = there.map((end) => ends[end]!);
  return [{ MetricName: METRICS.failures, Dimensions, Unit: 'None', Values: there, Counts }];
}

/** Once for each instance that comes up. */
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

const chunks = <T>(all: T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, k) => all.slice(k * size, (k + 1) * size));
