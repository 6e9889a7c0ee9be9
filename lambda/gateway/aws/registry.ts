/** Photo records and quota counters in the gateway's DynamoDB table. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { randomShare } from '../../../common/time.ts';
import {
  CALLER_INDEX,
  GATEWAY_EXPIRY,
  GATEWAY_KEY,
  photoRecordKey as photoKey,
} from '../../../contract/gateway.ts';
import { LANES } from '../../../contract/lanes.ts';
import { OUTPUTS, PHOTO_TYPES } from '../../../contract/photo-types.ts';
import { ANONYMOUS } from '../callers.ts';
import { countersOf, DAY_SECONDS, type QuotaCounter, type QuotaWindow } from '../quotas.ts';
import type { DeletionMark, PhotoRecord, PhotoRegistry } from '../ports.ts';

const recordSchema = z.object({
  id: z.string(),
  owner: z.string(),
  name: z.string(),
  type: z.enum(PHOTO_TYPES),
  output: z.enum(OUTPUTS),
  lane: z.enum(LANES).optional(),
  createdAt: z.number(),
  sidelined: z.boolean().optional(),
  counter: z.object({ key: z.string(), endsAt: z.number() }).optional(),
  place: z.number().optional(),
  linkExpiresAt: z.number(),
  expiresAt: z.number(),
  trace: z.string().default(''),
  deletedAt: z.number().optional(),
  hadOutcome: z.boolean().optional(),
});

export class DynamoPhotoRegistry implements PhotoRegistry {
  /** Counters at their limit of windows with several, each with the end of its window: they never fall. */
  private readonly full = new Map<QuotaCounter['key'], { limit: number; endsAt: number }>();

  /** @param random from 0 to 1 */
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly random: () => number = randomShare,
  ) {}

  async put(photo: PhotoRecord) {
    await this.documents.send(
      new PutCommand({
        TableName: this.tableName,
        // DynamoDB's time to live takes whole seconds.
        Item: {
          ...photo,
          ...(photo.owner !== ANONYMOUS && { [CALLER_INDEX.partition]: photo.owner }),
          [GATEWAY_KEY]: photoKey(photo.id),
          [GATEWAY_EXPIRY]: Math.ceil(photo.expiresAt),
        },
        ConditionExpression: 'attribute_not_exists(#id)',
        ExpressionAttributeNames: { '#id': GATEWAY_KEY },
      }),
    );
  }

  async get(id: string) {
    const { Item } = await this.documents.send(
      // A client may ask right after it created the photo.
      new GetCommand({
        TableName: this.tableName,
        Key: { [GATEWAY_KEY]: photoKey(id) },
        ConsistentRead: true,
      }),
    );
    return Item && recordSchema.parse({ ...Item, id });
  }

  async markDeleted(id: string, { deletedAt, hadOutcome = false }: DeletionMark) {
    const outcome = hadOutcome ? ', hadOutcome = :true' : '';
    return unlessRefused(
      this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [GATEWAY_KEY]: photoKey(id) },
          UpdateExpression: `SET deletedAt = :at${outcome}`,
          ConditionExpression: 'attribute_exists(#id)',
          ExpressionAttributeNames: { '#id': GATEWAY_KEY },
          ExpressionAttributeValues: { ':at': deletedAt, ...(hadOutcome && { ':true': true }) },
        }),
      ),
    );
  }

  async remove(id: string) {
    const { Attributes } = await this.documents.send(
      new DeleteCommand({
        TableName: this.tableName,
        Key: { [GATEWAY_KEY]: photoKey(id) },
        ReturnValues: 'ALL_OLD',
      }),
    );
    return Attributes && recordSchema.parse({ ...Attributes, id });
  }

  /** A counter at its limit leaves the photo to the next one: only when all are, the window is. */
  async countPhoto(window: QuotaWindow) {
    const counters = countersOf(window);
    const first = Math.floor(this.random() * counters.length);
    for (const counter of [...counters.slice(first), ...counters.slice(0, first)]) {
      if (this.full.get(counter.key)?.limit === counter.limit) continue;
      if (await this.count(counter, window.endsAt)) return true;
      if (counters.length > 1) this.remember(counter, window.endsAt);
    }
    return false;
  }

  private remember({ key, limit }: QuotaCounter, endsAt: number): void {
    // A function may live for hours.
    for (const [one, other] of this.full) if (other.endsAt < endsAt - DAY_SECONDS) this.full.delete(one);
    this.full.set(key, { limit, endsAt });
  }

  private count({ key, limit }: QuotaCounter, endsAt: number): Promise<boolean> {
    return unlessRefused(
      this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [GATEWAY_KEY]: key },
          UpdateExpression: 'ADD photos :one SET #expiry = :end',
          ConditionExpression: 'attribute_not_exists(photos) OR photos < :limit',
          ExpressionAttributeNames: { '#expiry': GATEWAY_EXPIRY },
          ExpressionAttributeValues: { ':one': 1, ':limit': limit, ':end': Math.ceil(endsAt) },
        }),
      ),
    );
  }
}

/** @returns false when the condition of the write does not hold */
async function unlessRefused(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
