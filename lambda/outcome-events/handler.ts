/** Entry point of the function that sends the event of each outcome. */
import { S3Client } from '@aws-sdk/client-s3';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { outcomeEventsEnvironmentSchema } from '../../contract/outcome-event.ts';
import { EventBus } from './aws/event-bus.ts';
import { S3OutcomeStore } from './aws/outcome-store.ts';
import { report, type ReportPorts } from './report.ts';

const environment = outcomeEventsEnvironmentSchema.parse(process.env);
const s3 = new S3Client({ maxAttempts: 3 });
const region = process.env.AWS_REGION ?? '';

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
