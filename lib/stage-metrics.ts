/** The metrics of a stage as the CDK names them: ours by the stage's name, those of its queues by the queues. */
import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { METRIC_NAMESPACE, STAGE_DIMENSION } from '../contract/names.ts';
import type { PanelSeries } from '../contract/panels.ts';

export interface MetricOf extends Pick<PanelSeries, 'metric' | 'queue' | 'dimension'> {
  /** @default - the name of the metric */
  readonly label?: string;
  /** As CloudWatch names them, `SampleCount` too. */
  readonly statistic: string;
}

export class StageMetrics {
  constructor(
    private readonly stageName: string,
    private readonly queues: { jobs: sqs.IQueue; deadLetters?: sqs.IQueue | undefined },
  ) {}

  /** Whether there is such a metric: not every queue has one for dead letters. */
  has({ queue }: Pick<MetricOf, 'queue'>): boolean {
    return queue === undefined || this.queues[queue] !== undefined;
  }

  of(
    { metric, statistic, queue, dimension, label }: MetricOf,
    period = Duration.minutes(1),
  ): cloudwatch.Metric {
    const common = { statistic, label, period };
    if (queue === undefined) {
      const dimensionsMap = {
        [STAGE_DIMENSION]: this.stageName,
        ...(dimension && { [dimension[0]]: dimension[1] }),
      };
      return new cloudwatch.Metric({
        ...common,
        namespace: METRIC_NAMESPACE,
        metricName: metric,
        dimensionsMap,
      });
    }
    const found = this.queues[queue];
    if (!found) throw new Error(`metric '${metric}': there is no queue of '${queue}'`);
    return found.metric(metric, common);
  }
}
