/** Counts announced photos by day and caller in the table of usage. */
import { UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { acceptedKey, USAGE_EXPIRY, usageCaller, usageDay, usageExpiry } from '../../../contract/usage.ts';
import type { AcceptedPhotos } from '../ports.ts';

export class DynamoAcceptedPhotos implements AcceptedPhotos {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async accept(owner: string, at: number): Promise<void> {
    const day = usageDay(at);
    await this.documents.send(
      new UpdateCommand({
        TableName: this.tableName,
        Key: acceptedKey(day, usageCaller(owner)),
        UpdateExpression: 'ADD photos :one SET #expiry = :end',
        ExpressionAttributeNames: { '#expiry': USAGE_EXPIRY },
        ExpressionAttributeValues: { ':one': 1, ':end': usageExpiry(day) },
      }),
    );
  }
}
