/** A rule of an alarm, and those that queues have in common. */
import type { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { QUEUE_METRICS } from '../contract/panels.ts';
import type { MetricOf } from './stage-metrics.ts';

export interface AlarmRule extends Omit<MetricOf, 'label'> {
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Period of a datapoint. @default - a minute */
  readonly period?: Duration;
  readonly evaluationPeriods: number;
  /** Datapoints beyond the threshold, of the evaluation periods. @default - all */
  readonly datapointsToAlarm?: number;
  readonly treatMissingData: TreatMissingData;
}

type QueueMetric = (typeof QUEUE_METRICS)[keyof typeof QUEUE_METRICS];

/** SQS publishes nothing for a queue that has been empty for hours. */
const EMPTY = TreatMissingData.NOT_BREACHING;

/** A message that is older than so many seconds. */
export const tooOld = (metric: QueueMetric, seconds: number): AlarmRule => ({
  ...metric,
  statistic: 'Maximum',
  comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
  threshold: seconds,
  evaluationPeriods: 3,
  treatMissingData: EMPTY,
});

/** A message in a queue that has none while all is well. */
export const notEmpty = (metric: QueueMetric): AlarmRule => ({
  ...metric,
  statistic: 'Maximum',
  comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
  threshold: 0,
  evaluationPeriods: 1,
  treatMissingData: EMPTY,
});
