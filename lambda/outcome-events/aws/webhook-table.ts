/** Registered webhooks in DynamoDB. Times are epoch seconds. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { QueryCommand, ScanCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  storedWebhookSchema,
  webhookKey,
  webhooksOf,
  type StoredWebhook,
  type Wake,
} from '../../../contract/webhook.ts';
import type { WebhookStore, WebhookUpdate } from '../webhooks/ports.ts';

/** Fields that a run without them removes. */
const MAY_END = ['retryAt', 'wakeAt'] as const satisfies (keyof WebhookUpdate)[];

export class DynamoWebhookStore implements WebhookStore {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async list(owner: string): Promise<StoredWebhook[]> {
    const { Items = [] } = await this.documents.send(
      new QueryCommand({ TableName: this.tableName, ...webhooksOf(owner) }),
    );
    return Items.map((item) => storedWebhookSchema.parse(item));
  }

  /** Of all callers: some hundred bytes each. */
  async *all(): AsyncGenerator<StoredWebhook> {
    let start: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.documents.send(
        new ScanCommand({ TableName: this.tableName, ExclusiveStartKey: start }),
      );
      for (const item of Items) yield storedWebhookSchema.parse(item);
      start = LastEvaluatedKey;
    } while (start);
  }

  async acquire(
    wake: Wake,
    now: number,
    leaseUntil: number,
    dueBy: number,
  ): Promise<StoredWebhook | undefined> {
    try {
      const { Attributes } = await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: webhookKey(wake),
          UpdateExpression: 'SET leaseUntil = :until',
          ConditionExpression:
            'attribute_exists(target) AND (attribute_not_exists(leaseUntil) OR leaseUntil <= :now) AND (attribute_not_exists(retryAt) OR retryAt <= :due)',
          ExpressionAttributeValues: { ':until': leaseUntil, ':now': now, ':due': dueBy },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return storedWebhookSchema.parse(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async release({ owner, id, leaseUntil }: StoredWebhook, update: WebhookUpdate): Promise<void> {
    const set = Object.entries(update).filter(([, value]) => value !== undefined);
    // The others stay as they are where a run has nothing of them.
    const removed = MAY_END.filter((name) => update[name] === undefined);
    try {
      await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: webhookKey({ owner, id }),
          UpdateExpression: `SET ${set.map(([name]) => `${name} = :${name}`).join(', ')} REMOVE ${['leaseUntil', ...removed].join(', ')}`,
          ConditionExpression: 'leaseUntil = :lease',
          ExpressionAttributeValues: {
            ':lease': leaseUntil,
            ...Object.fromEntries(set.map(([name, value]) => [`:${name}`, value])),
          },
        }),
      );
    } catch (error) {
      // Deleted meanwhile, or held by a run that came after a lease that was too short.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}
