/**
 * When each alarm goes off. `contract/alarms.ts` has its meaning and first action, `docs/runbook.md` the details.
 *
 * - No metric math: each alarm has a published metric of its own, so that a graph of it shows the cause.
 * - No labels: the CDK writes a metric with a label in the form for metric math, which the local AWS does not accept.
 * - Each alarm states what missing data means, and why.
 */
import { Duration } from 'aws-cdk-lib';
import { ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { AlarmId } from '../contract/alarms.ts';
import { SIDELINED_WAIT_FACTOR } from '../contract/lanes.ts';
import { METRICS, POOL_DIMENSION, REASON_DIMENSION } from '../contract/names.ts';
import { QUEUE_METRICS } from '../contract/panels.ts';
import type { ProbeSchedule } from '../contract/probe.ts';
import type { Reason } from '../contract/reasons.ts';
import type { PoolName } from '../lambda/scaler/policy/pools/pool-name.ts';
import { notEmpty, tooOld, type AlarmRule } from './alarm-rule.ts';
import { burnRules } from './burn-alarms.ts';
import { EVENT_RULES, WEBHOOK_RULES } from './event-alarms.ts';

/** Limits that a stage sets. */
export interface AlarmLimits {
  readonly promisedWaitSeconds: number;
  /** That 95 % of the photos wait at most. @default - promisedWaitSeconds */
  readonly p95WaitSeconds?: number | undefined;
  /** @default false - no alarms of burn rates */
  readonly burnRateAlarms?: boolean | undefined;
  /** @default false - there is no on-demand group of its own, and no alarm of it */
  readonly onDemandFallback?: boolean | undefined;
  /** Instances that the on-demand group always has. @default 0 */
  readonly onDemandBaseCapacity?: number | undefined;
  /** Stopped instances. @default 0 - no alarm of them */
  readonly warmPoolSize?: number | undefined;
  /** USD; undefined: no limit, no alarm. */
  readonly dailySpendLimit?: number | undefined;
  /** @default off - nothing is probed, no alarm */
  readonly probePhoto?: ProbeSchedule | undefined;
  /** @default false - there are no events of outcomes, and no alarm of them */
  readonly hasEvents?: boolean;
  /** @default false - there are no webhooks, and no alarm of them */
  readonly hasWebhooks?: boolean;
  /** @default false - the interactive lane has one queue, and no alarm of a second one */
  readonly hasSidelinedQueue?: boolean;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } =
  ComparisonOperator;
const FINE = TreatMissingData.NOT_BREACHING;
const AT_MAX: Reason = 'at-max';
/** From which on the scaler asks for one instance at a time. */
const BOOT_FAILURES = 3;

/** Launches in a row that failed. */
const bootFailures = (metric: string): AlarmRule => ({
  metric,
  statistic: 'Maximum',
  comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  threshold: BOOT_FAILURES,
  evaluationPeriods: 1,
  // Published at each tick from the first failure to the next success.
  treatMissingData: FINE,
});

/** On-demand instances that stay, and Spot launches that are refused meanwhile. */
const fallbackRules = (baseCapacity: number): Partial<Record<AlarmId, AlarmRule>> => ({
  'on-demand-1h': {
    metric: METRICS.inService,
    dimension: [POOL_DIMENSION, 'on-demand' satisfies PoolName],
    statistic: 'Minimum',
    comparison: GREATER_THAN_THRESHOLD,
    threshold: baseCapacity,
    evaluationPeriods: 60,
    // A minute whose ticks failed publishes none.
    datapointsToAlarm: 55,
    // Published only while the pool has an instance.
    treatMissingData: FINE,
  },
  'spot-refused-1h': {
    metric: METRICS.failedLaunches,
    dimension: [POOL_DIMENSION, 'spot' satisfies PoolName],
    statistic: 'Sum',
    comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
    // In a shortage one launch tries each three minutes. One that is refused by chance in an hour is no shortage.
    threshold: 3,
    period: Duration.minutes(60),
    evaluationPeriods: 1,
    // Published only at a refusal.
    treatMissingData: FINE,
  },
});

/** @returns the rules by alarm; undefined for an alarm without its limit */
export function alarmRules({
  promisedWaitSeconds,
  p95WaitSeconds = promisedWaitSeconds,
  burnRateAlarms = false,
  onDemandFallback = false,
  onDemandBaseCapacity = 0,
  warmPoolSize = 0,
  dailySpendLimit,
  probePhoto = 'off',
  hasEvents = false,
  hasWebhooks = false,
  hasSidelinedQueue = false,
}: AlarmLimits): Partial<Record<AlarmId, AlarmRule>> {
  const above = { comparison: GREATER_THAN_THRESHOLD, threshold: 0 };
  const ofGateway = {
    statistic: 'Sum',
    ...above,
    // Of an hour: where a request comes each twenty minutes, three minutes in a row are never reached.
    evaluationPeriods: 60,
    datapointsToAlarm: 3,
    // No request: no error.
    treatMissingData: FINE,
  };
  return {
    ...burnRules(p95WaitSeconds, burnRateAlarms),
    ...(onDemandFallback ? fallbackRules(onDemandBaseCapacity) : {}),
    'oldest-photo': tooOld(QUEUE_METRICS.oldestAge, promisedWaitSeconds),
    ...(hasSidelinedQueue
      ? {
          'oldest-sidelined-photo': tooOld(
            QUEUE_METRICS.oldestSidelined,
            SIDELINED_WAIT_FACTOR * promisedWaitSeconds,
          ),
        }
      : {}),
    'dead-letters': notEmpty(QUEUE_METRICS.deadLetters),
    failures: {
      metric: METRICS.failures,
      statistic: 'Average',
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 0.05,
      period: Duration.minutes(5),
      // Of three hours: three in a row would never be reached where a photo comes each half hour. A single bad file on a quiet
      // night is in one period only.
      evaluationPeriods: 36,
      datapointsToAlarm: 3,
      // No photo: no failure.
      treatMissingData: FINE,
    },
    'no-tick': {
      metric: METRICS.metricsUnavailable,
      statistic: 'SampleCount',
      comparison: LESS_THAN_THRESHOLD,
      threshold: 1,
      evaluationPeriods: 5,
      // Missing data is what this alarm is for.
      treatMissingData: TreatMissingData.BREACHING,
    },
    'metrics-unavailable': {
      metric: METRICS.metricsUnavailable,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // `no-tick` covers missing data.
      treatMissingData: FINE,
    },
    'failed-ticks': {
      metric: METRICS.failedTicks,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // `no-tick` covers missing data.
      treatMissingData: FINE,
    },
    'implausible-reports': {
      metric: METRICS.implausibleReports,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Published only while there are any.
      treatMissingData: FINE,
    },
    'bulk-deadline': {
      metric: METRICS.bulkDeadlineUsed,
      statistic: 'Maximum',
      comparison: GREATER_THAN_THRESHOLD,
      threshold: 95,
      // A message that SQS did not count for an instant looks like the end.
      evaluationPeriods: 3,
      datapointsToAlarm: 2,
      // Published only while there is a bulk photo.
      treatMissingData: FINE,
    },
    'at-maximum': {
      metric: METRICS.decisions,
      dimension: [REASON_DIMENSION, AT_MAX],
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 15,
      // A minute whose ticks failed has no decision, and one at the edge has another.
      datapointsToAlarm: 13,
      // A minute without such a decision publishes none.
      treatMissingData: FINE,
    },
    'capacity-shortage': {
      metric: METRICS.unfulfilled,
      statistic: 'Maximum',
      ...above,
      // 8 of 10: an instance that starts and fails at once looks like the end of the shortage.
      evaluationPeriods: 10,
      datapointsToAlarm: 8,
      // A tick without its metrics publishes none; `metrics-unavailable` covers that.
      treatMissingData: FINE,
    },
    'boot-failure': bootFailures(METRICS.bootFailures),
    ...(warmPoolSize > 0 ? { 'warm-pool-boot-failure': bootFailures(METRICS.warmPoolBootFailures) } : {}),
    'canary-failures': {
      metric: METRICS.canaryFailures,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 1,
      // Workers publish only while they have photos or failures.
      treatMissingData: FINE,
    },
    ...(hasEvents ? EVENT_RULES : {}),
    ...(hasWebhooks ? WEBHOOK_RULES : {}),
    'gateway-5xx': { ...ofGateway, service: 'api', metric: '5xx' },
    'gateway-function-errors': { ...ofGateway, service: 'gateway', metric: 'Errors' },
    'gateway-throttles': { ...ofGateway, service: 'gateway', metric: 'Throttles' },
    'log-delivery': {
      metric: METRICS.logDeliveryFailures,
      statistic: 'Sum',
      ...above,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      // Published only while there are any.
      treatMissingData: FINE,
    },
    ...(probePhoto === 'off'
      ? {}
      : {
          'probe-failure': {
            metric: METRICS.probeFailures,
            statistic: 'Maximum',
            ...above,
            period: Duration.minutes(5),
            evaluationPeriods: 1,
            // Between two probes there is none, nor of one that was not sent. What has failed is not known to work before the next one.
            treatMissingData: TreatMissingData.IGNORE,
          },
        }),
    ...(dailySpendLimit === undefined
      ? {}
      : {
          'daily-spend': {
            metric: METRICS.spentToday,
            statistic: 'Maximum',
            comparison: GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            threshold: dailySpendLimit,
            evaluationPeriods: 1,
            // A tick without its metrics publishes none. What is spent stays spent, so the alarm keeps its state.
            treatMissingData: TreatMissingData.IGNORE,
          },
        }),
  };
}
