/** What the adapters send to AWS, argument by argument, and how they read its responses. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AutoScalingFleet } from '../../../../lambda/scaler/aws/fleet.ts';
import { SqsCounts } from '../../../../lambda/scaler/aws/queue.ts';
import { DynamoMemory, DynamoWork } from '../../../../lambda/scaler/aws/table.ts';
import { stub } from '../support/stub-client.ts';

const lost = () =>
  new ConditionalCheckFailedException({ $metadata: {}, message: 'The conditional request failed' });

afterEach(() => vi.restoreAllMocks());

describe('the queue', () => {
  const read = (Attributes?: Record<string, string>) => {
    const { client, sent } = stub<never>({ Attributes });
    return { sent, counts: new SqsCounts(client, 'https://queue').read() };
  };

  it('is read with both counts', async () => {
    const { counts, sent } = read({
      ApproximateNumberOfMessages: '12',
      ApproximateNumberOfMessagesNotVisible: '3',
    });
    expect(await counts).toEqual({ visible: 12, inFlight: 3 });
    expect(sent).toEqual([
      [
        'GetQueueAttributesCommand',
        {
          QueueUrl: 'https://queue',
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        },
      ],
    ]);
  });

  it.each([
    [undefined, 'undefined'],
    [{}, 'undefined'],
    [{ ApproximateNumberOfMessages: '' }, ''],
    [{ ApproximateNumberOfMessages: '1.5' }, '1.5'],
    [{ ApproximateNumberOfMessages: '-1' }, '-1'],
  ])('that answers %j has no counts', async (attributes, text) => {
    await expect(read(attributes as Record<string, string> | undefined).counts).rejects.toThrow(
      `https://queue gave ApproximateNumberOfMessages as '${text}'`,
    );
  });
});

describe('the fleet', () => {
  const group = (more: object = {}) => ({
    AutoScalingGroups: [{ DesiredCapacity: 5, MinSize: 1, MaxSize: 9, ...more }],
  });

  it('is one group, with its instances by state and type', async () => {
    const instance = (LifecycleState: string, InstanceType?: string) => ({ LifecycleState, InstanceType });
    const { client, sent } = stub<never>(
      group({
        Instances: [
          instance('InService', 'g4dn.xlarge'),
          instance('Pending', 'g5.xlarge'),
          instance('Pending:Wait', 'g5.xlarge'),
          instance('Terminating:Wait', 'g6.xlarge'),
          instance('Terminated', 'g6.xlarge'),
          instance('Warmed:Stopped', 'g6.xlarge'),
          instance('InService'),
          {},
        ],
      }),
    );
    expect(await new AutoScalingFleet(client, 'photos').read()).toEqual({
      desired: 5,
      min: 1,
      max: 9,
      inService: 2,
      pending: 2,
      draining: 1,
      types: { 'g4dn.xlarge': 1, 'g5.xlarge': 2, 'g6.xlarge': 1 },
    });
    expect(sent).toEqual([['DescribeAutoScalingGroupsCommand', { AutoScalingGroupNames: ['photos'] }]]);
  });

  it('without instances is empty', async () => {
    const { client } = stub<never>(group());
    expect(await new AutoScalingFleet(client, 'photos').read()).toMatchObject({
      inService: 0,
      pending: 0,
      draining: 0,
      types: {},
    });
  });

  it.each([
    [{}],
    [{ AutoScalingGroups: [] }],
    [group({ DesiredCapacity: undefined })],
    [group({ MinSize: undefined })],
    [group({ MaxSize: undefined })],
  ])('of the answer %j does not exist', async (answer) => {
    const { client } = stub<never>(answer);
    await expect(new AutoScalingFleet(client, 'photos').read()).rejects.toThrow(
      "there is no Auto Scaling group 'photos'",
    );
  });

  it("takes a desired capacity at once: the group's own cooldown does not count", async () => {
    const { client, sent } = stub<never>();
    await new AutoScalingFleet(client, 'photos').setDesired(7);
    expect(sent).toEqual([
      [
        'SetDesiredCapacityCommand',
        { AutoScalingGroupName: 'photos', DesiredCapacity: 7, HonorCooldown: false },
      ],
    ]);
  });

  it('is read with one page of activities since a time; failed and cancelled launches count', async () => {
    const activity = (StatusCode: string, Description?: string) => ({
      StatusCode,
      Description,
      StatusMessage: 'no capacity',
    });
    const { client, sent } = stub<never>({
      Activities: [
        activity('Failed', 'Launching a new EC2 instance'),
        activity('Cancelled', 'Launching a new EC2 instance: i-1'),
        activity('Successful', 'Launching a new EC2 instance: i-2'),
        activity('InProgress', 'Launching a new EC2 instance: i-3'),
        activity('Failed', 'Terminating EC2 instance: i-4'),
        activity('Failed'),
      ],
    });
    const launches = await new AutoScalingFleet(client, 'photos').failedLaunches(1_800_000_000.5);
    expect(launches).toEqual([
      { code: 'Other', message: 'no capacity' },
      { code: 'Other', message: 'no capacity' },
    ]);
    expect(sent).toEqual([
      [
        'DescribeScalingActivitiesCommand',
        {
          AutoScalingGroupName: 'photos',
          Filters: [{ Name: 'StartTimeLowerBound', Values: ['2027-01-15T08:00:00.500Z'] }],
          MaxRecords: 100,
        },
      ],
    ]);
    expect(await new AutoScalingFleet(stub<never>({}).client, 'photos').failedLaunches(0)).toEqual([]);
  });
});

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

describe("the workers' counters", () => {
  it('are one item', async () => {
    const { client, sent } = stub<never>({ Item: { id: 'work', completed: 7, busySeconds: 42.5 } });
    expect(await new DynamoWork(client, 'memory').read()).toEqual({ completed: 7, busySeconds: 42.5 });
    expect(sent).toEqual([['GetCommand', { TableName: 'memory', Key: { id: 'work' } }]]);
  });

  it('are unknown before the first report, and an error where they are no numbers', async () => {
    expect(await new DynamoWork(stub<never>({}).client, 'memory').read()).toBeUndefined();
    const { client } = stub<never>({ Item: { completed: 7, busySeconds: '42' } });
    await expect(new DynamoWork(client, 'memory').read()).rejects.toThrow(
      "item 'work' gave busySeconds as '42'",
    );
  });
});
