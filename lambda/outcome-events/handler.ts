/** Entry point of the function that sends the event of each outcome. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { outcomeEventsEnvironmentSchema } from '../../contract/outcome-event.ts';
import { DynamoDeliveryStore } from './aws/delivery-table.ts';
import { EventBus } from './aws/event-bus.ts';
import { S3OutcomeStore } from './aws/outcome-store.ts';
import { photoOwners } from './aws/photo-owners.ts';
import { SqsWakeQueue } from './aws/webhook-queues.ts';
import { DynamoWebhookStore } from './aws/webhook-table.ts';
import { report, type ReportPorts } from './report.ts';
import { WebhookDestination } from './webhooks/destination.ts';

const environment = outcomeEventsEnvironmentSchema.parse(process.env);
const s3 = new S3Client({ maxAttempts: 3 });
const region = process.env.AWS_REGION ?? '';

function webhooks(): WebhookDestination {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
  return new WebhookDestination({
    ownerOf: photoOwners(documents, environment.GATEWAY_TABLE_NAME),
    webhooks: new DynamoWebhookStore(documents, environment.WEBHOOK_TABLE_NAME),
    deliveries: new DynamoDeliveryStore(documents, environment.DELIVERY_TABLE_NAME),
    wakes: new SqsWakeQueue(new SQSClient({ maxAttempts: 3 }), environment.WAKE_QUEUE_URL),
    now: () => Date.now() / 1000,
  });
}

const ports: ReportPorts = {
  context: { stage: environment.STAGE, bucket: environment.BUCKET_NAME },
  store: new S3OutcomeStore(s3, environment.BUCKET_NAME),
  destinations: [
    new EventBus({
      name: environment.EVENT_BUS_NAME,
      region,
      endpoint: process.env.AWS_ENDPOINT_URL ?? `https://events.${region}.amazonaws.com`,
      credentials: () => s3.config.credentials(),
    }),
    ...(environment.WEBHOOK_TABLE_NAME === '' ? [] : [webhooks()]),
  ],
  log: (line) => console.log(JSON.stringify(line)),
};

export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const failed = await report(
    Records.map(({ messageId: id, body }) => ({ id, body })),
    ports,
  );
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
