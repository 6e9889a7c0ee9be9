/** The counters of the instances in DynamoDB: an item for each instance, which only that instance may write. */
import {
  BatchGetItemCommand,
  type AttributeValue,
  type BatchGetItemCommandOutput,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { jittered, pause } from '../../../common/time.ts';
import { BOOT_FAILURE_ATTRIBUTE, TABLE_KEY, WORK_ATTRIBUTES } from '../../../contract/names.ts';
import {
  WORKFLOW_COUNTERS,
  workflowAttribute,
  workflowAttributes,
} from '../../../contract/workflow-counters.ts';
import type { InstanceReport } from '../policy/plausible.ts';
import type { Work } from '../ports.ts';

/** Keys of one BatchGetItem at most. */
const BATCH = 100;
/**
 * Before the keys that DynamoDB did not get to are read again, at most as often, milliseconds: it throttles by the second, and a tick has
 * seconds.
 */
const AGAIN_MS = [100, 300, 600];
/** Of a number that a worker writes; DynamoDB allows 38 digits and exponents, which the document client cannot read. */
const NUMBER = /^-?\d{1,20}(?:\.\d{1,20})?(?:E[+-]?\d{1,3})?$/i;

/** A number, or a few characters of what is there instead. */
function valueOf(attribute: AttributeValue | undefined): unknown {
  if (attribute?.N !== undefined) return NUMBER.test(attribute.N) ? Number(attribute.N) : attribute.N;
  if (attribute?.S !== undefined) return attribute.S.slice(0, 40);
  return attribute === undefined ? undefined : Object.keys(attribute).join();
}

/** In an expression a name has letters, digits and `_` only. */
const placeholderOf = (name: string, k: number): string => `#${/^\w+$/.test(name) ? name : `n${k}`}`;

interface InstanceItem {
  instance: string;
  item: Record<string, AttributeValue>;
}

export class DynamoWork implements Work {
  /**
   * @param prefix of the items' keys; empty where the instances do not report
   * @param workflows of a stage with several
   */
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly tableName: string,
    private readonly prefix: string,
    private readonly workflows: readonly string[] = [],
  ) {}

  async read(instances: string[]): Promise<InstanceReport[] | undefined> {
    if (this.prefix === '') return undefined;
    const batches = Array.from({ length: Math.ceil(instances.length / BATCH) }, (_, k) =>
      instances.slice(k * BATCH, (k + 1) * BATCH),
    );
    return (await Promise.all(batches.map((batch) => this.readBatch(batch)))).flat();
  }

  async failures(instances: string[]): Promise<{ instance: string; why: string }[]> {
    if (this.prefix === '' || instances.length === 0) return [];
    const items = await this.itemsOf(instances.slice(0, BATCH), [BOOT_FAILURE_ATTRIBUTE]);
    return items.flatMap(({ instance, item }) => {
      const why = item[BOOT_FAILURE_ATTRIBUTE]?.S;
      return why ? { instance, why } : [];
    });
  }

  /** Instances without an item are left out, and those that DynamoDB did not get to: their counts are unknown. */
  private async readBatch(instances: string[]): Promise<InstanceReport[]> {
    const { completed, busySeconds, bulkCompleted, bulkBusySeconds } = WORK_ATTRIBUTES;
    const attributes = [...Object.values(WORK_ATTRIBUTES), ...workflowAttributes(this.workflows)];
    const items = await this.itemsOf(instances, attributes);
    return items.map(({ instance, item }) => ({
      instance,
      completed: valueOf(item[completed]),
      busySeconds: valueOf(item[busySeconds]),
      bulkCompleted: valueOf(item[bulkCompleted]),
      bulkBusySeconds: valueOf(item[bulkBusySeconds]),
      ...(this.workflows.length > 0 && { workflows: this.workflowsOf(item) }),
    }));
  }

  private workflowsOf(item: Record<string, AttributeValue>): InstanceReport['workflows'] {
    const countersOf = (name: string) =>
      WORKFLOW_COUNTERS.map((counter) => [counter, valueOf(item[workflowAttribute(name, counter)])]);
    return Object.fromEntries(this.workflows.map((name) => [name, Object.fromEntries(countersOf(name))]));
  }

  private async itemsOf(instances: string[], attributes: string[]): Promise<InstanceItem[]> {
    const names = [TABLE_KEY, ...attributes];
    const found: Record<string, AttributeValue>[] = [];
    let Keys: Record<string, AttributeValue>[] | undefined = instances.map((instance) => ({
      [TABLE_KEY]: { S: this.prefix + instance },
    }));
    for (let read = 0; Keys && Keys.length > 0; read++) {
      const { Responses, UnprocessedKeys }: BatchGetItemCommandOutput = await this.dynamo.send(
        new BatchGetItemCommand({
          RequestItems: {
            [this.tableName]: {
              Keys,
              // A stale read could show less than the one before.
              ConsistentRead: true,
              ProjectionExpression: names.map(placeholderOf).join(', '),
              ExpressionAttributeNames: Object.fromEntries(
                names.map((name, k) => [placeholderOf(name, k), name]),
              ),
            },
          },
        }),
      );
      found.push(...(Responses?.[this.tableName] ?? []));
      const againMs = AGAIN_MS[read];
      if (againMs === undefined) break;
      Keys = UnprocessedKeys?.[this.tableName]?.Keys;
      if (Keys && Keys.length > 0) await pause(jittered(againMs));
    }
    return found.flatMap((item) => {
      const key = item[TABLE_KEY]?.S;
      return key?.startsWith(this.prefix) ? { instance: key.slice(this.prefix.length), item } : [];
    });
  }
}
