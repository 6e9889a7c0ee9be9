/** Two groups and a warm pool over HTTP, by the SDK's client. */
import {
  CompleteLifecycleActionCommand,
  DeleteWarmPoolCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeScalingActivitiesCommand,
  DescribeWarmPoolCommand,
  PutWarmPoolCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/wait.ts';
import { BOOT_MS, NAME, ON_DEMAND_NAME, RESUME_MS, startFleet, type Fleet } from '../support/fleet.ts';

let fleet: Fleet;
beforeEach(async () => {
  fleet = await startFleet();
});
afterEach(() => fleet.close());

const AutoScalingGroupName = ON_DEMAND_NAME;
const groups = async () => {
  const { AutoScalingGroups = [] } = await fleet.client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME, ON_DEMAND_NAME] }),
  );
  return AutoScalingGroups;
};
const desire = (name: string, DesiredCapacity: number) =>
  fleet.client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: name, DesiredCapacity }));
const activities = async (name: string) => {
  const asked = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: name });
  return (await fleet.client.send(asked)).Activities ?? [];
};
const warm = () => fleet.client.send(new DescribeWarmPoolCommand({ AutoScalingGroupName }));
const warmStates = async () => (await warm()).Instances?.map(({ LifecycleState }) => LifecycleState) ?? [];
const complete = (LifecycleHookName: string, InstanceId: string) =>
  fleet.client.send(
    new CompleteLifecycleActionCommand({
      ...{ AutoScalingGroupName, LifecycleHookName, InstanceId },
      LifecycleActionResult: 'CONTINUE',
    }),
  );
/** Until the pool's one instance is in a state. */
const untilWarm = (state: string) => until(warmStates, ([only]) => only === state);
const putPool = (size: number) =>
  fleet.client.send(
    new PutWarmPoolCommand({
      ...{ AutoScalingGroupName, MinSize: 0, MaxGroupPreparedCapacity: size, PoolState: 'Stopped' },
      InstanceReusePolicy: { ReuseOnScaleIn: true },
    }),
  );

describe('two groups', () => {
  it('have their own capacity, instances and activities, none of the same id', async () => {
    await Promise.all([desire(NAME, 2), desire(ON_DEMAND_NAME, 1)]);
    const [spot, onDemand] = await groups();
    expect([spot?.DesiredCapacity, onDemand?.DesiredCapacity]).toEqual([2, 1]);
    const ids = [spot, onDemand].flatMap((one) => one?.Instances?.map(({ InstanceId }) => InstanceId) ?? []);
    expect(new Set(ids).size).toBe(3);
    const [ofSpot, ofOnDemand] = await Promise.all([activities(NAME), activities(ON_DEMAND_NAME)]);
    expect([ofSpot.length, ofOnDemand.length]).toEqual([2, 1]);
    expect(new Set([...ofSpot, ...ofOnDemand].map(({ ActivityId }) => ActivityId)).size).toBe(3);
  });

  it('end an instance of either', async () => {
    await Promise.all([desire(NAME, 1), desire(ON_DEMAND_NAME, 1)]);
    const InstanceId = (await groups())[1]?.Instances?.[0]?.InstanceId;
    await fleet.client.send(
      new TerminateInstanceInAutoScalingGroupCommand({ InstanceId, ShouldDecrementDesiredCapacity: true }),
    );
    expect((await groups()).map(({ DesiredCapacity }) => DesiredCapacity)).toEqual([1, 0]);
  });

  it('tell their instances which of them they are in, and how they were bought', async () => {
    await desire(ON_DEMAND_NAME, 1);
    fleet.pass(BOOT_MS);
    await until(groups, ([, one]) => one?.Instances?.[0]?.LifecycleState === 'Pending:Wait');
    const [id = ''] = fleet.running.keys();
    expect(await fleet.metadata(id, 'tags/instance/ddcolor-elastic:group')).toBe(ON_DEMAND_NAME);
    expect(await fleet.metadata(id, 'instance-life-cycle')).toBe('on-demand');
    expect(await fleet.metadata(id, 'instance-type')).toBe('g4dn.xlarge');
    // A Spot notice is for Spot instances.
    expect(fleet.agent.noticeSpot(id, new Date())).toBe(false);
  });

  it('are refused by market', async () => {
    fleet.agent.setShortages([{ markets: ['spot'] }]);
    await Promise.all([desire(NAME, 1), desire(ON_DEMAND_NAME, 1)]);
    expect((await groups()).map(({ Instances }) => Instances?.length)).toEqual([0, 1]);
    const [refused] = await activities(NAME);
    expect(refused).toMatchObject({ StatusCode: 'Failed', Details: '{"Availability Zone":"us-east-1c"}' });
    fleet.agent.setShortages([]);
    expect((await groups()).map(({ Instances }) => Instances?.length)).toEqual([1, 1]);
  });
});

describe('a warm pool', () => {
  it('is described apart from the group', async () => {
    expect(await warm()).not.toHaveProperty('WarmPoolConfiguration');
    await putPool(2);
    expect((await warm()).WarmPoolConfiguration).toMatchObject({
      ...{ MinSize: 0, MaxGroupPreparedCapacity: 2, PoolState: 'Stopped' },
      InstanceReusePolicy: { ReuseOnScaleIn: true },
    });
    expect(await warmStates()).toEqual(['Warmed:Pending', 'Warmed:Pending']);
    expect((await groups())[1]).toMatchObject({ Instances: [], WarmPoolSize: 2 });
    const { AutoScalingInstances } = await fleet.client.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances?.map(({ LifecycleState }) => LifecycleState)).toEqual([
      'Warmed:Pending',
      'Warmed:Pending',
    ]);
    const first = await fleet.client.send(
      new DescribeWarmPoolCommand({ AutoScalingGroupName, MaxRecords: 1 }),
    );
    const { NextToken } = first;
    const second = await fleet.client.send(
      new DescribeWarmPoolCommand({ AutoScalingGroupName, MaxRecords: 1, NextToken }),
    );
    expect([first.Instances?.length, second.Instances?.length, second.NextToken]).toEqual([1, 1, undefined]);
    await fleet.client.send(new DeleteWarmPoolCommand({ AutoScalingGroupName }));
    expect((await groups())[1]?.WarmPoolConfiguration).toBeUndefined();
  });

  it('has no process of a stopped instance, and runs it again when it resumes', async () => {
    await putPool(1);
    fleet.pass(BOOT_MS);
    await untilWarm('Warmed:Pending:Wait');
    const [id = ''] = fleet.running.keys();
    expect(await fleet.metadata(id, 'autoscaling/target-lifecycle-state')).toBe('Warmed:Stopped');
    await complete('ready', id);
    await untilWarm('Warmed:Stopped');
    expect([...fleet.running.keys()]).toEqual([]);

    await desire(ON_DEMAND_NAME, 1);
    expect(await warmStates()).toEqual([]);
    fleet.pass(RESUME_MS);
    await until(groups, ([, one]) => one?.Instances?.[0]?.LifecycleState === 'Pending:Wait');
    expect([...fleet.running.keys()]).toEqual([id]);
    expect(await fleet.metadata(id, 'autoscaling/target-lifecycle-state')).toBe('InService');
    await complete('ready', id);

    await desire(ON_DEMAND_NAME, 0);
    await untilWarm('Warmed:Pending:Wait');
    expect(await fleet.metadata(id, 'autoscaling/target-lifecycle-state')).toBe('Warmed:Stopped');
    await complete('drained', id);
    await untilWarm('Warmed:Stopped');
    expect([...fleet.running.keys()]).toEqual([]);
  });

  it.each([
    ['with running instances', { PoolState: 'Running' as const }, "PoolState 'Running'"],
    ['of a Spot group', { AutoScalingGroupName: NAME }, '100 % Spot Instances'],
  ])('%s is refused', async (_what, more, message) => {
    const put = fleet.client.send(new PutWarmPoolCommand({ AutoScalingGroupName, ...more }));
    await expect(put).rejects.toThrow(message);
  });
});
