/** The callers that announced photos, in the gateway's table. */
import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GATEWAY_KEY, photoRecordKey } from '../../../contract/gateway.ts';

export const photoOwners =
  (documents: DynamoDBDocumentClient, TableName: string) =>
  async (photoId: string): Promise<string | undefined> => {
    const Key = { [GATEWAY_KEY]: photoRecordKey(photoId) };
    const { Item } = await documents.send(
      new GetCommand({
        ...{ TableName, Key, ConsistentRead: true },
        ProjectionExpression: '#owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
      }),
    );
    const owner: unknown = Item?.owner;
    return typeof owner === 'string' ? owner : undefined;
  };
