/** Reads the scaler's memory from its table. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { MEMORY_KEY } from '../../contract/names.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import type { LocalStack } from './stack.ts';

/** @returns undefined before the first tick */
export async function readMemory({ dynamo, outputs }: Pick<LocalStack, 'dynamo' | 'outputs'>) {
  const { Item } = await dynamo.send(
    new GetItemCommand({
      TableName: outputs.TableName,
      Key: { id: { S: MEMORY_KEY } },
      ConsistentRead: true,
    }),
  );
  return Item && fromItem(unmarshall(Item));
}
