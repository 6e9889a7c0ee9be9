/**
 * When each alarm rings. What it means and what to do stands in `contract/alarms.ts`, and at length in `docs/runbook.md`.
 *
 * No metric maths: what an alarm needs is published as a metric of its own, so that a graph of it shows why it rang. And no
 * labels: with one, CloudFormation gets the form for maths, which the local AWS does not take.
 * What missing data means is decided for each, and said why.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmId } from '../contract/alarms.ts';
import { METRICS, REASON_DIMENSION } from '../contract/names.ts';
import { QUEUE_METRICS } from '../contract/panels.ts';
import type { Reason } from '../contract/reasons.ts';
import type { MetricOf } from './stage-metrics.ts';

export interface AlarmRule extends Omit<MetricOf, 'label'> {
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** Of one datapoint. @default - a minute */
  readonly period?: Duration;
  readonly evaluationPeriods: number;
  /** Of those, how many have to be beyond the threshold. @default - all */
  readonly datapointsToAlarm?: number;
  readonly treatMissingData: TreatMissingData;
}

/** What alarms depend on. */
export interface AlarmLimits {
  readonly promisedWaitSeconds: number;
  /** USD; undefined without a limit, and then without an alarm. */
  readonly dailySpendLimit?: number | undefined;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } =
  ComparisonOperator;
const FINE = TreatMissingData.NOT_BREACHING;
const AT_MAX: Reason = 'at-max';

/** @returns the rules by alarm; undefined for one that makes no sense within these limits */
export function alarmRules({
  promisedWaitSeconds,
  dailySpendLimit,
}: AlarmLimits): Record<AlarmId, AlarmRule | undefined> {
  const above = { comparison: GREATER_THAN_THRESHOLD, threshold: 0 };
  return {
    'oldest-photo': {
      ...QUEUE_METRICS.oldestAge,
      statistic: 'Maximum',
      comparison: GREATER_THAN_THRESHOLD,
      threshold: promisedWaitSeconds,
      evaluationPeriods: 3,
      // SQS says nothing of a queue that has been empty for hours.
      treatMissingData: FINE,
    },
    'dead-letters': {
      ...QUEUE_METRICS.deadLetters,
      statistic: 'Maximum',
      ...above,
      evaluationPeriods: 1,
      // Likewise, and then there are none.
      treatMissingData: FINE,
    },
    failures: {
      metric: METRICS.failures,
      statistic: 'Average',
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0.05,
      period: Duration.minutes(5),
      // One broken file on a quiet night is in one of them.
      evaluationPeriods: 3,
      // No photo, no failure.
      treatMissingData: FINE,
    },
    'no-tick': {
      metric: METRICS.metricsUnavailable,
      statistic: 'SampleCount',
      comparison: LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      // Silence is what this one is about.
      treatMissingData: TreatMissingData.BREACHING,
    },
    'metrics-unavailable': {
      metric: METRICS.metricsUnavailable,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Said by the one above.
      treatMissingData: FINE,
    },
    'failed-ticks': {
      metric: METRICS.failedTicks,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Said by the first of these three.
      treatMissingData: FINE,
    },
    'at-maximum': {
      metric: METRICS.decisions,
      dimension: [REASON_DIMENSION, AT_MAX],
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 15,
      // A minute without such a decision publishes none.
      treatMissingData: FINE,
    },
    'capacity-shortage': {
      metric: METRICS.unfulfilled,
      statistic: 'Maximum',
      ...above,
      // Two minutes of grace: an instance that comes and fails at once looks like an end of the shortage.
      evaluationPeriods: 10,
      datapointsToAlarm: 8,
      // A blind tick knows nothing of it, and has an alarm of its own.
      treatMissingData: FINE,
    },
    'canary-failures': {
      metric: METRICS.canaryFailures,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 1,
      // Workers publish while they have something to say.
      treatMissingData: FINE,
    },
    'daily-spend':
      dailySpendLimit === undefined
        ? undefined
        : {
            metric: METRICS.spentToday,
            statistic: 'Maximum',
            comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold: dailySpendLimit,
            evaluationPeriods: 1,
            // Blind ticks publish none; what was spent does not come back, so what was true stays true.
            treatMissingData: TreatMissingData.IGNORE,
          },
  };
}
