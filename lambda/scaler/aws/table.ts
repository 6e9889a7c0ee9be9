/** The scaler's item in DynamoDB: its memory, with the lease. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { LEASE_ATTRIBUTE, MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../contract/names.ts';
import { viewSchema, type View } from '../../../contract/view.ts';
import { fromItem, toItem } from '../memory.ts';
import type { Memory, MemoryState, Views } from '../ports.ts';

export class DynamoMemory implements Memory, Views {
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
          UpdateExpression: `SET leaseOwner = :me, ${LEASE_ATTRIBUTE} = :until`,
          ConditionExpression: `attribute_not_exists(${LEASE_ATTRIBUTE}) OR ${LEASE_ATTRIBUTE} < :now OR leaseOwner = :me`,
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

  async glance() {
    const { Item } = await this.documents.send(
      new GetCommand({
        TableName: this.tableName,
        Key: { [TABLE_KEY]: MEMORY_KEY },
        ProjectionExpression: '#view, #lease',
        ExpressionAttributeNames: { '#view': VIEW_ATTRIBUTE, '#lease': LEASE_ATTRIBUTE },
        // A photo that comes within a second of the last tick needs what that one wrote.
        ConsistentRead: true,
      }),
    );
    return {
      view: viewSchema.safeParse(Item?.[VIEW_ATTRIBUTE]).data,
      leaseUntil: z.number().safeParse(Item?.[LEASE_ATTRIBUTE]).data,
    };
  }

  async release(owner: string) {
    try {
      await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [TABLE_KEY]: MEMORY_KEY },
          UpdateExpression: `REMOVE leaseOwner, ${LEASE_ATTRIBUTE}`,
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
    const leftOut: string[] = [];
    const attributes = {
      ...toItem(state, (why) => leftOut.push(why)),
      ...(view ? { [VIEW_ATTRIBUTE]: view } : {}),
    };
    try {
      await this.write(owner, attributes);
    } catch (error) {
      const { ledger } = attributes;
      // The lease was lost, or DynamoDB does not answer; else it refuses an attribute, and what the day has cost is none.
      if (!ledger || !(error instanceof Error) || error.name !== 'ValidationException') throw error;
      await this.write(owner, { ledger });
      throw error;
    }
    if (leftOut.length > 0) throw new Error(`not stored: ${leftOut.join(', ')}`);
  }

  private async write(owner: string, attributes: object) {
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
