/** The scaler's table in DynamoDB: its memory with the lease, and the counters that workers add to. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE, WORK_ATTRIBUTES, WORK_KEY } from '../../../contract/names.ts';
import type { View } from '../../../contract/view.ts';
import { fromItem, toItem } from '../memory.ts';
import type { Memory, MemoryState, Work } from '../ports.ts';

/** The workers' counters, in an item of their own. */
export class DynamoWork implements Work {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async read() {
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.tableName, Key: { [TABLE_KEY]: WORK_KEY } }),
    );
    if (!Item) return undefined;
    const number = (name: string) => {
      const value: unknown = Item[name];
      if (typeof value !== 'number') throw new Error(`item '${WORK_KEY}' gave ${name} as '${String(value)}'`);
      return value;
    };
    return {
      completed: number(WORK_ATTRIBUTES.completed),
      busySeconds: number(WORK_ATTRIBUTES.busySeconds),
    };
  }
}

export class DynamoMemory implements Memory {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
  ) {}

  async open(owner: string, at: number, leaseSeconds: number) {
    try {
      const { Attributes } = await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [TABLE_KEY]: MEMORY_KEY },
          UpdateExpression: 'SET leaseOwner = :me, leaseUntil = :until',
          ConditionExpression: 'attribute_not_exists(leaseUntil) OR leaseUntil < :now OR leaseOwner = :me',
          ExpressionAttributeValues: { ':me': owner, ':until': at + leaseSeconds, ':now': at },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return fromItem(Attributes, (why) =>
        console.error(JSON.stringify({ message: 'memory-discarded', why })),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async release(owner: string) {
    try {
      await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [TABLE_KEY]: MEMORY_KEY },
          UpdateExpression: 'REMOVE leaseOwner, leaseUntil',
          ConditionExpression: 'leaseOwner = :me',
          ExpressionAttributeValues: { ':me': owner },
        }),
      );
    } catch (error) {
      // Another run has taken the lease since.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async save(owner: string, state: Omit<MemoryState, 'controls'>, view?: View) {
    const attributes = { ...toItem(state), ...(view ? { [VIEW_ATTRIBUTE]: view } : {}) };
    const entries = Object.entries(attributes);
    await this.documents.send(
      new UpdateCommand({
        TableName: this.tableName,
        Key: { [TABLE_KEY]: MEMORY_KEY },
        UpdateExpression: `SET ${entries.map(([name]) => `#${name} = :${name}`).join(', ')}`,
        ConditionExpression: 'leaseOwner = :me',
        ExpressionAttributeNames: Object.fromEntries(entries.map(([name]) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ':me': owner,
          ...Object.fromEntries(entries.map(([name, value]) => [`:${name}`, value])),
        },
      }),
    );
  }
}
