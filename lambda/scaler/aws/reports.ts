/** The counters of the instances in DynamoDB: an item for each instance, which only that instance may write. */
import { BatchGetItemCommand, type AttributeValue, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { TABLE_KEY, WORK_ATTRIBUTES } from '../../../contract/names.ts';
import type { InstanceReport } from '../policy/plausible.ts';
import type { Work } from '../ports.ts';

/** Keys of one BatchGetItem at most. */
const BATCH = 100;
/** Of a number that a worker writes; DynamoDB allows 38 digits and exponents, which the document client cannot read. */
const NUMBER = /^-?\d{1,20}(?:\.\d{1,20})?(?:E[+-]?\d{1,3})?$/i;

/** A number, or a few characters of what is there instead. */
function valueOf(attribute: AttributeValue | undefined): unknown {
  if (attribute?.N !== undefined) return NUMBER.test(attribute.N) ? Number(attribute.N) : attribute.N;
  if (attribute?.S !== undefined) return attribute.S.slice(0, 40);
  return attribute === undefined ? undefined : Object.keys(attribute).join();
}

export class DynamoWork implements Work {
  /** @param prefix of the items' keys; empty where the instances do not report */
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly tableName: string,
    private readonly prefix: string,
  ) {}

  async read(instances: string[]): Promise<InstanceReport[] | undefined> {
    if (this.prefix === '') return undefined;
    const batches = Array.from({ length: Math.ceil(instances.length / BATCH) }, (_, k) =>
      instances.slice(k * BATCH, (k + 1) * BATCH),
    );
    return (await Promise.all(batches.map((batch) => this.readBatch(batch)))).flat();
  }

  /** Instances without an item are left out, and those that DynamoDB did not get to: their counts are unknown. */
  private async readBatch(instances: string[]): Promise<InstanceReport[]> {
    const { completed, busySeconds } = WORK_ATTRIBUTES;
    const { Responses } = await this.dynamo.send(
      new BatchGetItemCommand({
        RequestItems: {
          [this.tableName]: {
            Keys: instances.map((instance) => ({ [TABLE_KEY]: { S: this.prefix + instance } })),
            // A stale read could show less than the one before.
            ConsistentRead: true,
            ProjectionExpression: '#id, #completed, #busySeconds',
            ExpressionAttributeNames: {
              '#id': TABLE_KEY,
              '#completed': completed,
              '#busySeconds': busySeconds,
            },
          },
        },
      }),
    );
    return (Responses?.[this.tableName] ?? []).flatMap((item) => {
      const key = item[TABLE_KEY]?.S;
      if (!key?.startsWith(this.prefix)) return [];
      return {
        instance: key.slice(this.prefix.length),
        completed: valueOf(item[completed]),
        busySeconds: valueOf(item[busySeconds]),
      };
    });
  }
}
