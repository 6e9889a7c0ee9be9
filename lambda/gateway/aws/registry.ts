/** Photo records and quota counters in the gateway's DynamoDB table. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { GATEWAY_EXPIRY, GATEWAY_KEY } from '../../../contract/gateway.ts';
import { OUTPUTS, PHOTO_TYPES } from '../../../contract/photo-types.ts';
import type { QuotaWindow } from '../quotas.ts';
import type { PhotoRecord, PhotoRegistry } from '../ports.ts';

const recordSchema = z.object({
  id: z.string(),
  owner: z.string(),
  name: z.string(),
  type: z.enum(PHOTO_TYPES),
  output: z.enum(OUTPUTS),
  createdAt: z.number(),
  place: z.number().optional(),
  linkExpiresAt: z.number(),
  expiresAt: z.number(),
  trace: z.string().default(''),
});

const photoKey = (id: string) => `photo#${id}`;

export class DynamoPhotoRegistry implements PhotoRegistry {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async put(photo: PhotoRecord) {
    await this.documents.send(
      new PutCommand({
        TableName: this.tableName,
        // DynamoDB's time to live takes whole seconds.
        Item: { ...photo, [GATEWAY_KEY]: photoKey(photo.id), [GATEWAY_EXPIRY]: Math.ceil(photo.expiresAt) },
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

  async countPhoto({ key, limit, endsAt }: QuotaWindow) {
    try {
      await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [GATEWAY_KEY]: key },
          UpdateExpression: 'ADD photos :one SET #expiry = :end',
          ConditionExpression: 'attribute_not_exists(photos) OR photos < :limit',
          ExpressionAttributeNames: { '#expiry': GATEWAY_EXPIRY },
          ExpressionAttributeValues: { ':one': 1, ':limit': limit, ':end': Math.ceil(endsAt) },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}
