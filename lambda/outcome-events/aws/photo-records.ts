/** Records of the API's photos, in the gateway's table. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { DELETED_AT, GATEWAY_KEY, photoRecordKey } from '../../../contract/gateway.ts';

export class DynamoPhotoRecords {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  /** @returns the caller that announced a photo; undefined for an unknown one */
  readonly ownerOf = async (photoId: string): Promise<string | undefined> => {
    const owner = (await this.read(photoId, 'owner'))?.owner;
    return typeof owner === 'string' ? owner : undefined;
  };

  /** Whether there is such a photo, and no deletion of it has begun. */
  readonly isThere = async (photoId: string): Promise<boolean> => {
    const record = await this.read(photoId, DELETED_AT);
    return record !== undefined && record[DELETED_AT] === undefined;
  };

  /** One attribute: more than it needs no function may read. */
  private async read(photoId: string, attribute: string): Promise<Record<string, unknown> | undefined> {
    const { Item } = await this.documents.send(
      new GetCommand({
        TableName: this.tableName,
        Key: { [GATEWAY_KEY]: photoRecordKey(photoId) },
        ConsistentRead: true,
        ProjectionExpression: '#id, #attribute',
        ExpressionAttributeNames: { '#id': GATEWAY_KEY, '#attribute': attribute },
      }),
    );
    return Item;
  }
}
