/** Counts each caller's unfinished photos of a window in the gateway's table, in one item. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type DynamoDBDocumentClient, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { GATEWAY_EXPIRY, GATEWAY_KEY, photoRecordKey } from '../../../contract/gateway.ts';
import type { UnfinishedPhotos } from '../ports.ts';
import type { UnfinishedCounterKey } from '../sidelining.ts';

export class DynamoUnfinishedPhotos implements UnfinishedPhotos {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly warn: (error: string) => void,
  ) {}

  enter({ key, endsAt }: UnfinishedCounterKey, limit: number) {
    return this.update({
      Key: { [GATEWAY_KEY]: key },
      UpdateExpression: 'ADD photos :one SET #expiry = :end',
      ConditionExpression: 'attribute_not_exists(photos) OR photos < :limit',
      ExpressionAttributeNames: { '#expiry': GATEWAY_EXPIRY },
      ExpressionAttributeValues: { ':one': 1, ':limit': limit, ':end': Math.ceil(endsAt) },
    });
  }

  /** The record first: of two polls one takes the photo out. One that dies in between leaves the count too high until its window ends. */
  async leave({ id, counter }: { id: string; counter: UnfinishedCounterKey }) {
    const isFirst = await this.update({
      Key: { [GATEWAY_KEY]: photoRecordKey(id) },
      UpdateExpression: 'REMOVE #counter',
      ConditionExpression: 'attribute_exists(#counter)',
      ExpressionAttributeNames: { '#counter': 'counter' },
    });
    if (!isFirst) return;
    await this.update({
      Key: { [GATEWAY_KEY]: counter.key },
      UpdateExpression: 'ADD photos :less',
      ConditionExpression: 'photos > :none',
      ExpressionAttributeValues: { ':less': -1, ':none': 0 },
    });
  }

  /** @returns whether the condition held; undefined where it failed */
  private async update(input: Omit<UpdateCommandInput, 'TableName'>): Promise<boolean | undefined> {
    try {
      await this.documents.send(new UpdateCommand({ TableName: this.tableName, ...input }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      this.warn((error as Error).message);
      return undefined;
    }
  }
}
