/** Entry points of the functions that send the event of each outcome, and look for lost ones. */
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { randomShare } from '../../common/time.ts';
import { outcomeEventsEnvironmentSchema } from '../../contract/outcome-event.ts';
import { DynamoDeliveryStore } from './aws/delivery-table.ts';
import { EventBus } from './aws/event-bus.ts';
import { publish } from './aws/metrics.ts';
import { S3OutcomeListing } from './aws/outcome-listing.ts';
import { S3OutcomeStore } from './aws/outcome-store.ts';
import { DynamoPhotoRecords } from './aws/photo-records.ts';
import { DynamoSentEvents } from './aws/sent-table.ts';
import { DynamoUsageStore } from './aws/usage-table.ts';
import { SqsWakeQueue } from './aws/webhook-queues.ts';
import { DynamoWebhookStore } from './aws/webhook-table.ts';
import { findLost } from './lost/find-lost.ts';
import { OutcomesNotDeleted } from './not-deleted.ts';
import type { Destination } from './ports.ts';
import { report } from './report.ts';
import { UsageDestination } from './usage/destination.ts';
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
const log = (line: Record<string, unknown>) => console.log(JSON.stringify(line));
const MOST_PAUSE_MS = 400;

/** Those that only some stages have. */
function optional(): Destination[] {
  const { USAGE_TABLE_NAME, WEBHOOK_TABLE_NAME, DELIVERY_TABLE_NAME, WAKE_QUEUE_URL } = environment;
  const { ownerOf } = records;
  // At random: those that met once would meet again.
  const pause = (attempt: number) => sleep(randomShare() * Math.min(MOST_PAUSE_MS, 25 * 2 ** attempt));
  return [
    ...(WEBHOOK_TABLE_NAME === ''
      ? []
      : [
          new WebhookDestination({
            ...{ ownerOf, now },
            webhooks: new DynamoWebhookStore(documents, WEBHOOK_TABLE_NAME),
            deliveries: new DynamoDeliveryStore(documents, DELIVERY_TABLE_NAME),
            wakes: new SqsWakeQueue(new SQSClient({ maxAttempts: 3 }), WAKE_QUEUE_URL),
          }),
        ]),
    ...(USAGE_TABLE_NAME === ''
      ? []
      : [
          new UsageDestination({
            ...{ ownerOf, log },
            store: new DynamoUsageStore(documents, USAGE_TABLE_NAME, { now, pause }),
          }),
        ]),
  ];
}

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
    ...optional(),
  ],
  sent,
  log,
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
