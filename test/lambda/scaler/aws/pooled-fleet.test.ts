/** The fleet as two groups: over the wire of the local fleet agent, and what is sent to AWS. */
import {
  CompleteLifecycleActionCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AutoScalingFleet } from '../../../../lambda/scaler/aws/fleet.ts';
import { PooledFleet } from '../../../../lambda/scaler/aws/pooled-fleet.ts';
import { GroupWarmPool } from '../../../../lambda/scaler/aws/warm-pool.ts';
import { BOOT_MS, NAME, ON_DEMAND_NAME, startFleet, type Fleet } from '../../../local/support/fleet.ts';
import { until } from '../../../support/wait.ts';
import { stub } from '../support/stub-client.ts';

const GROUPS = { onDemandGroupName: ON_DEMAND_NAME, min: 1, max: 3, warmPoolSize: 0 };

describe('over the wire', () => {
  let local: Fleet;
  let fleet: PooledFleet;
  beforeAll(async () => {
    local = await startFleet();
    fleet = new PooledFleet(local.client, NAME, { ...GROUPS, warmPoolSize: 2 });
    await local.client.send(
      new PutWarmPoolCommand({
        ...{ AutoScalingGroupName: ON_DEMAND_NAME, MinSize: 2, MaxGroupPreparedCapacity: 2 },
        PoolState: 'Stopped',
      }),
    );
  });
  afterAll(() => local.close());

  it('has the sums of both groups, the counts of each, and the limits of the stage', async () => {
    await fleet.setPool('spot', 2);
    await fleet.setPool('on-demand', 1);
    const none = { inService: 0, draining: 0, min: 0, max: 4 };
    expect(await fleet.read()).toMatchObject({
      ...{ desired: 3, pending: 3, inService: 0, draining: 0, min: 1, max: 3 },
      pools: {
        spot: { ...none, desired: 2, pending: 2 },
        onDemand: { ...none, desired: 1, pending: 1 },
      },
    });
  });

  it('names the pool of each launch, and of one that is refused', async () => {
    await local.agent.failLaunches(NAME, 'There is no Spot capacity available that matches your request.');
    await fleet.setPool('spot', 3);
    await fleet.read();
    const launches = await fleet.launches(0);
    const of = (pool: string, outcome: string) =>
      launches.filter((one) => one.pool === pool && one.outcome === outcome).length;
    expect([of('spot', 'under-way'), of('spot', 'refused'), of('on-demand', 'under-way')]).toEqual([2, 1, 1]);
  });

  it('counts the stopped instances that can resume', async () => {
    const AutoScalingGroupName = ON_DEMAND_NAME;
    const warm = () => local.client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));
    local.pass(BOOT_MS);
    const { Instances: [{ InstanceId } = {}] = [] } = await until(warm, ({ Instances }) =>
      (Instances ?? []).every(({ LifecycleState }) => LifecycleState === 'Warmed:Pending:Wait'),
    );
    expect((await fleet.read()).pools?.stopped).toBe(0);
    const hook = { LifecycleHookName: 'ready', LifecycleActionResult: 'CONTINUE' };
    await local.client.send(
      new CompleteLifecycleActionCommand({ AutoScalingGroupName, InstanceId, ...hook }),
    );
    const stopped = async () => (await fleet.read()).pools?.stopped;
    expect(await until(stopped, (count) => count !== 0)).toBe(1);
  });

  it('ends an instance of either group', async () => {
    const before = (await fleet.read()).pools;
    const [{ instance = '' } = {}] = (await fleet.launches(0)).filter(
      ({ pool, outcome }) => pool === 'on-demand' && outcome === 'under-way',
    );
    await fleet.end(instance, false);
    const after = (await fleet.read()).pools;
    expect([after?.spot.desired, after?.onDemand.desired]).toEqual([before?.spot.desired, 0]);
  });
});

describe('desired capacities', () => {
  it('are each set in the group of its pool', async () => {
    const { client, sent } = stub<never>();
    const fleet = new PooledFleet(client, NAME, GROUPS);
    await fleet.setPool('on-demand', 2);
    await fleet.setPool('spot', 1);
    const set = sent.map(([, input]) => {
      const { AutoScalingGroupName, DesiredCapacity } = input as Record<string, unknown>;
      return [AutoScalingGroupName, DesiredCapacity];
    });
    expect(set).toEqual([
      [ON_DEMAND_NAME, 2],
      [NAME, 1],
    ]);
  });

  it('are those of the pools: there is none of both', async () => {
    await expect(new PooledFleet(stub<never>().client, NAME, GROUPS).setDesired()).rejects.toThrow(
      'two groups',
    );
  });
});

it('reads no warm pool of a stage without one, and each page of another', async () => {
  const group = (AutoScalingGroupName: string) => ({
    ...{ AutoScalingGroupName, DesiredCapacity: 0, MinSize: 0, MaxSize: 3 },
  });
  const groups = { AutoScalingGroups: [group(ON_DEMAND_NAME), group(NAME)] };
  const none = stub<never>(groups);
  expect((await new PooledFleet(none.client, NAME, GROUPS).read()).pools?.stopped).toBe(0);
  expect(none.sent).toHaveLength(1);
  const states = ['Warmed:Stopped', 'Warmed:Pending:Wait', 'Warmed:Running', 'Warmed:Stopped'];
  const Instances = states.map((LifecycleState) => ({ LifecycleState }));
  const some = stub<never>(groups, { Instances, NextToken: 'next' }, { Instances: Instances.slice(0, 1) });
  const fleet = new PooledFleet(some.client, NAME, { ...GROUPS, warmPoolSize: 4 });
  expect((await fleet.read()).pools?.stopped).toBe(3);
});

it('is read without its warm pool where that fails: stopped instances are unknown, and it says why', async () => {
  const group = (AutoScalingGroupName: string) => ({
    ...{ AutoScalingGroupName, DesiredCapacity: 2, MinSize: 0, MaxSize: 3 },
  });
  const groups = { AutoScalingGroups: [group(ON_DEMAND_NAME), group(NAME)] };
  const { client } = stub<never>(groups, new Error('Throttling: Rate exceeded'));
  const state = await new PooledFleet(client, NAME, { ...GROUPS, warmPoolSize: 4 }).read();
  expect(state).toMatchObject({ desired: 4, pools: { stopped: null, spot: { desired: 2 } } });
  expect(state.unread?.message).toBe('stopped instances: Throttling: Rate exceeded');
});

describe('a warm pool', () => {
  const group = (AutoScalingGroupName: string, Version: string) => ({
    ...{ AutoScalingGroupName, DesiredCapacity: 2, MinSize: 0, MaxSize: 9, Instances: [] },
    MixedInstancesPolicy: {
      LaunchTemplate: { LaunchTemplateSpecification: { LaunchTemplateId: 'lt-1', Version } },
    },
  });
  const instance = (InstanceId: string, LifecycleState: string, InstanceType: string) => ({
    ...{ InstanceId, LifecycleState, InstanceType },
  });
  const Instances = [
    instance('i-1', 'Warmed:Stopped', 'g5.xlarge'),
    instance('i-2', 'Warmed:Pending:Wait', 'g5.xlarge'),
    instance('i-3', 'Warmed:Pending:Proceed', 'g4dn.xlarge'),
    instance('i-4', 'Warmed:Terminating', 'g5.xlarge'),
  ];
  const REUSE = { PoolState: 'Stopped', InstanceReusePolicy: { ReuseOnScaleIn: true } } as const;
  const pool = (WarmPoolConfiguration: object | undefined) => ({
    ...{ Instances, ...(WarmPoolConfiguration && { WarmPoolConfiguration }) },
  });
  const make = (kind: string, ...responses: object[]) => {
    const { client, sent } = stub<never>(...responses);
    const fleet =
      kind === 'two groups'
        ? new PooledFleet(client, NAME, { ...GROUPS, warmPoolSize: 4 })
        : new AutoScalingFleet(client, ON_DEMAND_NAME, new GroupWarmPool(client, ON_DEMAND_NAME));
    return { fleet, sent };
  };
  const groups = { AutoScalingGroups: [group(ON_DEMAND_NAME, '7'), group(NAME, '3')] };

  it.each(['two groups', 'one group'])(
    'of a fleet with %s: what runs on its way in is billed',
    async (kind) => {
      const configuration = { ...REUSE, MinSize: 0, MaxGroupPreparedCapacity: 4 };
      const { fleet, sent } = make(kind, groups, pool(configuration), {});
      const state = await fleet.read();
      expect(state.warmPool).toEqual({
        ...{ desired: 2, inService: 0, template: 'lt-1 7', stopped: 1, entering: ['i-2', 'i-3'] },
        ...{ types: { 'g5.xlarge': 1, 'g4dn.xlarge': 1 } },
        sizes: { minSize: 0, maxGroupPreparedCapacity: 4 },
      });
      expect(state.types).toEqual(state.warmPool?.types);
      await fleet.warmPool?.setSizes({ minSize: 0, maxGroupPreparedCapacity: 3 });
      expect(sent.at(-1)).toEqual([
        'PutWarmPoolCommand',
        { AutoScalingGroupName: ON_DEMAND_NAME, MinSize: 0, MaxGroupPreparedCapacity: 3, ...REUSE },
      ]);
    },
  );

  it.each([
    ['without a maximum is filled up to that of its group', { MinSize: 1 }, 9],
    ['whose maximum was removed likewise', { MinSize: 1, MaxGroupPreparedCapacity: -1 }, 9],
  ])('%s', async (_name, configuration, expected) => {
    const { warmPool } = await make('one group', groups, pool({ ...REUSE, ...configuration })).fleet.read();
    expect(warmPool?.sizes).toEqual({ minSize: 1, maxGroupPreparedCapacity: expected });
  });

  it.each([
    ['is being deleted', { ...REUSE, Status: 'PendingDelete', MinSize: 0 }],
    ['is gone', undefined],
  ])('that %s has no sizes, and is not made again', async (_name, configuration) => {
    const { fleet, sent } = make('two groups', groups, pool(configuration));
    expect((await fleet.read()).warmPool?.sizes).toBeUndefined();
    const set = fleet.warmPool?.setSizes({ minSize: 0, maxGroupPreparedCapacity: 3 });
    await expect(set).rejects.toThrow('has no warm pool');
    expect(sent).toHaveLength(2);
  });
});

it('is not read where one of the groups is missing', async () => {
  const group = { AutoScalingGroupName: NAME, DesiredCapacity: 0, MinSize: 0, MaxSize: 3 };
  const { client } = stub<never>({ AutoScalingGroups: [group] });
  await expect(new PooledFleet(client, NAME, GROUPS).read()).rejects.toThrow(
    `there is no Auto Scaling group '${ON_DEMAND_NAME}'`,
  );
});
