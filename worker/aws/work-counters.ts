/** This instance's counters of work done: an item of the scaler's table that only this instance may write. */
import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BOOT_FAILURE_ATTRIBUTE, TABLE_EXPIRY, TABLE_KEY, WORK_ATTRIBUTES } from '../../contract/names.ts';
import type { Done } from '../telemetry/work-report.ts';

/** After the last report of an instance DynamoDB deletes its item, seconds. */
const KEPT_SECONDS = 86_400;

export interface WorkItem {
  tableName: string;
  key: string;
}

/** @param now epoch milliseconds */
export async function addWork(
  dynamo: DynamoDBClient,
  { tableName, key }: WorkItem,
  done: Done,
  now: number,
): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { [TABLE_KEY]: { S: key } },
      UpdateExpression: 'SET #expiry = :expiry ADD #completed :completed, #busySeconds :busySeconds',
      ExpressionAttributeNames: {
        '#expiry': TABLE_EXPIRY,
        '#completed': WORK_ATTRIBUTES.completed,
        '#busySeconds': WORK_ATTRIBUTES.busySeconds,
      },
      ExpressionAttributeValues: {
        ':expiry': { N: String(Math.ceil(now / 1000) + KEPT_SECONDS) },
        ':completed': { N: String(done.completed) },
        ':busySeconds': { N: done.busySeconds.toFixed(3) },
      },
    }),
  );
}

/** Characters; the scaler reads as many. */
const MAX_REASON_LENGTH = 300;

/** Stores why the instance cannot get ready, in the same item. @param now epoch milliseconds */
export async function putBootFailure(
  dynamo: DynamoDBClient,
  { tableName, key }: WorkItem,
  why: string,
  now: number,
): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { [TABLE_KEY]: { S: key } },
      UpdateExpression: 'SET #expiry = :expiry, #why = :why',
      ExpressionAttributeNames: { '#expiry': TABLE_EXPIRY, '#why': BOOT_FAILURE_ATTRIBUTE },
      ExpressionAttributeValues: {
        ':expiry': { N: String(Math.ceil(now / 1000) + KEPT_SECONDS) },
        ':why': { S: why.slice(0, MAX_REASON_LENGTH) },
      },
    }),
  );
}
