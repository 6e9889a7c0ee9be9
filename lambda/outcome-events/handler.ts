/** Entry points of the functions that send the event of each outcome, and look for lost ones. */
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { outcomeEventsEnvironmentSchema } from '../../contract/outcome-event.ts';
import { DynamoDeliveryStore } from './aws/delivery-table.ts';
import { EventBus } from './aws/event-bus.ts';
import { publish } from './aws/metrics.ts';
import { S3OutcomeListing } from './aws/outcome-listing.ts';
import { S3OutcomeStore } from './aws/outcome-store.ts';
import { DynamoPhotoRecords } from './aws/photo-records.ts';
import { DynamoSentEvents } from './aws/sent-table.ts';
import { SqsWakeQueue } from './aws/webhook-queues.ts';
import { DynamoWebhookStore } from './aws/webhook-table.ts';
import { findLost } from './lost/find-lost.ts';
import { OutcomesNotDeleted } from './not-deleted.ts';
import { report } from './report.ts';
import { WebhookDestination } from './webhooks/destination.ts';

const environment = outcomeEventsEnvironmentSchema.parse(process.env);
const { STAGE: stage, BUCKET_NAME: bucket } = environment;
const s3 = new S3Client({ maxAttempts: 3 });
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
const cloudWatch = new CloudWatchClient({ maxAttempts: 3 });
const region = process.env.AWS_REGION ?? '';
const now = () => Date.now() / 1000;

const records = new DynamoPhotoRecords(documents, environment.GATEWAY_TABLE_NAME);
const outcomes = new S3OutcomeStore(s3, bucket);

const webhooks = () =>
  new WebhookDestination({
    ownerOf: records.ownerOf,
    webhooks: new DynamoWebhookStore(documents, environment.WEBHOOK_TABLE_NAME),
    deliveries: new DynamoDeliveryStore(documents, environment.DELIVERY_TABLE_NAME),
    wakes: new SqsWakeQueue(new SQSClient({ maxAttempts: 3 }), environment.WAKE_QUEUE_URL),
    now,
  });

const sent = new DynamoSentEvents(documents, environment.SENT_TABLE_NAME);
const ports = {
  context: { stage, bucket },
  // Without an API no photo can be deleted by one.
  store: environment.GATEWAY_TABLE_NAME === '' ? outcomes : new OutcomesNotDeleted(outcomes, records.isThere),
  destinations: [
    new EventBus({
      name: environment.EVENT_BUS_NAME,
      region,
      endpoint: process.env.AWS_ENDPOINT_URL ?? `https://events.${region}.amazonaws.com`,
      credentials: () => s3.config.credentials(),
    }),
    ...(environment.WEBHOOK_TABLE_NAME === '' ? [] : [webhooks()]),
  ],
  sent,
  log: (line: Record<string, unknown>) => console.log(JSON.stringify(line)),
  now,
};

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await report(
    Records.map(({ messageId: id, body }) => ({ id, body })),
    ports,
  );
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

/** On a schedule. */
export const sweep = (): Promise<void> =>
  findLost({
    ...ports,
    listing: new S3OutcomeListing(s3, bucket),
    sweep: sent,
    publish: (lostEvents) => publish(cloudWatch, stage, { lostEvents }),
  });
