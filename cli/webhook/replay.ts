/** Dead deliveries as letters that a redrive moves: back into the table of pending ones, with another day of attempts. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { deadDeliverySchema, type DeadDelivery } from '../../contract/webhook.ts';
import { DynamoWebhookRegistry } from '../../lambda/gateway/aws/webhook-registry.ts';
import { DynamoDeliveryStore } from '../../lambda/outcome-events/aws/delivery-table.ts';
import { DynamoPhotoRecords } from '../../lambda/outcome-events/aws/photo-records.ts';
import { SqsWakeQueue } from '../../lambda/outcome-events/aws/webhook-queues.ts';
import { photoIdOf } from '../../lambda/outcome-events/webhooks/deleted-photos.ts';
import { deadLettersOf } from '../redrive/sqs.ts';
import type { DeadLetter } from '../redrive/run.ts';
import { awsCall } from '../shared/aws-errors.ts';
import type { ClientConfig } from '../shared/deployment.ts';

export interface ReplayResources {
  deadLetterUrl: string;
  wakeUrl: string;
  webhookTable: string;
  deliveryTable: string;
  /** The gateway's. */
  recordTable: string;
}

/** @returns undefined for a message that is none */
export function deadDeliveryOf(body: string): DeadDelivery | undefined {
  try {
    return deadDeliverySchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

const NEEDS =
  'dynamodb:GetItem on the webhook table and on that of the gateway, dynamodb:PutItem on the delivery table and sqs:SendMessage on the webhook queue';

/** @param now epoch seconds. @param dropped called for a delivery whose webhook or photo is deleted, and for a message that is none */
export function replayOf(
  config: ClientConfig,
  { deadLetterUrl, wakeUrl, webhookTable, deliveryTable, recordTable }: ReplayResources,
  { signal, now, dropped }: { signal: AbortSignal; now: () => number; dropped: () => void },
): ReturnType<typeof deadLettersOf> {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(config));
  const registry = new DynamoWebhookRegistry(documents, webhookTable);
  const deliveries = new DynamoDeliveryStore(documents, deliveryTable);
  const records = new DynamoPhotoRecords(documents, recordTable);
  const wakes = new SqsWakeQueue(new SQSClient(config), wakeUrl);
  const queue = deadLettersOf(config, deadLetterUrl, { interactive: '', sidelined: '', bulk: '' }, signal);
  const never = new AbortController().signal;
  return {
    ...queue,
    async send({ body }: DeadLetter) {
      const dead = deadDeliveryOf(body);
      await awsCall(`tables ${webhookTable}, ${deliveryTable} and ${recordTable}`, NEEDS, never, async () => {
        const webhook = dead && (await registry.get(dead.owner, dead.id));
        if (!dead || !webhook) return dropped();
        const photoId = photoIdOf(dead.body);
        if (photoId !== undefined && !(await records.isThere(photoId))) return dropped();
        const { target, owner, id } = webhook;
        const at = now();
        await deliveries.add({
          ...{ target, event: dead.event, body: dead.body },
          ...{ attempts: 0, createdAt: at, dueAt: at },
        });
        await wakes.send({ owner, id }, 0);
      });
    },
  };
}
