/** When the alarms of the events of outcomes and of webhooks go off. */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmId } from '../contract/alarms.ts';
import { METRICS } from '../contract/names.ts';
import { QUEUE_METRICS } from '../contract/panels.ts';
import { notEmpty, tooOld, type AlarmRule } from './alarm-rule.ts';
import type { WatchedFunction } from './stage-metrics.ts';

/** Runs of a function that fail. Without a run, there is none that failed. */
const errorsOf = (
  service: WatchedFunction,
  over: Pick<AlarmRule, 'period' | 'evaluationPeriods' | 'datapointsToAlarm'>,
): AlarmRule => ({
  ...{
    service,
    metric: 'Errors',
    statistic: 'Sum',
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
  },
  ...{ ...over, treatMissingData: TreatMissingData.NOT_BREACHING },
});

export const EVENT_RULES: Partial<Record<AlarmId, AlarmRule>> = {
  'outcome-age': tooOld(QUEUE_METRICS.oldestOutcome, 900),
  'outcome-dead-letters': notEmpty(QUEUE_METRICS.outcomeDeadLetters),
  'lost-events': {
    metric: METRICS.lostEvents,
    statistic: 'Sum',
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 0,
    period: Duration.minutes(5),
    evaluationPeriods: 1,
    // Published only where the sweep has found any.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  },
  // A run an hour, and a pass each six: one that fails alone is made up for by the next. Two passes are within twelve hours.
  'event-sweep-errors': errorsOf('eventSweep', {
    ...{ period: Duration.hours(1), evaluationPeriods: 12, datapointsToAlarm: 2 },
  }),
};

export const WEBHOOK_RULES: Partial<Record<AlarmId, AlarmRule>> = {
  'webhook-age': {
    metric: METRICS.oldestDelivery,
    statistic: 'Maximum',
    comparison: ComparisonOperator.GREATER_THAN_THRESHOLD,
    threshold: 3600,
    period: Duration.minutes(5),
    evaluationPeriods: 2,
    // Published only while a delivery waits.
    treatMissingData: TreatMissingData.NOT_BREACHING,
  },
  'webhook-dead-letters': notEmpty(QUEUE_METRICS.webhookDeadLetters),
  // A run each five minutes. While it fails, `webhook-age` has no metric.
  'webhook-sweep-errors': errorsOf('webhookSweep', {
    ...{ period: Duration.minutes(5), evaluationPeriods: 12, datapointsToAlarm: 3 },
  }),
};
