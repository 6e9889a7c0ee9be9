/** The metrics of events and webhooks. */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../../contract/names.ts';

/** What the two sweeps publish; a figure of zero, and the cost of it, is left out. */
export interface SweepFigures {
  /** Seconds that the oldest delivery of a webhook has waited. */
  oldestSeconds?: number;
  /** Deliveries of webhooks that wait. */
  waiting?: number;
  /** Events that had not been sent. */
  lostEvents?: number;
}

export const metricData = (
  stage: string,
  { oldestSeconds = 0, waiting = 0, lostEvents = 0 }: SweepFigures,
): MetricDatum[] => {
  const Dimensions = [{ Name: STAGE_DIMENSION, Value: stage }];
  const figures: MetricDatum[] = [
    { MetricName: METRICS.oldestDelivery, Unit: 'Seconds', Value: oldestSeconds, Dimensions },
    { MetricName: METRICS.waiting, Unit: 'Count', Value: waiting, Dimensions },
    { MetricName: METRICS.lostEvents, Unit: 'Count', Value: lostEvents, Dimensions },
  ];
  return figures.filter(({ Value }) => Value !== 0);
};

export async function publish(client: CloudWatchClient, stage: string, figures: SweepFigures): Promise<void> {
  const MetricData = metricData(stage, figures);
  if (MetricData.length === 0) return;
  await client.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}

/** What a run has sent. */
export interface RunFigures {
  delivered: number;
  failedAttempts: number;
}

/**
 * A log line that CloudWatch makes metrics of: a call for each run would cost more than all else of a delivery.
 *
 * @param atMs epoch milliseconds
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embedded(stage: string, { delivered, failedAttempts }: RunFigures, atMs: number) {
  const figures = { [METRICS.delivered]: delivered, [METRICS.failedAttempts]: failedAttempts };
  const Metrics = Object.keys(figures).map((Name) => ({ Name, Unit: 'Count' }));
  const directive = { Namespace: METRIC_NAMESPACE, Dimensions: [[STAGE_DIMENSION]], Metrics };
  return {
    _aws: { Timestamp: Math.round(atMs), CloudWatchMetrics: [directive] },
    [STAGE_DIMENSION]: stage,
    ...figures,
  };
}
