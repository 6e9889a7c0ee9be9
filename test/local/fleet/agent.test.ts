/** The fleet agent over HTTP, by the SDK's client. */
import {
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  RecordLifecycleActionHeartbeatCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  EnterStandbyCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/wait.ts';
import { NAME, startFleet, type Fleet } from '../support/fleet.ts';

let fleet: Fleet;
let client: Fleet['client'];
let running: Fleet['running'];
beforeEach(async () => {
  fleet = await startFleet();
  ({ client, running } = fleet);
});
afterEach(() => fleet.close());

const AutoScalingGroupName = NAME;
const describeGroup = () => fleet.describe();
const states = () => fleet.states();
const desire = (capacity: number) => fleet.desire(capacity);
const complete = (hook: string, id: string) => fleet.complete(hook, id);
const booted = (count: number) => fleet.booted(count);
const inService = () => fleet.inService();

describe('the API', () => {
  it('has the limits of the deployed group', async () => {
    expect(await describeGroup()).toMatchObject({
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 0,
      Instances: [],
    });
  });

  it('moves an instance through its lifecycle', async () => {
    await desire(1);
    expect(await states()).toEqual(['Pending']);
    await booted(1);
    const [id = ''] = running.keys();
    await client.send(
      new RecordLifecycleActionHeartbeatCommand({
        AutoScalingGroupName,
        LifecycleHookName: 'ready',
        InstanceId: id,
      }),
    );
    await complete('ready', id);
    expect((await describeGroup())?.Instances?.[0]).toMatchObject({
      InstanceId: id,
      LifecycleState: 'InService',
      HealthStatus: 'Healthy',
      ProtectedFromScaleIn: false,
    });
    await desire(0);
    expect(await states()).toEqual(['Terminating:Wait']);
    await complete('drained', id);
    await until(states, (all) => all?.length === 0);
    expect(running.size).toBe(0);
  });

  it('lists scaling activities, newest first, with causes', async () => {
    await inService();
    const { Activities = [] } = await client.send(
      new DescribeScalingActivitiesCommand({ AutoScalingGroupName }),
    );
    expect(Activities[0]).toMatchObject({ StatusCode: 'Successful', Progress: 100 });
    expect(Activities[0]?.Cause).toMatch(
      /a user request explicitly set group desired capacity changing the desired capacity from 0 to 1\..*increasing the capacity from 0 to 1\.$/,
    );
    expect(Activities[0]?.StartTime).toBeInstanceOf(Date);
  });

  it.each([
    [
      'a capacity above the maximum',
      () => desire(5),
      'ValidationError',
      'New SetDesiredCapacity value 5 is above max value 4',
    ],
    ['a capacity below the minimum', () => desire(-1), 'ValidationError', '-1'],
    [
      'to complete a hook at which no instance waits',
      () => complete('ready', 'i-0'),
      'ValidationError',
      'No active Lifecycle Action found with instance ID i-0',
    ],
    [
      'an unknown group',
      () => client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName: 'none', DesiredCapacity: 1 })),
      'ValidationError',
      'none',
    ],
    [
      'an unsupported action',
      () =>
        client.send(new EnterStandbyCommand({ AutoScalingGroupName, ShouldDecrementDesiredCapacity: true })),
      'InvalidAction',
      'EnterStandby',
    ],
  ])('refuses %s', async (_name, call, name, message) => {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect((error as Error).message).toContain(message);
  });

  it('leaves out unknown groups', async () => {
    const { AutoScalingGroups } = await client.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: ['none', NAME] }),
    );
    expect(AutoScalingGroups?.map((group) => group.AutoScalingGroupName)).toEqual([NAME]);
  });

  it('suspends and resumes processes', async () => {
    const ScalingProcesses = ['Launch', 'AZRebalance'];
    await client.send(new SuspendProcessesCommand({ AutoScalingGroupName, ScalingProcesses }));
    await desire(1);
    const group = await describeGroup();
    expect(group?.SuspendedProcesses?.map(({ ProcessName }) => ProcessName)).toEqual(ScalingProcesses);
    expect(group?.Instances).toEqual([]);
    await client.send(new ResumeProcessesCommand({ AutoScalingGroupName, ScalingProcesses: ['Launch'] }));
    expect(await states()).toEqual(['Pending']);
  });

  it('replaces an instance that is reported unhealthy', async () => {
    const id = await inService();
    await client.send(new SetInstanceHealthCommand({ InstanceId: id, HealthStatus: 'Unhealthy' }));
    expect(await states()).toEqual(['Terminating:Wait', 'Pending']);
  });

  it('terminates an instance and decrements the desired capacity', async () => {
    const id = await inService();
    const { Activity } = await client.send(
      new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: id,
        ShouldDecrementDesiredCapacity: true,
      }),
    );
    expect(Activity?.Description).toBe(`Terminating EC2 instance: ${id}`);
    expect(await describeGroup()).toMatchObject({ DesiredCapacity: 0 });
  });

  it('changes limits, and describes hooks and instances', async () => {
    await client.send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName, MinSize: 1, MaxSize: 2 }));
    expect(await describeGroup()).toMatchObject({ MinSize: 1, MaxSize: 2, DesiredCapacity: 1 });
    const { LifecycleHooks } = await client.send(new DescribeLifecycleHooksCommand({ AutoScalingGroupName }));
    expect(LifecycleHooks?.map((hook) => [hook.LifecycleHookName, hook.HeartbeatTimeout])).toEqual([
      ['ready', 600],
      ['drained', 300],
    ]);
    const { AutoScalingInstances } = await client.send(new DescribeAutoScalingInstancesCommand({}));
    expect(AutoScalingInstances).toMatchObject([{ AutoScalingGroupName: NAME }]);
  });
});

describe('faults', () => {
  it('kill an instance without notice: it is replaced', async () => {
    const id = await inService();
    await fleet.agent.kill(id);
    expect(running.has(id)).toBe(false);
    await booted(1);
    await until(
      () => [...running.keys()],
      (ids) => ids.length === 1 && ids[0] !== id,
    );
  });

  it('make launches fail', async () => {
    await fleet.agent.failLaunches(NAME, 'no capacity');
    await desire(2);
    expect(await states()).toEqual([]);
    const { Activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName }));
    expect(Activities?.[0]).toMatchObject({ StatusCode: 'Failed', StatusMessage: 'no capacity' });
    await fleet.agent.failLaunches(NAME, undefined);
    await booted(2);
  });
});
