/**
 * The events of outcomes: the bucket sends a message for each, and a function puts its event onto a bus. A second one finds those that were lost.
 *
 * The bucket sends to a queue and not to the function: what the function cannot do is done later, or is in the dead-letter queue.
 */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DELETED_AT, GATEWAY_KEY, photoRecordKey } from '../contract/gateway.ts';
import { OUTCOME_FOLDERS } from '../contract/lanes.ts';
import { eventBusName, type OutcomeEventsVariable } from '../contract/outcome-event.ts';
import { SENT_EXPIRY, SENT_KEY } from '../contract/sent-event.ts';
import { onlyItems } from './arns.ts';
import { BundledFunction } from './bundled-function.ts';
import { JobQueue } from './job-queue.ts';
import { acknowledge, PUBLISH_METRICS } from './permissions.ts';
import type { PhotoStore } from './photo-store.ts';
import { RegularSchedule, ScheduleRole } from './schedule-role.ts';
import type { LogOptions } from './stage/logs.ts';
import { addUsage, markCounted } from './usage-table.ts';
import type { Webhooks } from './webhooks.ts';

const TIMEOUT = Duration.seconds(30);
/** Of a message, in multiples of the function's timeout: what AWS recommends for a function that reads a queue. */
const VISIBILITY_TIMEOUTS = 6;
/** Receives of a message, each after its visibility timeout of three minutes: two and a half hours. */
const MOST_RECEIVES = 50;
const BATCH = 10;
/** A sweep begins no page after ten minutes. */
const SWEEP_TIMEOUT = Duration.minutes(15);
/** A run of the sweep goes on with a pass, or ends at once where none is due: lambda/outcome-events/lost/pass.ts. */
const SWEEP_EVERY = Duration.hours(1);
/** Functions at a time. A new account runs ten, the scaler and the gateway among them. */
const MOST_AT_ONCE = 5;

export interface OutcomeEventsProps extends LogOptions {
  readonly stageName: string;
  /** Name of the bucket, which depends on the queue's policy. */
  readonly bucketName: string;
  /**
   * The gateway's table, which knows whose a photo is, and that it is deleted.
   *
   * @default - the stage has no HTTP API
   */
  readonly gatewayTable?: dynamodb.ITable | undefined;
  /**
   * Webhooks of the callers of the API.
   *
   * @default - events are sent to the bus only
   */
  readonly webhooks?: Webhooks | undefined;
  /**
   * Table of usage.
   *
   * @default - outcomes are not counted by caller
   */
  readonly usageTable?: dynamodb.ITable | undefined;
}

export class OutcomeEvents extends Construct {
  readonly queue: sqs.Queue;
  readonly deadLetterQueue: sqs.IQueue;
  readonly bus: events.EventBus;
  /** Of the events that were sent. */
  readonly sent: dynamodb.Table;
  readonly handler: BundledFunction;
  /** Finds lost events, on a schedule. */
  readonly sweep: lambda.IFunction;
  readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: OutcomeEventsProps) {
    super(scope, id);
    const { stageName, bucketName, logRetentionDays, gatewayTable, webhooks, usageTable } = props;
    const { queue, deadLetterQueue } = new JobQueue(this, 'Outcomes', {
      bucketName,
      maxReceiveCount: MOST_RECEIVES,
      visibilityTimeoutSeconds: VISIBILITY_TIMEOUTS * TIMEOUT.toSeconds(),
    });
    this.queue = queue;
    this.deadLetterQueue = deadLetterQueue;
    this.bus = new events.EventBus(this, 'Bus', {
      eventBusName: eventBusName(stageName),
      description: `Outcomes of the photos of stage ${stageName}`,
    });
    this.sent = new dynamodb.Table(this, 'Sent', {
      partitionKey: { name: SENT_KEY, type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: SENT_EXPIRY,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.sent, 'AwsSolutions-DDB3', 'what is not in it is sent once more');
    const shared = {
      entry: join(import.meta.dirname, '..', 'lambda', 'outcome-events', 'handler.ts'),
      logRetentionDays,
      environment: {
        STAGE: stageName,
        BUCKET_NAME: bucketName,
        EVENT_BUS_NAME: this.bus.eventBusName,
        SENT_TABLE_NAME: this.sent.tableName,
        GATEWAY_TABLE_NAME: gatewayTable?.tableName ?? '',
        USAGE_TABLE_NAME: usageTable?.tableName ?? '',
        WEBHOOK_TABLE_NAME: webhooks?.table.tableName ?? '',
        DELIVERY_TABLE_NAME: webhooks?.deliveries.tableName ?? '',
        WAKE_QUEUE_URL: webhooks?.wakes.queueUrl ?? '',
      } satisfies Record<OutcomeEventsVariable, string>,
    };
    const handler = new BundledFunction(this, 'Function', { ...shared, timeout: TIMEOUT });
    this.handler = handler;
    this.logGroup = handler.logGroup;
    handler.allow({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resources: [queue.queueArn],
    });
    handler.allow({ actions: ['events:PutEvents'], resources: [this.bus.eventBusArn] });
    handler.allow({
      actions: ['dynamodb:PutItem', 'dynamodb:GetItem', 'dynamodb:BatchGetItem'],
      resources: [this.sent.tableArn],
    });
    handler.allow(PUBLISH_METRICS);
    if (gatewayTable) this.allowRecords(gatewayTable);
    if (webhooks) this.allowWebhooks(webhooks);
    if (usageTable) for (const right of [addUsage, markCounted]) handler.allow(right(usageTable));
    new lambda.EventSourceMapping(this, 'Source', {
      target: handler.function,
      eventSourceArn: queue.queueArn,
      batchSize: BATCH,
      maxConcurrency: MOST_AT_ONCE,
      reportBatchItemFailures: true,
    });
    const { function: sweep } = new BundledFunction(this, 'Sweep', {
      ...shared,
      ...{ beside: handler, handler: 'sweep', timeout: SWEEP_TIMEOUT, retryAttempts: 0 },
    });
    this.sweep = sweep;
    new RegularSchedule(this, 'Schedule', {
      handler: sweep,
      role: new ScheduleRole(this, 'ScheduleRole', sweep),
      interval: SWEEP_EVERY,
    });
  }

  private allowRecords(gatewayTable: dynamodb.ITable): void {
    this.handler.allow({
      actions: ['dynamodb:GetItem'],
      resources: [gatewayTable.tableArn],
      conditions: {
        ...onlyItems(photoRecordKey('*')),
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [GATEWAY_KEY, 'owner', DELETED_AT] },
      },
    });
  }

  private allowWebhooks(webhooks: Webhooks): void {
    this.handler.allow({ actions: ['dynamodb:Query'], resources: [webhooks.table.tableArn] });
    this.handler.allow({ actions: ['dynamodb:PutItem'], resources: [webhooks.deliveries.tableArn] });
    this.handler.allow({ actions: ['sqs:SendMessage'], resources: [webhooks.wakes.queueArn] });
  }

  /** Connects the bucket: its outcomes are sent to the queue, and the function may read them. */
  watch(photos: PhotoStore): void {
    photos.notifyOutcomes(this.queue);
    this.handler.allow({
      actions: ['s3:GetObject'],
      resources: OUTCOME_FOLDERS.map((folder) => photos.bucket.arnForObjects(`${folder}*`)),
      wildcard: 'the outcome of any photo',
    });
    // The sweep lists the outcomes. Without it S3 also answers 403 instead of 404 for a missing object, and a right that is lost would look like a deleted photo.
    this.handler.allow({ actions: ['s3:ListBucket'], resources: [photos.bucket.bucketArn] });
  }
}
