/** Monitoring: a dashboard, alarms, and the topic that alarms go to. */
import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import {
  ALARM_IDS,
  alarmName,
  ALARMS,
  alarmPrefix,
  COMPOSITES,
  FALLBACK_ALARM_IDS,
  FALLBACK_COMPOSITE,
  silenceOf,
  type AlarmId,
  type AlarmText,
  type CompositeId,
} from '../contract/alarms.ts';
import { BURN_IDS, BURN_RATES, CONDITION_ALARM_IDS } from '../contract/burn-rates.ts';
import { SERVICE } from '../contract/names.ts';
import type { AlarmRule } from './alarm-rule.ts';
import { alarmRules } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { checkProps, checkStageName, resolveProps } from './props.ts';
import { MONITORING_FIELDS, type MonitoringOptions } from './stage/monitoring.ts';
import type { ProbeOptions } from './stage/probe.ts';
import { StageMetrics, type GatewayNames } from './stage-metrics.ts';

export interface MonitoringProps extends MonitoringOptions, ProbeOptions {
  /** Stage of the metrics: that of the scaler and of the fleet. Part of the names of the dashboard and the alarms. */
  readonly stageName: string;
  /** Queue of the jobs. */
  readonly queue: sqs.IQueue;
  /**
   * Queue of the interactive lane's sidelined photos. With it, `promisedWaitSeconds` has to be known at synthesis: a multiple of it is this queue's promise.
   *
   * @default - none: no line and no alarm of it
   */
  readonly sidelinedQueue?: sqs.IQueue;
  /**
   * Queue of the messages that failed on every attempt.
   *
   * @default - none: no panel and no alarm of it
   */
  readonly deadLetterQueue?: sqs.IQueue;
  /**
   * Queues of the events of outcomes, and the function that finds lost ones.
   *
   * @default - none: no alarm of them
   */
  readonly outcomes?: WatchedOutcomes;
  /**
   * Queue of the deliveries of webhooks that did not succeed in a day.
   *
   * @default - none: no alarm of webhooks
   */
  readonly webhookDeadLetters?: sqs.IQueue;
  /**
   * The function that looks after the deliveries of webhooks.
   *
   * @default - none: no alarm of it
   */
  readonly webhookSweep?: lambda.IFunction;
  /**
   * The HTTP API and its function.
   *
   * @default - none: no alarm of them
   */
  readonly gateway?: GatewayNames;
  /**
   * Whether the fleet has an on-demand group beside its Spot group, with an alarm when it is used for an hour because Spot is refused.
   *
   * @default false - no alarm of it
   */
  readonly onDemandFallback?: boolean;
  /**
   * Instances that the on-demand group always has: more of them raise that alarm.
   *
   * @default 0
   */
  readonly onDemandBaseCapacity?: number;
  /**
   * Stopped instances of the fleet: where there are any, an alarm of those that do not boot on their way into the warm pool.
   *
   * @default 0 - no alarm of them
   */
  readonly warmPoolSize?: number;
  /**
   * USD that instances may cost from midnight to midnight UTC before an alarm.
   *
   * @default - no limit, no alarm
   */
  readonly dailySpendLimit?: number;
  /**
   * Seconds that 95 % of the photos wait at most, for the alarms of burn rates; where it is given, a line in the dashboard beside the measured waits.
   *
   * @default - promisedWaitSeconds
   */
  readonly p95WaitSeconds?: number;
}

/** Alarms of a photo that waits for longer than its queue promises. */
const LATE_ALARM_IDS = ['oldest-photo', 'oldest-sidelined-photo'] as const satisfies readonly AlarmId[];

/** Alarms that explain a photo that waits, and notify of their own. */
const CAUSES_OF_WAITS = [
  'no-tick',
  'metrics-unavailable',
  'failed-ticks',
  'at-maximum',
  'capacity-shortage',
  'boot-failure',
  'canary-failures',
] as const satisfies readonly AlarmId[];

/** Props whose values may be known only at deploy. */
const DEPLOY_TIME: readonly (keyof MonitoringProps)[] = [
  'gateway',
  'dailySpendLimit',
  'p95WaitSeconds',
  'promisedWaitSeconds',
  'alarmEmail',
  'runbookUrl',
];

/** What sends the events of outcomes. */
export interface WatchedOutcomes {
  /** Of the outcomes whose events are to be sent. */
  readonly queue: sqs.IQueue;
  readonly deadLetterQueue: sqs.IQueue;
  /**
   * The function that finds lost events.
   *
   * @default - none: no alarm of it
   */
  readonly sweep?: lambda.IFunction;
}

interface Names {
  stageName: string;
  runbookUrl: string;
}

/** A CloudWatch dashboard, and alarms that each have a meaning, an action and a heading in the runbook. */
export class Monitoring extends Construct {
  readonly topic: sns.Topic;
  readonly alarms: Partial<Record<AlarmId, cloudwatch.Alarm>> = {};
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { stageName, queue, deadLetterQueue, dailySpendLimit, gateway, probePhoto, p95WaitSeconds } = props;
    const { onDemandFallback = false, onDemandBaseCapacity, warmPoolSize } = props;
    const { sidelinedQueue } = props;
    const { promisedWaitSeconds, burnRateAlarms, alarmEmail, runbookUrl } = resolveProps(
      this,
      MONITORING_FIELDS,
      props,
      // A multiple of a token is not the token of the multiple.
      sidelinedQueue ? DEPLOY_TIME.filter((name) => name !== 'promisedWaitSeconds') : DEPLOY_TIME,
    );
    checkProps(this, { dailySpendLimit, probePhoto, onDemandBaseCapacity, warmPoolSize });
    checkStageName(this, stageName);
    // Encrypted with SNS's own key. With a key of the account CloudWatch would need permission to use it, for 1 USD a month.
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `${alarmPrefix(stageName)}alarms`,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(mayPublish(this.topic));
    if (alarmEmail) this.topic.addSubscription(new EmailSubscription(alarmEmail));

    const queues = { jobs: queue, sidelinedJobs: sidelinedQueue, deadLetters: deadLetterQueue };
    const { webhookDeadLetters } = props;
    const { queue: outcomeQueue, deadLetterQueue: outcomeDeadLetters, sweep } = props.outcomes ?? {};
    const metrics = new StageMetrics(
      stageName,
      { ...queues, outcomes: outcomeQueue, outcomeDeadLetters, webhookDeadLetters },
      {
        ...{ api: gateway?.apiId, gateway: gateway?.functionName },
        ...{ eventSweep: sweep?.functionName, webhookSweep: props.webhookSweep?.functionName },
      },
      onDemandFallback,
    );
    const fallback = { onDemandFallback, onDemandBaseCapacity, warmPoolSize };
    const limits = {
      promisedWaitSeconds,
      p95WaitSeconds,
      burnRateAlarms,
      dailySpendLimit,
      probePhoto,
      hasEvents: outcomeQueue !== undefined,
      hasWebhooks: webhookDeadLetters !== undefined,
      hasSidelinedQueue: sidelinedQueue !== undefined,
      ...fallback,
    };
    const rules = alarmRules(limits);
    const action = new SnsAction(this.topic);
    for (const alarmId of ALARM_IDS) {
      const rule = rules[alarmId];
      if (!rule || !metrics.has(rule)) continue;
      const alarm = this.alarm(alarmId, rule, metrics, { stageName, runbookUrl });
      if (silenceOf(alarmId) === undefined) {
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
      }
      this.alarms[alarmId] = alarm;
    }
    const { AlarmRule: rule } = cloudwatch;
    const names = { stageName, runbookUrl };
    // Late photos are what every fault of the fleet ends in: an alarm of its own only where no cause has one.
    const explained = rule.anyOf(...CAUSES_OF_WAITS.map((id) => this.inAlarm(id)));
    const isLate = rule.anyOf(
      ...LATE_ALARM_IDS.filter((id) => this.alarms[id]).map((id) => this.inAlarm(id)),
    );
    this.composite('unexplained-wait', rule.allOf(isLate, rule.not(explained)), names);
    for (const id of burnRateAlarms ? BURN_IDS : []) {
      const parts = Object.keys({ ...BURN_RATES[id].windows, ...BURN_RATES[id].photos }) as AlarmId[];
      this.composite(id, rule.allOf(...parts.map((part) => this.inAlarm(part))), names);
    }
    if (onDemandFallback) {
      const parts = FALLBACK_ALARM_IDS.map((part) => this.inAlarm(part));
      // Where both markets refuse, that shortage has its own alarm.
      const isTotal = this.inAlarm('capacity-shortage');
      this.composite(FALLBACK_COMPOSITE, rule.allOf(...parts, rule.not(isTotal)), names);
    }
    const { name } = new Dashboard(this, 'Dashboard', {
      stageName,
      metrics,
      p95WaitSeconds,
      alarms: ALARM_IDS.flatMap((id) => (CONDITION_ALARM_IDS.includes(id) ? [] : (this.alarms[id] ?? []))),
    });
    this.dashboardName = name;
  }

  private inAlarm(id: AlarmId): cloudwatch.IAlarmRule {
    return cloudwatch.AlarmRule.fromAlarm(this.alarms[id]!, cloudwatch.AlarmState.ALARM);
  }

  /** An alarm of other alarms' states, which notifies. */
  private composite(id: CompositeId, alarmRule: cloudwatch.IAlarmRule, names: Names): void {
    const alarm = new cloudwatch.CompositeAlarm(this, `Alarm-${id}`, {
      compositeAlarmName: alarmName(names.stageName, id),
      alarmDescription: this.description(id, COMPOSITES[id], names),
      alarmRule,
    });
    const action = new SnsAction(this.topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
  }

  private alarm(id: AlarmId, rule: AlarmRule, metrics: StageMetrics, names: Names): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, `Alarm-${id}`, {
      alarmName: alarmName(names.stageName, id),
      alarmDescription: this.description(id, ALARMS[id], names),
      metric: metrics.of(rule, rule.period),
      threshold: rule.threshold,
      comparisonOperator: rule.comparison,
      evaluationPeriods: rule.evaluationPeriods,
      datapointsToAlarm: rule.datapointsToAlarm ?? rule.evaluationPeriods,
      treatMissingData: rule.treatMissingData,
    });
  }

  private description(
    id: AlarmId | CompositeId,
    { meaning, action }: AlarmText,
    { stageName, runbookUrl }: Names,
  ): string {
    const { region } = Stack.of(this);
    const dashboard = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${SERVICE}-${stageName}-${region}`;
    return [meaning, action, `Runbook: ${runbookUrl}#${id}`, `Dashboard: ${dashboard}`].join('\n\n');
  }
}

/** Alarms of this account. A topic with its own policy lacks SNS's default policy, which would allow them. */
const mayPublish = (topic: sns.Topic) =>
  new iam.PolicyStatement({
    sid: 'AlarmsMayPublish',
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(topic).account } },
  });
