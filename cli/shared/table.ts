/** Reads the scaler's item in DynamoDB. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY } from '../../contract/names.ts';
import { awsCall } from './aws-errors.ts';
import type { ClientConfig } from './deployment.ts';

export const documentsOf = (config: ClientConfig) =>
  DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });

/** @returns undefined when the table has none. @throws UserError, ApiError */
export async function readItem(
  documents: DynamoDBDocumentClient,
  TableName: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const get = new GetCommand({ TableName, Key: { [TABLE_KEY]: MEMORY_KEY }, ConsistentRead: true });
  const { Item } = await awsCall(`table ${TableName}`, 'dynamodb:GetItem on the scaler’s table', signal, () =>
    documents.send(get, { abortSignal: signal }),
  );
  return Item;
}
