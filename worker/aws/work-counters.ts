/** This instance's counters of work done: an item of the scaler's table that only this instance may write. */
import { UpdateItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BOOT_FAILURE_ATTRIBUTE, TABLE_EXPIRY, TABLE_KEY, WORK_ATTRIBUTES } from '../../contract/names.ts';
import { WORKFLOW_COUNTERS, workflowAttribute } from '../../contract/workflow-counters.ts';
import type { Done } from '../telemetry/work-report.ts';

/** After the last report of an instance DynamoDB deletes its item, seconds. */
const KEPT_SECONDS = 86_400;

export interface WorkItem {
  tableName: string;
  key: string;
}

interface Update {
  /** After `SET #expiry = :expiry`. */
  expression: string;
  names: Record<string, string>;
  values: Record<string, AttributeValue>;
}

type LaneCounter = keyof typeof WORK_ATTRIBUTES;
const OF_BOTH_LANES: LaneCounter[] = ['completed', 'busySeconds'];
const OF_BULK: LaneCounter[] = ['bulkCompleted', 'bulkBusySeconds'];

/** @param now epoch milliseconds */
async function update(
  dynamo: DynamoDBClient,
  { tableName, key }: WorkItem,
  { expression, names, values }: Update,
  now: number,
): Promise<void> {
  const expiry = { N: String(Math.ceil(now / 1000) + KEPT_SECONDS) };
  await dynamo.send(
    new UpdateItemCommand({
      TableName: tableName,
      Key: { [TABLE_KEY]: { S: key } },
      UpdateExpression: `SET #expiry = :expiry${expression}`,
      ExpressionAttributeNames: { '#expiry': TABLE_EXPIRY, ...names },
      ExpressionAttributeValues: { ':expiry': expiry, ...values },
    }),
  );
}

/** @param now epoch milliseconds */
export function addWork(dynamo: DynamoDBClient, item: WorkItem, done: Done, now: number): Promise<void> {
  // The items of a stage without bulk photos have no counters of them.
  const names = OF_BULK.some((name) => (done[name] ?? 0) > 0)
    ? [...OF_BOTH_LANES, ...OF_BULK]
    : OF_BOTH_LANES;
  const counted = [
    ...names.map((name) => ({ attribute: WORK_ATTRIBUTES[name] as string, value: done[name] ?? 0 })),
    ...Object.entries(done.workflows ?? {}).flatMap(([workflow, work]) =>
      WORKFLOW_COUNTERS.filter((counter) => work[counter] > 0).map((counter) => ({
        attribute: workflowAttribute(workflow, counter),
        value: work[counter],
      })),
    ),
  ];
  const added: Update = {
    expression: ` ADD ${counted.map((_, k) => `#c${k} :c${k}`).join(', ')}`,
    names: Object.fromEntries(counted.map(({ attribute }, k) => [`#c${k}`, attribute])),
    values: Object.fromEntries(counted.map(({ value }, k) => [`:c${k}`, { N: String(thousandths(value)) }])),
  };
  return update(dynamo, item, added, now);
}

const thousandths = (value: number) => Math.round(value * 1000) / 1000;

/** Characters; the scaler reads as many. */
const MAX_REASON_LENGTH = 300;

/** Stores why the instance cannot get ready, in the same item. @param now epoch milliseconds */
export const putBootFailure = (
  dynamo: DynamoDBClient,
  item: WorkItem,
  why: string,
  now: number,
): Promise<void> =>
  update(
    dynamo,
    item,
    {
      expression: ', #why = :why',
      names: { '#why': BOOT_FAILURE_ATTRIBUTE },
      values: { ':why': { S: why.slice(0, MAX_REASON_LENGTH) } },
    },
    now,
  );
