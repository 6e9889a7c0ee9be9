/** The metric of the webhooks. */
import { PutMetricDataCommand, type CloudWatchClient, type MetricDatum } from '@aws-sdk/client-cloudwatch';
import { METRIC_NAMESPACE, METRICS, STAGE_DIMENSION } from '../../../contract/names.ts';

export const metricData = (stage: string, oldestSeconds: number): MetricDatum[] => [
  {
    MetricName: METRICS.oldestDelivery,
    Unit: 'Seconds',
    Value: oldestSeconds,
    Dimensions: [{ Name: STAGE_DIMENSION, Value: stage }],
  },
];

/** Nothing, and no cost, while no delivery waits. */
export async function publishOldest(
  client: CloudWatchClient,
  stage: string,
  oldestSeconds: number,
): Promise<void> {
  if (oldestSeconds === 0) return;
  const MetricData = metricData(stage, oldestSeconds);
  await client.send(new PutMetricDataCommand({ Namespace: METRIC_NAMESPACE, MetricData }));
}
