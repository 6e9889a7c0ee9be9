/** The scaler: a function that ticks several times a minute, its schedule and its memory. */
import { join } from 'node:path';
import { Duration } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { MEMORY_KEY, METRIC_NAMESPACE, WORK_KEY } from '../contract/names.ts';
import type { ScalerVariable } from '../contract/scaler.ts';
import type { Stage } from './config.ts';
import { BundledFunction } from './bundled-function.ts';
import { groupArn } from './gpu-fleet.ts';

/** Condition that a statement is for one item of a table. */
export const onlyItem = (key: string) => ({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [key] } });

const PERIOD = Duration.minutes(1);

export interface ScalerProps {
  readonly stage: Stage;
  readonly queue: sqs.IQueue;
  readonly groupName: string;
  readonly table: dynamodb.ITable;
}

export class Scaler extends Construct {
  readonly handler: lambda.IFunction;

  constructor(scope: Construct, id: string, props: ScalerProps) {
    super(scope, id);
    const { stage, queue, groupName, table } = props;
    const handler = new BundledFunction(this, 'Function', {
      entry: join(import.meta.dirname, '..', 'lambda', 'scaler', 'handler.ts'),
      // The last tick begins before the minute is over; this is for it to end.
      timeout: Duration.seconds(75),
      // A retry would replay an old tick: the next one is the retry.
      retryAttempts: 0,
      maxEventAge: PERIOD,
      environment: {
        STAGE: stage.name,
        QUEUE_URL: queue.queueUrl,
        GROUP_NAME: groupName,
        TABLE_NAME: table.tableName,
        TICK_SECONDS: String(stage.tickSeconds),
        POLICY: JSON.stringify(stage.policy),
      } satisfies Record<ScalerVariable, string>,
    });
    this.handler = handler.function;
    handler.allow(['sqs:GetQueueAttributes'], [queue.queueArn]);
    handler.allow(['autoscaling:SetDesiredCapacity'], [groupArn(this, groupName)]);
    // AWS allows no narrower resource for these.
    handler.allow(['autoscaling:DescribeAutoScalingGroups', 'autoscaling:DescribeScalingActivities'], ['*']);
    handler.allow(['dynamodb:UpdateItem'], [table.tableArn], onlyItem(MEMORY_KEY));
    handler.allow(['dynamodb:GetItem'], [table.tableArn], onlyItem(WORK_KEY));
    handler.allow(['cloudwatch:PutMetricData'], ['*'], {
      StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE },
    });

    new scheduler.Schedule(this, 'Schedule', {
      // At each minute's start. A rate would first fire a whole minute after its creation.
      schedule: scheduler.ScheduleExpression.cron({
        minute: '*',
        hour: '*',
        day: '*',
        month: '*',
        year: '*',
      }),
      timeWindow: scheduler.TimeWindow.off(),
      target: new LambdaInvoke(handler.function, {
        retryAttempts: 0,
        maxEventAge: PERIOD,
        input: scheduler.ScheduleTargetInput.fromObject({
          scheduledTime: scheduler.ContextAttribute.scheduledTime,
        }),
      }),
    });
  }
}
