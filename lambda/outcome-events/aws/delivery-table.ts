/** Pending deliveries in DynamoDB: an item for each, ordered by local indexes, which can be read consistently. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import {
  DELIVERY_EXPIRY,
  DELIVERY_INDEXES,
  DELIVERY_KEYS,
  GIVE_UP_SECONDS,
} from '../../../contract/webhook.ts';
import type { Delivery, DeliveryStore } from '../webhooks/ports.ts';

const deliverySchema = z.object({
  target: z.string(),
  event: z.string(),
  body: z.string(),
  attempts: z.number(),
  createdAt: z.number(),
  dueAt: z.number(),
});

/** An item outlives its last attempt: only those of a webhook that was deleted are left to the time to live. */
const KEPT_SECONDS = 3 * GIVE_UP_SECONDS;

const keyOf = ({ target, event }: Delivery) => ({
  [DELIVERY_KEYS.partition]: target,
  [DELIVERY_KEYS.sort]: event,
});

/** Of a megabyte each, in a count. */
const MOST_PAGES = 10;

interface Range {
  index: keyof typeof DELIVERY_INDEXES;
  /** @default - all */
  below?: number;
  limit: number;
  /** @default false - the lowest first */
  isReversed?: boolean;
}

export class DynamoDeliveryStore implements DeliveryStore {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async add(delivery: Delivery): Promise<void> {
    await this.documents
      .send(
        new PutCommand({
          TableName: this.tableName,
          Item: { ...delivery, [DELIVERY_EXPIRY]: Math.ceil(delivery.createdAt) + KEPT_SECONDS },
          ConditionExpression: 'attribute_not_exists(#event)',
          ExpressionAttributeNames: { '#event': DELIVERY_KEYS.sort },
        }),
      )
      .catch(unlessFalse);
  }

  due(target: string, by: number, limit: number): Promise<Delivery[]> {
    return this.query(target, { index: 'due', below: by, limit });
  }

  newest(target: string, limit: number): Promise<Delivery[]> {
    return this.query(target, { index: 'oldest', limit, isReversed: true });
  }

  async next(target: string): Promise<Delivery | undefined> {
    return (await this.query(target, { index: 'due', limit: 1 }))[0];
  }

  olderThan(target: string, createdBefore: number, limit: number): Promise<Delivery[]> {
    return this.query(target, { index: 'oldest', below: createdBefore, limit });
  }

  async count(target: string): Promise<number> {
    let [total, pages] = [0, 0];
    let start: Record<string, unknown> | undefined;
    do {
      const { Count = 0, LastEvaluatedKey } = await this.documents.send(
        new QueryCommand({
          ...{ TableName: this.tableName, IndexName: 'due' satisfies keyof typeof DELIVERY_INDEXES },
          ...{ Select: 'COUNT', ExclusiveStartKey: start },
          KeyConditionExpression: '#target = :target',
          ExpressionAttributeNames: { '#target': DELIVERY_KEYS.partition },
          ExpressionAttributeValues: { ':target': target },
        }),
      );
      total += Count;
      start = LastEvaluatedKey;
    } while (start && ++pages < MOST_PAGES);
    return total;
  }

  async remove(delivery: Delivery): Promise<void> {
    await this.documents.send(new DeleteCommand({ TableName: this.tableName, Key: keyOf(delivery) }));
  }

  async postpone(delivery: Delivery, dueAt: number, attempts: number): Promise<void> {
    await this.documents
      .send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: keyOf(delivery),
          UpdateExpression: 'SET dueAt = :due, attempts = :attempts',
          ConditionExpression: 'attribute_exists(#event)',
          ExpressionAttributeNames: { '#event': DELIVERY_KEYS.sort },
          ExpressionAttributeValues: { ':due': dueAt, ':attempts': attempts },
        }),
      )
      .catch(unlessFalse);
  }

  private async query(
    target: string,
    { index, below, limit, isReversed = false }: Range,
  ): Promise<Delivery[]> {
    const { Items = [] } = await this.documents.send(
      new QueryCommand({
        TableName: this.tableName,
        IndexName: index,
        ConsistentRead: true,
        Limit: limit,
        ScanIndexForward: !isReversed,
        KeyConditionExpression:
          below === undefined ? '#target = :target' : '#target = :target AND #at <= :below',
        ExpressionAttributeNames: {
          '#target': DELIVERY_KEYS.partition,
          ...(below !== undefined && { '#at': DELIVERY_INDEXES[index] }),
        },
        ExpressionAttributeValues: { ':target': target, ...(below !== undefined && { ':below': below }) },
      }),
    );
    return Items.map((item) => deliverySchema.parse(item));
  }
}

function unlessFalse(error: unknown): void {
  if (!(error instanceof ConditionalCheckFailedException)) throw error;
}
