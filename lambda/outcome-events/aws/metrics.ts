/** The metrics of events and webhooks. */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../../contract/names.ts';

/** What the two sweeps publish; a figure of zero, and the cost of it, is left out. */
export interface SweepFigures {
  /** Seconds that the oldest delivery of a webhook has waited. */
  oldestSeconds?: number;
  /** Events that had not been sent. */
  lostEvents?: number;
}

export const metricData = (
  stage: string,
  { oldestSeconds = 0, lostEvents = 0 }: SweepFigures,
): MetricDatum[] => {
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const figures: MetricDatum[] = [
    { MetricName: METRICS.oldestDelivery, Unit: 'Seconds', Value: oldestSeconds, Dimensions },
    { MetricName: METRICS.lostEvents, Unit: 'Count', Value: lostEvents, Dimensions },
  ];
  return figures.filter(({ Value }) => Value !== 0);
};

export async function publish(client: CloudWatchClient, stage: string, figures: SweepFigures): Promise<void> {
  const MetricData = metricData(stage, figures);
  if (MetricData.length === 0) return;
  await client.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}
