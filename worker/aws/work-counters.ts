/** The fleet's counters of work done: an item of the scaler's table. */
import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TABLE_KEY, WORK_ATTRIBUTES, WORK_KEY } from '../../contract/names.ts';
import type { Done } from '../telemetry/work-report.ts';

export async function addWork(dynamo: DynamoDBClient, tableName: string, done: Done): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { [TABLE_KEY]: { S: WORK_KEY } },
      UpdateExpression: 'ADD #completed :completed, #busySeconds :busySeconds',
      ExpressionAttributeNames: {
        '#completed': WORK_ATTRIBUTES.completed,
        '#busySeconds': WORK_ATTRIBUTES.busySeconds,
      },
      ExpressionAttributeValues: {
        ':completed': { N: String(done.completed) },
        ':busySeconds': { N: done.busySeconds.toFixed(3) },
      },
    }),
  );
}
