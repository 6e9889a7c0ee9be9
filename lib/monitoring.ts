/** What somebody looks at, and what wakes them: a dashboard, alarms, and the topic that these go to. */
import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ALARM_IDS, alarmName, ALARMS, alarmPrefix, type AlarmId } from '../contract/alarms.ts';
import { SERVICE } from '../contract/names.ts';
import { alarmRules, type AlarmRule } from './alarms.ts';
import { Dashboard } from './dashboard.ts';
import { DEFAULT_PROMISED_WAIT_SECONDS, DEFAULT_RUNBOOK_URL } from './defaults.ts';
import { StageMetrics } from './stage-metrics.ts';

export interface MonitoringProps {
  /** Whose metrics: that of the scaler and of the fleet. Part of the names of the dashboard and the alarms. */
  readonly stageName: string;
  readonly queue: sqs.IQueue;
  /**
   * Where messages go that nobody could finish.
   *
   * @default - there is none: no panel and no alarm of it
   */
  readonly deadLetterQueue?: sqs.IQueue;
  /**
   * Seconds that a photo may wait before somebody is woken.
   *
   * @default 900
   */
  readonly promisedWaitSeconds?: number;
  /**
   * USD that a day's instances may cost before somebody is told.
   *
   * @default - no limit, no alarm
   */
  readonly dailySpendLimit?: number;
  /**
   * E-mail address that alarms go to; its owner has to confirm once.
   *
   * @default - nobody: whoever wants to know subscribes to `topic`
   */
  readonly alarmEmail?: string;
  /**
   * Address of `docs/runbook.md` where your team reads it.
   *
   * @default docs/runbook.md
   */
  readonly runbookUrl?: string;
}

/** A CloudWatch dashboard, and alarms with a meaning, an action and a section of the runbook each. */
export class Monitoring extends Construct {
  readonly topic: sns.Topic;
  readonly alarms: Partial<Record<AlarmId, cloudwatch.Alarm>> = {};
  readonly dashboardName: string;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    const { stageName, queue, deadLetterQueue, dailySpendLimit } = props;
    const { promisedWaitSeconds = DEFAULT_PROMISED_WAIT_SECONDS } = props;
    // Encrypted on SNS's disks as every topic is; with a key of our own, CloudWatch would need a right to it at a dollar a month.
    this.topic = new sns.Topic(this, 'Topic', {
      topicName: `${alarmPrefix(stageName)}alarms`,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(mayPublish(this.topic));
    if (props.alarmEmail) this.topic.addSubscription(new EmailSubscription(props.alarmEmail));

    const metrics = new StageMetrics(stageName, { jobs: queue, deadLetters: deadLetterQueue });
    const rules = alarmRules({ promisedWaitSeconds, dailySpendLimit });
    const action = new SnsAction(this.topic);
    for (const alarmId of ALARM_IDS) {
      const rule = rules[alarmId];
      if (!rule || !metrics.has(rule)) continue;
      const alarm = this.alarm(alarmId, rule, metrics, props);
      alarm.addAlarmAction(action);
      // Whoever was woken wants to know when it is over.
      alarm.addOkAction(action);
      this.alarms[alarmId] = alarm;
    }
    const { name } = new Dashboard(this, 'Dashboard', {
      stageName,
      metrics,
      alarms: Object.values(this.alarms),
    });
    this.dashboardName = name;
  }

  private alarm(
    id: AlarmId,
    rule: AlarmRule,
    metrics: StageMetrics,
    props: MonitoringProps,
  ): cloudwatch.Alarm {
    const { stageName, runbookUrl = DEFAULT_RUNBOOK_URL } = props;
    const { meaning, action } = ALARMS[id];
    const { region } = Stack.of(this);
    const dashboard = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}#dashboards/dashboard/${SERVICE}-${stageName}-${region}`;
    const made = new cloudwatch.Alarm(this, `Alarm-${id}`, {
      alarmName: alarmName(stageName, id),
      alarmDescription: [meaning, action, `Runbook: ${runbookUrl}#${id}`, `Dashboard: ${dashboard}`].join(
        '\n\n',
      ),
      metric: metrics.of(rule, rule.period),
      threshold: rule.threshold,
      comparisonOperator: rule.comparison,
      evaluationPeriods: rule.evaluationPeriods,
      datapointsToAlarm: rule.datapointsToAlarm ?? rule.evaluationPeriods,
      treatMissingData: rule.treatMissingData,
    });
    return made;
  }
}

/** The account's own alarms: a topic with a policy of its own has no longer the one that lets them. */
const mayPublish = (topic: sns.Topic) =>
  new iam.PolicyStatement({
    sid: 'AlarmsMayPublish',
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['sns:Publish'],
    resources: [topic.topicArn],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(topic).account } },
  });
