/** Webhooks: the tables of registrations and pending deliveries, the queues, and the functions that send and look after them. */
import { join } from 'node:path';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DELETED_AT, GATEWAY_KEY, photoRecordKey } from '../contract/gateway.ts';
import {
  DELIVERY_EXPIRY,
  DELIVERY_INDEXES,
  DELIVERY_KEYS,
  WEBHOOK_KEYS,
  type WebhooksVariable,
} from '../contract/webhook.ts';
import { onlyItems } from './arns.ts';
import { BundledFunction } from './bundled-function.ts';
import { acknowledge, PUBLISH_METRICS } from './permissions.ts';
import { RegularSchedule, ScheduleRole } from './schedule-role.ts';
import type { LogOptions } from './stage/logs.ts';

/** A run sends for 20 seconds, and waits 10 for an answer. */
const TIMEOUT = Duration.seconds(45);
/** Longer than a lease: the message of a run that died finds the webhook free. */
const VISIBILITY = Duration.seconds(60);
/** Webhooks at a time. A new account runs ten functions, the scaler and the gateway among them. */
const MOST_AT_ONCE = 4;
const SWEEP_MINUTES = 5;
/** Variable with the name of the gateway's table, which is made after the tables of webhooks that the gateway writes. */
const RECORDS = 'GATEWAY_TABLE_NAME';

export interface WebhooksProps extends LogOptions {
  readonly stageName: string;
  /** Longest pause between two attempts at a delivery. */
  readonly webhookMaxPauseSeconds: number;
}

export class Webhooks extends Construct {
  readonly table: dynamodb.Table;
  readonly deliveries: dynamodb.Table;
  readonly wakes: sqs.Queue;
  readonly deadLetters: sqs.Queue;
  readonly handler: BundledFunction;
  /** Looks after the deliveries, on a schedule. */
  readonly sweep: lambda.Function;
  readonly logGroup: logs.ILogGroup;

  constructor(scope: Construct, id: string, props: WebhooksProps) {
    super(scope, id);
    const { stageName, logRetentionDays, webhookMaxPauseSeconds } = props;
    this.table = this.tableOf('Table', WEBHOOK_KEYS);
    this.deliveries = this.tableOf('Deliveries', DELIVERY_KEYS, DELIVERY_EXPIRY);
    for (const [indexName, name] of Object.entries(DELIVERY_INDEXES))
      this.deliveries.addLocalSecondaryIndex({
        indexName,
        sortKey: { name, type: dynamodb.AttributeType.NUMBER },
      });
    const common = { encryption: sqs.QueueEncryption.SQS_MANAGED, enforceSSL: true };
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', { ...common, retentionPeriod: Duration.days(14) });
    this.wakes = new sqs.Queue(this, 'Wakes', { ...common, visibilityTimeout: VISIBILITY });
    acknowledge(
      this.deadLetters,
      'AwsSolutions-SQS3',
      'it is the dead-letter queue: the function sends deliveries there',
    );
    acknowledge(
      this.wakes,
      'AwsSolutions-SQS3',
      'a message has no content of its own: what is due is in the table',
    );

    const shared = {
      entry: join(import.meta.dirname, '..', 'lambda', 'outcome-events', 'webhooks', 'handler.ts'),
      timeout: TIMEOUT,
      logRetentionDays,
      retryAttempts: 0,
      environment: {
        STAGE: stageName,
        WEBHOOK_TABLE_NAME: this.table.tableName,
        DELIVERY_TABLE_NAME: this.deliveries.tableName,
        WAKE_QUEUE_URL: this.wakes.queueUrl,
        WEBHOOK_DEAD_LETTER_QUEUE_URL: this.deadLetters.queueUrl,
        MOST_PAUSE_SECONDS: String(webhookMaxPauseSeconds),
      } satisfies Record<Exclude<WebhooksVariable, typeof RECORDS>, string>,
    };
    const handler = new BundledFunction(this, 'Function', shared);
    this.handler = handler;
    this.logGroup = handler.logGroup;
    const { function: sweep } = new BundledFunction(this, 'Sweep', {
      ...shared,
      ...{ beside: handler, handler: 'sweep' },
    });
    this.sweep = sweep;
    this.allow();
    new lambda.EventSourceMapping(this, 'Source', {
      target: handler.function,
      eventSourceArn: this.wakes.queueArn,
      batchSize: 1,
      maxConcurrency: MOST_AT_ONCE,
    });
    new RegularSchedule(this, 'Schedule', {
      handler: sweep,
      role: new ScheduleRole(this, 'ScheduleRole', sweep),
      interval: Duration.minutes(SWEEP_MINUTES),
    });
  }

  /** Lets the functions see which photos are deleted: those have no delivery. */
  readRecords(gatewayTable: dynamodb.ITable): void {
    for (const one of [this.handler.function, this.sweep])
      one.addEnvironment(RECORDS, gatewayTable.tableName);
    this.handler.allow({
      actions: ['dynamodb:GetItem'],
      resources: [gatewayTable.tableArn],
      conditions: {
        ...onlyItems(photoRecordKey('*')),
        'ForAllValues:StringEquals': { 'dynamodb:Attributes': [GATEWAY_KEY, DELETED_AT] },
      },
    });
  }

  private tableOf(
    id: string,
    { partition, sort }: Readonly<Record<'partition' | 'sort', string>>,
    timeToLiveAttribute?: string,
  ): dynamodb.Table {
    const { STRING } = dynamodb.AttributeType;
    const table = new dynamodb.Table(this, id, {
      partitionKey: { name: partition, type: STRING },
      sortKey: { name: sort, type: STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const why = 'a caller registers again in one request; a delivery is a copy of what the bucket has';
    acknowledge(table, 'AwsSolutions-DDB3', why);
    return table;
  }

  private allow(): void {
    const { handler, table, deliveries, wakes, deadLetters } = this;
    handler.allow({ actions: ['dynamodb:UpdateItem', 'dynamodb:Scan'], resources: [table.tableArn] });
    handler.allow({
      actions: ['dynamodb:DeleteItem', 'dynamodb:UpdateItem'],
      resources: [deliveries.tableArn],
    });
    handler.allow({
      actions: ['dynamodb:Query'],
      resources: Object.keys(DELIVERY_INDEXES).map((name) => `${deliveries.tableArn}/index/${name}`),
    });
    handler.allow({
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:SendMessage'],
      resources: [wakes.queueArn],
    });
    handler.allow({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] });
    handler.allow(PUBLISH_METRICS);
  }
}
