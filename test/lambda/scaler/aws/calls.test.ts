/** What the adapters send to AWS, argument by argument, and how they read its responses. */
import { describe, expect, it } from 'vitest';
import { AutoScalingFleet } from '../../../../lambda/scaler/aws/fleet.ts';
import { SqsCounts } from '../../../../lambda/scaler/aws/queue.ts';
import { stub } from '../support/stub-client.ts';

describe('the queue', () => {
  const read = (Attributes?: Record<string, string>) => {
    const { client, sent } = stub<never>({ Attributes });
    return { sent, counts: new SqsCounts(client, { interactive: 'https://queue' }, true).read() };
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
    AutoScalingGroups: [
      { AutoScalingGroupName: 'photos', DesiredCapacity: 5, MinSize: 1, MaxSize: 9, ...more },
    ],
  });

  it('is one group, with its instances by state and type', async () => {
    const instance = (LifecycleState: string, InstanceType?: string) => ({ LifecycleState, InstanceType });
    const { client, sent } = stub<never>(
      group({
        Instances: [
          { ...instance('InService', 'g4dn.xlarge'), InstanceId: 'i-1' },
          { ...instance('Pending', 'g5.xlarge'), InstanceId: 'i-2' },
          instance('Pending:Wait', 'g5.xlarge'),
          { ...instance('Terminating:Wait', 'g6.xlarge'), InstanceId: 'i-3' },
          instance('Terminated', 'g6.xlarge'),
          instance('Warmed:Stopped', 'g6.xlarge'),
          { ...instance('InService'), InstanceId: 'i-4' },
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
      reporters: [
        { instance: 'i-1', type: 'g4dn.xlarge' },
        { instance: 'i-3', type: 'g6.xlarge' },
        { instance: 'i-4' },
      ],
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

  it('is read with its launches since a time, a few pages of activities at most', async () => {
    const launch = {
      ActivityId: 'a-1',
      Description: 'Launching a new EC2 instance: i-0a1',
      StartTime: new Date(1_800_000_001_000),
      StatusCode: 'InProgress',
    };
    const other = { ActivityId: 'a-2', Description: 'Terminating EC2 instance: i-4', StatusCode: 'Failed' };
    const page = { Activities: [launch, other], NextToken: 'next' };
    const { client, sent } = stub<never>(page, page, page);
    const launches = await new AutoScalingFleet(client, 'photos').launches(1_800_000_000.5);
    const one = { id: 'a-1', instance: 'i-0a1', startedAt: 1_800_000_001, outcome: 'under-way' };
    expect(launches).toEqual([one, one, one]);
    const call = {
      AutoScalingGroupName: 'photos',
      Filters: [{ Name: 'StartTimeLowerBound', Values: ['2027-01-15T08:00:00.500Z'] }],
      MaxRecords: 100,
    };
    const next = { ...call, NextToken: 'next' };
    expect(sent).toEqual([call, next, next].map((input) => ['DescribeScalingActivitiesCommand', input]));
    expect(await new AutoScalingFleet(stub<never>({}).client, 'photos').launches(0)).toEqual([]);
  });

  it('ends an instance, which Auto Scaling replaces, or with which the desired capacity falls', async () => {
    const { client, sent } = stub<never>({});
    const fleet = new AutoScalingFleet(client, 'photos');
    await fleet.end('i-1', true);
    await fleet.end('i-2', false);
    expect(sent).toEqual([
      [
        'TerminateInstanceInAutoScalingGroupCommand',
        { InstanceId: 'i-1', ShouldDecrementDesiredCapacity: false },
      ],
      [
        'TerminateInstanceInAutoScalingGroupCommand',
        { InstanceId: 'i-2', ShouldDecrementDesiredCapacity: true },
      ],
    ]);
  });
});
