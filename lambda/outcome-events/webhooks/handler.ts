/** Entry points of the functions that send deliveries, and look after them. */
import { lookup } from 'node:dns/promises';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import { randomShare } from '../../../common/time.ts';
import { LOOPBACK_VARIABLE, wakeSchema, webhooksEnvironmentSchema } from '../../../contract/webhook.ts';
import { DynamoDeliveryStore } from '../aws/delivery-table.ts';
import { embedded, publish } from '../aws/metrics.ts';
import { DynamoPhotoRecords } from '../aws/photo-records.ts';
import { SqsDeadLetters, SqsWakeQueue } from '../aws/webhook-queues.ts';
import { DynamoWebhookStore } from '../aws/webhook-table.ts';
import { HttpsSender } from './https-sender.ts';
import { sendDue, type DeliveryPorts, type Sent } from './send-due.ts';
import { sweep as sweepAll } from './sweep.ts';

const environment = webhooksEnvironmentSchema.parse(process.env);
const documents = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
const sqs = new SQSClient({ maxAttempts: 3 });
const cloudWatch = new CloudWatchClient({ maxAttempts: 3 });

const webhooks = new DynamoWebhookStore(documents, environment.WEBHOOK_TABLE_NAME);
const ports: DeliveryPorts = {
  webhooks,
  deliveries: new DynamoDeliveryStore(documents, environment.DELIVERY_TABLE_NAME),
  wakes: new SqsWakeQueue(sqs, environment.WAKE_QUEUE_URL),
  deadLetters: new SqsDeadLetters(sqs, environment.WEBHOOK_DEAD_LETTER_QUEUE_URL),
  sender: new HttpsSender({
    resolve: (name) => lookup(name, { all: true }),
    allowLoopback: process.env[LOOPBACK_VARIABLE] !== undefined,
  }),
  isThere: new DynamoPhotoRecords(documents, environment.GATEWAY_TABLE_NAME).isThere,
  now: () => Date.now() / 1000,
  random: randomShare,
  log: (line) => console.log(JSON.stringify(line)),
  mostPauseSeconds: environment.MOST_PAUSE_SECONDS,
};

/** Of a queue with batches of one message. */
export async function handler({ Records }: SQSEvent): Promise<void> {
  for (const { body } of Records) {
    const wake = wakeSchema.safeParse(parsed(body)).data;
    if (wake) report(await sendDue(wake, ports));
    // The queue's policy lets our functions send alone, and there is nothing to do with it.
    else ports.log({ message: 'wake-discarded', characters: body.length });
  }
}

/** On a schedule. */
export const sweep = (): Promise<void> =>
  sweepAll({
    ...ports,
    all: () => webhooks.all(),
    publish: (figures) => publish(cloudWatch, environment.STAGE, figures),
  });

/** Not by the console, which writes something in front of a line: CloudWatch would find no metrics in it. */
function report(sent: Sent): void {
  if (sent.delivered + sent.failedAttempts === 0) return;
  process.stdout.write(`${JSON.stringify(embedded(environment.STAGE, sent, Date.now()))}\n`);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
