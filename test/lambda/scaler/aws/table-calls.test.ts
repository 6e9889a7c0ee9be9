/** What the scaler sends to its DynamoDB table, argument by argument, and how it reads the responses. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DynamoWork } from '../../../../lambda/scaler/aws/reports.ts';
import { DynamoMemory } from '../../../../lambda/scaler/aws/table.ts';
import { stub } from '../support/stub-client.ts';

const lost = () =>
  new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed' });

afterEach(() => vi.restoreAllMocks());

describe('the memory', () => {
  const key = { TableName: 'memory', Key: { id: 'scaler' } };

  it('takes the lease if it is free, expired or its own', async () => {
    const { client, sent } = stub<never>({ Attributes: undefined });
    expect(await new DynamoMemory(client, 'memory').open('run-1', 100, 40)).toEqual({
      policy: {},
      recent: [],
      controls: {},
    });
    expect(sent).toEqual([
      [
        'UpdateCommand',
        {
          ...key,
          UpdateExpression: 'SET leaseOwner = :me, leaseUntil = :until',
          ConditionExpression: 'attribute_not_exists(leaseUntil) OR leaseUntil < :now OR leaseOwner = :me',
          ExpressionAttributeValues: { ':me': 'run-1', ':until': 140, ':now': 100 },
          ReturnValues: 'ALL_NEW',
        },
      ],
    ]);
  });

  it("is undefined while another run holds the lease, and any other error is the caller's", async () => {
    expect(await new DynamoMemory(stub<never>(lost()).client, 'memory').open('run-1', 1, 1)).toBeUndefined();
    const { client } = stub<never>(new Error('throttled'));
    await expect(new DynamoMemory(client, 'memory').open('run-1', 1, 1)).rejects.toThrow('throttled');
  });

  it('that is damaged is logged', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue();
    const { client } = stub<never>({ Attributes: { version: 99 } });
    await new DynamoMemory(client, 'memory').open('run-1', 100, 40);
    expect(JSON.parse(log.mock.calls[0]?.[0] as string)).toMatchObject({
      message: 'memory-discarded',
      why: expect.stringContaining('version') as string,
    });
  });

  it('is saved with its view only under the own lease, and leaves the controls', async () => {
    const { client, sent } = stub<never>();
    const view = { at: 1 } as never;
    await new DynamoMemory(client, 'memory').save('run-1', { policy: { lastOutAt: 5 }, recent: [] }, view);
    expect(sent).toEqual([
      [
        'UpdateCommand',
        {
          ...key,
          UpdateExpression: 'SET #version = :version, #policy = :policy, #recent = :recent, #view = :view',
          ConditionExpression: 'leaseOwner = :me',
          ExpressionAttributeNames: {
            '#version': 'version',
            '#policy': 'policy',
            '#recent': 'recent',
            '#view': 'view',
          },
          ExpressionAttributeValues: {
            ':me': 'run-1',
            ':version': 2,
            ':policy': { lastOutAt: 5 },
            ':recent': [],
            ':view': { at: 1 },
          },
        },
      ],
    ]);
  });

  it('is not saved without the lease', async () => {
    const { client } = stub<never>(lost());
    const saved = new DynamoMemory(client, 'memory').save('run-1', { policy: {}, recent: [] });
    await expect(saved).rejects.toThrow('The conditional request failed');
  });

  it('gives back its own lease only', async () => {
    const { client, sent } = stub<never>(undefined, lost(), new Error('throttled'));
    const memory = new DynamoMemory(client, 'memory');
    await memory.release('run-1');
    expect(sent).toEqual([
      [
        'UpdateCommand',
        {
          ...key,
          UpdateExpression: 'REMOVE leaseOwner, leaseUntil',
          ConditionExpression: 'leaseOwner = :me',
          ExpressionAttributeValues: { ':me': 'run-1' },
        },
      ],
    ]);
    await memory.release('run-1');
    await expect(memory.release('run-1')).rejects.toThrow('throttled');
  });
});

describe("the instances' counters", () => {
  const item = (instance: string, attributes: object) => ({
    id: { S: `work#AROA:${instance}` },
    ...attributes,
  });
  const read = async (instances: string[], ...items: object[]) => {
    const { client, sent } = stub<never>({ Responses: { memory: items } });
    return { reports: await new DynamoWork(client, 'memory', 'work#AROA:').read(instances), sent };
  };

  it('are one item for each instance, read in one call', async () => {
    const { reports, sent } = await read(
      ['i-1', 'i-2'],
      item('i-1', { completed: { N: '7' }, busySeconds: { N: '42.5' } }),
    );
    expect(reports).toEqual([{ instance: 'i-1', completed: 7, busySeconds: 42.5 }]);
    expect(sent).toEqual([
      [
        'BatchGetItemCommand',
        {
          RequestItems: {
            memory: {
              Keys: [{ id: { S: 'work#AROA:i-1' } }, { id: { S: 'work#AROA:i-2' } }],
              ConsistentRead: true,
              ProjectionExpression: '#id, #completed, #busySeconds, #bulkCompleted, #bulkBusySeconds',
              ExpressionAttributeNames: {
                '#id': 'id',
                '#completed': 'completed',
                '#busySeconds': 'busySeconds',
                '#bulkCompleted': 'bulkCompleted',
                '#bulkBusySeconds': 'bulkBusySeconds',
              },
            },
          },
        },
      ],
    ]);
  });

  it('of a hundred instances are one call', async () => {
    const instances = Array.from({ length: 201 }, (_, k) => `i-${k}`);
    const { client, sent } = stub<never>();
    expect(await new DynamoWork(client, 'memory', 'work#AROA:').read(instances)).toEqual([]);
    expect(sent).toHaveLength(3);
    expect(await new DynamoWork(client, 'memory', 'work#AROA:').read([])).toEqual([]);
    expect(sent).toHaveLength(3);
  });

  it('are not read where no instance reports', async () => {
    const { client, sent } = stub<never>();
    expect(await new DynamoWork(client, 'memory', '').read(['i-1'])).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it.each<[object | undefined, unknown]>([
    [{ N: '-5' }, -5],
    [{ N: '9.9E+125' }, 9.9e125],
    [{ N: '9'.repeat(38) }, '9'.repeat(38)],
    [{ S: 'x'.repeat(400_000) }, 'x'.repeat(40)],
    [{ M: { completed: { N: '1' } } }, 'M'],
    [{ NULL: true }, 'NULL'],
    [undefined, undefined],
  ])('may be anything that an instance wrote: %j', async (completed, value) => {
    const honest = { completed: { N: '7' }, busySeconds: { N: '42.5' } };
    const { reports } = await read(
      ['i-1', 'i-2'],
      item('i-1', { completed, busySeconds: { N: '1' } }),
      item('i-2', honest),
    );
    expect(reports).toEqual([
      { instance: 'i-1', completed: value, busySeconds: 1 },
      { instance: 'i-2', completed: 7, busySeconds: 42.5 },
    ]);
  });
});
