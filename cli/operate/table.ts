/** The scaler's item in its table. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY } from '../../contract/names.ts';
import { told } from '../service/aws.ts';
import type { ClientConfig } from './place.ts';

export const documentsOf = (config: ClientConfig) =>
  DynamoDBDocumentClient.from(new DynamoDBClient(config), {
    marshallOptions: { removeUndefinedValues: true },
  });

/** @returns undefined when there is none. @throws UserError, Refusal */
export async function readItem(
  documents: DynamoDBDocumentClient,
  TableName: string,
  signal: AbortSignal,
): Promise<Record<string, unknown> | undefined> {
  const get = new GetCommand({ TableName, Key: { [TABLE_KEY]: MEMORY_KEY }, ConsistentRead: true });
  const { Item } = await told(`table ${TableName}`, 'dynamodb:GetItem on the scaler’s table', signal, () =>
    documents.send(get, { abortSignal: signal }),
  );
  return Item;
}
