/** A group, and a fleet agent over HTTP with a fake clock and fake instances. */
import {
  AutoScalingClient,
  CompleteLifecycleActionCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import { createServer } from 'node:http';
import { clientConfig } from '../../../common/environment.ts';
import { startFleetAgent, type FleetAgent } from '../../../local/fleet/agent.ts';
import { Group } from '../../../local/fleet/group.ts';
import type { GroupSettings } from '../../../local/fleet/instance.ts';
import type { Hook } from '../../../local/fleet/instance.ts';
import { until } from '../../support/wait.ts';

export const NAME = 'photos';
/** A second group, that buys on demand. */
export const ON_DEMAND_NAME = 'photos-on-demand';
export const BOOT_MS = 4000;
export const RESUME_MS = 1000;
export const ON_DEMAND = { onDemandBaseCapacity: 0, spotPercentage: 0 };
export const HOOKS: Hook[] = [
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
];

export function makeGroup(more: Partial<GroupSettings> = {}): Group {
  const where = { zones: ['a', 'b'], types: ['t'] };
  const settings = { name: NAME, min: 0, max: 5, ...where, bootMs: BOOT_MS, resumeMs: RESUME_MS, seed: 1 };
  const group = new Group({ ...settings, ...more });
  group.hooks = [...HOOKS];
  return group;
}

export interface Fleet {
  agent: FleetAgent;
  client: AutoScalingClient;
  /** Running instances by id. */
  running: Map<string, { metadataUrl: string; autoScalingUrl: string }>;
  /** The instance metadata at a path; the status where there is none. */
  metadata(instanceId: string, path: string): Promise<string | number>;
  describe(): Promise<AutoScalingGroup | undefined>;
  states(): Promise<(string | undefined)[]>;
  desire(capacity: number): Promise<unknown>;
  complete(hook: string, instanceId: string): Promise<unknown>;
  /** Advances the clock by the boot time, until `count` instances wait at the launch hook. */
  booted(count: number): Promise<void>;
  /** Advances the clock. */
  pass(ms: number): void;
  /** Brings one instance into service and returns its id. */
  inService(): Promise<string>;
  close(): Promise<void>;
}

/** The local AWS's response to the agent: the limits of the two deployed groups. */
function deployed(request: string): string {
  const asked = new URLSearchParams(request).getAll('AutoScalingGroupNames.member.1');
  const groups = [NAME, ON_DEMAND_NAME]
    .filter((name) => asked.includes(name))
    .map(
      (name) =>
        `<member><AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>0</MinSize><MaxSize>4</MaxSize></member>`,
    );
  return `<DescribeAutoScalingGroupsResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><DescribeAutoScalingGroupsResult><AutoScalingGroups>${groups.join(
    '',
  )}</AutoScalingGroups></DescribeAutoScalingGroupsResult></DescribeAutoScalingGroupsResponse>`;
}

export async function startFleet(): Promise<Fleet> {
  const upstream = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.writeHead(200, { 'content-type': 'text/xml' }).end(deployed(Buffer.concat(chunks).toString()));
    });
  });
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const address = upstream.address();
  const running: Fleet['running'] = new Map();
  let clock = Date.parse('2026-11-23T18:00:00Z');
  const agent = await startFleetAgent({
    upstream: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    bootSeconds: BOOT_MS / 1000,
    resumeSeconds: RESUME_MS / 1000,
    now: () => clock,
    seed: 1,
    launcher: {
      launch({ instanceId, metadataUrl, autoScalingUrl }) {
        running.set(instanceId, { metadataUrl, autoScalingUrl });
        return Promise.resolve({
          stop: () => {
            running.delete(instanceId);
            return Promise.resolve();
          },
        });
      },
    },
  });
  await agent.applyTemplate(NAME, {
    hooks: HOOKS,
    version: '1',
    instanceTags: { 'ddcolor-elastic:settings': '/photos/worker' },
  });
  await agent.applyTemplate(ON_DEMAND_NAME, {
    hooks: HOOKS,
    version: '1',
    instanceTags: { 'ddcolor-elastic:settings': '/photos/worker', 'ddcolor-elastic:group': ON_DEMAND_NAME },
    purchase: ON_DEMAND,
    types: ['g4dn.xlarge'],
  });
  const client = new AutoScalingClient({ ...clientConfig(agent.url), maxAttempts: 1 });
  const AutoScalingGroupName = NAME;
  const fleet: Fleet = {
    agent,
    client,
    running,
    async describe() {
      const { AutoScalingGroups } = await client.send(
        new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [NAME] }),
      );
      return AutoScalingGroups?.[0];
    },
    states: async () =>
      ((await fleet.describe())?.Instances ?? []).map(({ LifecycleState }) => LifecycleState),
    desire: (DesiredCapacity) =>
      client.send(new SetDesiredCapacityCommand({ AutoScalingGroupName, DesiredCapacity })),
    complete: (LifecycleHookName, InstanceId) =>
      client.send(
        new CompleteLifecycleActionCommand({
          AutoScalingGroupName,
          LifecycleHookName,
          InstanceId,
          LifecycleActionResult: 'CONTINUE',
        }),
      ),
    async metadata(instanceId, path) {
      const base = running.get(instanceId)?.metadataUrl ?? '';
      const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
      const token = await (await fetch(`${base}/latest/api/token`, { method: 'PUT', headers: ttl })).text();
      const headers = { 'x-aws-ec2-metadata-token': token };
      const response = await fetch(`${base}/latest/meta-data/${path}`, { headers });
      return response.ok ? response.text() : response.status;
    },
    pass: (ms) => void (clock += ms),
    async booted(count) {
      clock += BOOT_MS;
      await until(
        () => fleet.states(),
        (all) => all.filter((state) => state === 'Pending:Wait').length === count,
      );
      await until(
        () => running.size,
        (size) => size >= count,
      );
    },
    async inService() {
      await fleet.desire(1);
      await fleet.booted(1);
      const [id = ''] = running.keys();
      await fleet.complete('ready', id);
      return id;
    },
    async close() {
      await agent.close();
      upstream.closeAllConnections();
      upstream.close();
    },
  };
  return fleet;
}
