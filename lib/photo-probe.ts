/** The probe: a function that sends a photo of our own through the stage, and later looks at its outcome. */
import { join } from 'node:path';
import { Duration, Stack } from 'aws-cdk-lib';
import type * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as scheduler from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import { failedKey, PROBE_PHOTOS, resultKey } from '../contract/keys.ts';
import { amiParameterName } from '../contract/names.ts';
import type { ProbeSchedule, ProbeStep, ProbeVariable } from '../contract/probe.ts';
import { BundledFunction } from './bundled-function.ts';
import { PUBLISH_METRICS } from './permissions.ts';
import type { PhotoStore } from './photo-store.ts';
import { checkProps, checkStageName, refuseTokens } from './props.ts';
import { readView } from './scaler-table.ts';
import { ScheduleRole } from './schedule-role.ts';
import type { LogOptions } from './stage/logs.ts';
import { checkMinute, SEND_MINUTE } from './stage/probe.ts';

/** Of the day, UTC: before working hours in Europe, after them in America, with the new day's budget. */
const DAILY_HOUR = 5;
/** A step that is later would look at the photo of another hour, or too soon after it. */
const MOST_LATE = Duration.minutes(10);

export interface PhotoProbeProps extends LogOptions {
  /** Stage of the metrics: that of the scaler and of the fleet. */
  readonly stageName: string;
  /** Store of the photos and their outcomes. */
  readonly photos: PhotoStore;
  /** The scaler's table: no photo is sent while the scaler may start no instance for it. */
  readonly table: dynamodb.ITable;
  /** How often a photo is sent: the `probePhoto` of a stage. */
  readonly schedule: Exclude<ProbeSchedule, 'off'>;
  /** Seconds that a photo may wait; the outcome is looked for some time after it. */
  readonly promisedWaitSeconds: number;
}

/** Props whose values may be known only at deploy. */
const DEPLOY_TIME: readonly (keyof PhotoProbeProps)[] = ['logRetentionDays'];

export class PhotoProbe extends Construct {
  readonly logGroup: logs.ILogGroup;
  /** What sends photos: the function and its schedules. */
  readonly senders: readonly Construct[];

  constructor(scope: Construct, id: string, props: PhotoProbeProps) {
    super(scope, id);
    const { stageName, photos, table, schedule, promisedWaitSeconds } = props;
    refuseTokens(this, props, DEPLOY_TIME);
    checkStageName(this, stageName);
    checkProps(this, { probePhoto: schedule, promisedWaitSeconds });
    const { bucket } = photos;
    const imageParameter = amiParameterName(stageName);
    const handler = new BundledFunction(this, 'Function', {
      entry: join(import.meta.dirname, '..', 'lambda', 'probe', 'handler.ts'),
      timeout: Duration.minutes(2),
      logRetentionDays: props.logRetentionDays,
      // Its SDK tries again; an error that stays is counted once.
      retryAttempts: 0,
      maxEventAge: MOST_LATE,
      environment: {
        STAGE: stageName,
        BUCKET_NAME: bucket.bucketName,
        SCALER_TABLE_NAME: table.tableName,
        AMI_PARAMETER: imageParameter,
      } satisfies Record<ProbeVariable, string>,
    });
    this.logGroup = handler.logGroup;
    const photo = `${PROBE_PHOTOS}*`;
    const wildcard = 'its own photos, named by the hour, and their outcomes';
    handler.allow({
      actions: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
      resources: [bucket.arnForObjects(photo)],
      wildcard,
    });
    handler.allow({
      actions: ['s3:GetObject', 's3:DeleteObject'],
      resources: [resultKey(photo), failedKey(photo)].map((key) => bucket.arnForObjects(key)),
      wildcard,
    });
    handler.allow(readView(table));
    const parameter = { service: 'ssm', resource: 'parameter', resourceName: imageParameter.slice(1) };
    handler.allow({ actions: ['ssm:GetParameter'], resources: [Stack.of(this).formatArn(parameter)] });
    handler.allow(PUBLISH_METRICS);

    const role = new ScheduleRole(this, 'ScheduleRole', handler.function);
    const hour = schedule === 'daily' ? String(DAILY_HOUR) : '*';
    const runs = (name: string, step: ProbeStep, minute: number) =>
      new scheduler.Schedule(this, name, {
        schedule: scheduler.ScheduleExpression.cron({
          ...{ minute: String(minute), hour },
          ...{ day: '*', month: '*', year: '*' },
        }),
        timeWindow: scheduler.TimeWindow.off(),
        target: new LambdaInvoke(handler.function, {
          role,
          // A step that runs twice does nothing the second time.
          retryAttempts: 3,
          maxEventAge: MOST_LATE,
          input: scheduler.ScheduleTargetInput.fromObject({
            step,
            scheduledTime: scheduler.ContextAttribute.scheduledTime,
          }),
        }),
      });
    this.senders = [
      handler.function,
      runs('Send', 'send', SEND_MINUTE),
      runs('Check', 'check', checkMinute(promisedWaitSeconds)),
    ];
  }
}
