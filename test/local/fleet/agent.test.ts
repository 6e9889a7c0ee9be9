/** The fleet agent over the wire: the SDK's own client on one side, an instance's view of itself on the other. */
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  DescribeAutoScalingInstancesCommand,
  DescribeLifecycleHooksCommand,
  DescribeScalingActivitiesCommand,
  RecordLifecycleActionHeartbeatCommand,
  ResumeProcessesCommand,
  SetDesiredCapacityCommand,
  SetInstanceHealthCommand,
  StartInstanceRefreshCommand,
  SuspendProcessesCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { createServer, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { clientConfig } from '../../../local/environment.ts';
import { startFleetAgent, type FleetAgent } from '../../../local/fleet/agent.ts';

const NAME = 'photos';
const BOOT_SECONDS = 5;
const AutoScalingGroupName = NAME;
let upstream: Server;
let agent: FleetAgent;
let client: AutoScalingClient;
/** Epoch milliseconds, as the agent takes them; only tests move it. */
let clock: number;
/** Machines that run, by their instance. */
let machines: Map<string, { metadataUrl: string; autoScalingUrl: string }>;

/** The local AWS, as far as the agent asks it: the limits of the one deployed group. */
const deployed = (body: string) =>
  `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups>${
    body.includes(`=${NAME}`)
      ? `<member><AutoScalingGroupName>${NAME}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>4</MaxSize></member>`
      : ''
  }</AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;

beforeEach(async () => {
  upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () =>
      response.writeHead(200, { 'content-type': 'text/xml' }).end(deployed(Buffer.concat(chunks).toString())),
    );
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const address = upstream.address();
  machines = new Map();
  clock = Date.parse('2026-11-23T18:00:00Z');
  agent = await startFleetAgent({
    upstream: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    bootSeconds: BOOT_SECONDS,
    now: () => clock,
    seed: 1,
    launcher: {
      launch({ instanceId, metadataUrl, autoScalingUrl }) {
        machines.set(instanceId, { metadataUrl, autoScalingUrl });
        return Promise.resolve({
          stop: () => {
            machines.delete(instanceId);
            return Promise.resolve();
          },
        });
      },
    },
  });
  await agent.adopt(NAME, {
    hooks: [
      {
        name: 'ready',
        transition: 'autoscaling:EC2_INSTANCE_LAUNCHING',
        heartbeatSeconds: 600,
        defaultResult: 'ABANDON',
      },
      {
        name: 'drained',
        transition: 'autoscaling:EC2_INSTANCE_TERMINATING',
        heartbeatSeconds: 300,
        defaultResult: 'CONTINUE',
      },
    ],
    instanceTags: { 'ddcolor-elastic:settings': '/photos/worker' },
  });
  client = new AutoScalingClient({ ...clientConfig(agent.url), maxAttempts: 1 });
});
afterEach(async () => {
  await agent.close();
  upstream.closeAllConnections();
  upstream.close();
});

const describeGroup = async () => {
  const { AutoScalingGroups } = await client.send(
    new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME] }),
  );
  return AutoScalingGroups?.[0];
};
const states = async () => (await describeGroup())?.Instances?.map(({ LifecycleState }) => LifecycleState);
const desire = (DesiredCapacity: number) =>
  client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity }));
const complete = (LifecycleHookName: string, InstanceId: string, LifecycleActionResult = 'CONTINUE') =>
  client.send(
    new CompleteLifecycleActionCommand({
      AutoScalingGroupName,
      LifecycleHookName,
      InstanceId,
      LifecycleActionResult,
    }),
  );

async function until<T>(look: () => Promise<T> | T, good: (value: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const value = await look();
    if (good(value)) return value;
    await sleep(10);
  }
  throw new Error('it did not come about');
}
/** Lets machines boot, until so many wait at the launch hook. */
async function booted(count: number): Promise<void> {
  clock += BOOT_SECONDS * 1000;
  await until(states, (all) => all?.filter((state) => state === 'Pending:Wait').length === count);
  await until(
    () => machines.size,
    (size) => size >= count,
  );
}

async function inService(): Promise<string> {
  await desire(1);
  await booted(1);
  const [id = ''] = machines.keys();
  await complete('ready', id);
  return id;
}

describe('the API', () => {
  it('has the limits of the deployed group', async () => {
    expect(await describeGroup()).toMatchObject({
      MinSize: 0,
      MaxSize: 4,
      DesiredCapacity: 0,
      Instances: [],
    });
  });

  it('takes an instance through its life', async () => {
    await desire(1);
    expect(await states()).toEqual(['Pending']);
    await booted(1);
    const [id = ''] = machines.keys();
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
    expect(machines.size).toBe(0);
  });

  it('tells its activities, newest first, with their causes', async () => {
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
    ['too many', () => desire(5), 'ValidationError', 'New SetDesiredCapacity value 5 is above max value 4'],
    ['too few', () => desire(-1), 'ValidationError', '-1'],
    [
      'a hook that does not wait',
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
      'what it does not do',
      () => client.send(new StartInstanceRefreshCommand({ AutoScalingGroupName })),
      'InvalidAction',
      'StartInstanceRefresh',
    ],
  ])('refuses %s', async (_name, call, name, message) => {
    const error: unknown = await call().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name, $metadata: { httpStatusCode: 400 } });
    expect((error as Error).message).toContain(message);
  });

  it('leaves out groups that are not there', async () => {
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

  it('replaces what is reported unhealthy', async () => {
    const id = await inService();
    await client.send(new SetInstanceHealthCommand({ InstanceId: id, HealthStatus: 'Unhealthy' }));
    expect(await states()).toEqual(['Terminating:Wait', 'Pending']);
  });

  it('terminates an instance and makes the group smaller', async () => {
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

  it('changes limits, and tells hooks and instances', async () => {
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

describe('what a test can do to machines', () => {
  it('ends one without notice: it is replaced', async () => {
    const id = await inService();
    await agent.kill(NAME, id);
    expect(machines.has(id)).toBe(false);
    await booted(1);
    await until(
      () => [...machines.keys()],
      (ids) => ids.length === 1 && ids[0] !== id,
    );
  });

  it('makes launches fail', async () => {
    await agent.failLaunches(NAME, 'no capacity');
    await desire(2);
    expect(await states()).toEqual([]);
    const { Activities } = await client.send(new DescribeScalingActivitiesCommand({ AutoScalingGroupName }));
    expect(Activities?.[0]).toMatchObject({ StatusCode: 'Failed', StatusMessage: 'no capacity' });
    await agent.failLaunches(NAME, undefined);
    await booted(2);
  });
});

describe('the metadata of an instance', () => {
  async function token(base: string): Promise<string> {
    const headers = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
    return (await fetch(`${base}/latest/api/token`, { method: 'PUT', headers })).text();
  }
  async function read(base: string, path: string): Promise<string | number> {
    const headers = { 'x-aws-ec2-metadata-token': await token(base) };
    const response = await fetch(`${base}/latest/meta-data/${path}`, { headers });
    return response.ok ? response.text() : response.status;
  }
  const base = (id: string) => machines.get(id)?.metadataUrl ?? '';

  it('says who and where it is, and where its settings are', async () => {
    const id = await inService();
    expect(machines.get(id)?.autoScalingUrl).toBe(agent.url);
    expect(await read(base(id), 'instance-id')).toBe(id);
    expect(await read(base(id), 'placement/region')).toBe('us-east-1');
    expect(await read(base(id), 'placement/availability-zone')).toMatch(/^us-east-1[abc]$/);
    expect(await read(base(id), `tags/instance/${encodeURIComponent('ddcolor-elastic:settings')}`)).toBe(
      '/photos/worker',
    );
    expect(await read(base(id), 'nothing')).toBe(404);
  });

  it('is told to nobody without a token', async () => {
    const id = await inService();
    const path = `${base(id)}/latest/meta-data/instance-id`;
    expect((await fetch(path)).status).toBe(401);
    expect((await fetch(path, { headers: { 'x-aws-ec2-metadata-token': 'guess' } })).status).toBe(401);
    expect((await fetch(`${base(id)}/latest/api/token`)).status).toBe(405);
    expect((await fetch(`${base(id)}/latest/api/token`, { method: 'PUT' })).status).toBe(400);
  });

  it('says when the group wants it gone', async () => {
    const id = await inService();
    const target = () => read(base(id), 'autoscaling/target-lifecycle-state');
    expect(await target()).toBe('InService');
    await desire(0);
    expect(await target()).toBe('Terminated');
  });

  it('says when Spot takes it back', async () => {
    const id = await inService();
    expect(await read(base(id), 'spot/instance-action')).toBe(404);
    agent.noticeSpot(id, new Date('2026-11-23T18:00:00.123Z'));
    const notice = await until(
      () => read(base(id), 'spot/instance-action'),
      (value) => value !== 404,
    );
    expect(JSON.parse(String(notice))).toEqual({ action: 'terminate', time: '2026-11-23T18:00:00Z' });
  });
});
