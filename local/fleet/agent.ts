/**
 * The fleet agent: serves the EC2 Auto Scaling API for the groups of the local AWS, and runs their instances.
 *
 * It holds desired capacity, instances, hooks, health, suspended processes and activities, since the local AWS has none
 * of them; it reads the group's limits from there.
 */
import type { IncomingMessage } from 'node:http';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { clientConfig } from '../../common/environment.ts';
import { listenOnLoopback } from '../../common/loopback.ts';
import { ACTIONS } from './api.ts';
import { Group } from './group.ts';
import type { InstanceRefresh, RefreshPreferences } from './refresh.ts';
import type { Hook, Instance, LifecycleState, Market } from './instance.ts';
import { startMetadata, type MetadataServer } from './metadata.ts';
import { ApiError, failure, Parameters, success } from './query.ts';
import type { Shortage } from './refusals.ts';
import type { WarmPool } from './warm-pool.ts';
import type { PurchaseOptions } from '../../contract/prices.ts';
import { printError } from '../../common/terminal.ts';

export interface Running {
  /** Stops all processes of the instance; resolves when they have exited. */
  stop(): Promise<void>;
}

export interface Launcher {
  /** @param what.autoScalingUrl URL of the Auto Scaling API, which is this agent */
  launch(what: { instanceId: string; metadataUrl: string; autoScalingUrl: string }): Promise<Running>;
}

export interface FleetAgentOptions {
  /** Endpoint of the local AWS, which has the limits of deployed groups. */
  upstream: string;
  launcher: Launcher;
  /** Seconds from the launch of an instance to the start of its processes. */
  bootSeconds: number;
  /** The same for a stopped instance of a warm pool. */
  resumeSeconds: number;
  /** Seed of instance ids and of choices between equal instances. */
  seed: number;
  /** Called after each request and each deadline that may have changed a group. */
  onChange?: (() => void) | undefined;
  now?: () => number;
}

export interface GroupSnapshot {
  desired: number;
  min: number;
  max: number;
  /** The latest one. */
  refresh?: InstanceRefresh | undefined;
  instances: InstanceSnapshot[];
  /** Instances of its warm pool. */
  warm: InstanceSnapshot[];
}

export interface InstanceSnapshot {
  id: string;
  version: string;
  lifecycleState: LifecycleState;
  market: Market;
  zone: string;
  launchedAt: number;
  inServiceAt?: number;
}

/** Settings of a group in its template that the local AWS does not keep. */
export interface TemplateSettings {
  hooks: Hook[];
  instanceTags: Record<string, string>;
  /** Of the launch template, with all that it says. */
  version: string;
  /** What an update policy does with the instances of an older version. @default - they stay */
  refresh?: RefreshPreferences | undefined;
  /** @default - the limits that the local AWS has */
  limits?: { min: number; max: number };
  /** @default - unchanged, as by a template without DesiredCapacity */
  desired?: number | undefined;
  /** Of the mixed instances policy. @default - Spot instances of one type */
  purchase?: PurchaseOptions | undefined;
  types?: string[] | undefined;
  /** @default - the group has none */
  warmPool?: WarmPool | undefined;
}

export interface FleetAgent {
  url: string;
  snapshot(groupName: string): GroupSnapshot;
  /** Applies the settings of a deployed template to a group. */
  applyTemplate(groupName: string, settings: TemplateSettings): Promise<void>;
  /** Makes launches of one group fail with a message, until called with undefined. */
  failLaunches(groupName: string, message: string | undefined): Promise<void>;
  /** What EC2 has no capacity for, in all groups and in the place of the shortages before. */
  setShortages(shortages: readonly Shortage[]): void;
  /** Sends a Spot instance an interruption notice. @returns whether it is one */
  noticeSpot(instanceId: string, at: Date): boolean;
  /** Terminates an instance without notice. */
  kill(instanceId: string): Promise<void>;
  close(): Promise<void>;
}

interface RunningInstance {
  metadata: Promise<MetadataServer>;
  running?: Promise<Running>;
}

/** Maximum delay of a Node timer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export async function startFleetAgent(options: FleetAgentOptions): Promise<FleetAgent> {
  const now = options.now ?? Date.now;
  const groups = new Map<string, Group>();
  const runningInstances = new Map<string, RunningInstance>();
  /** Of the instances of each group. */
  const tags = new Map<string, Record<string, string>>();
  /** What the last template says of each group's warm pool. */
  const statedPools = new Map<string, string | undefined>();
  let shortages: readonly Shortage[] = [];
  const autoScaling = new AutoScalingClient(clientConfig(options.upstream));
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function find(name: string): Promise<Group> {
    const known = groups.get(name);
    if (known) return known;
    const { AutoScalingGroups } = await autoScaling.send(
      new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [name] }),
    );
    const deployed = AutoScalingGroups?.[0];
    if (!deployed)
      throw new ApiError(
        'ValidationError',
        `AutoScalingGroup name not found - AutoScalingGroup ${name} not found`,
      );
    // A concurrent request may have added the group meanwhile.
    const another = groups.get(name);
    if (another) return another;
    const made = new Group({
      name,
      min: deployed.MinSize ?? 0,
      max: deployed.MaxSize ?? 0,
      zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
      types: ['local'],
      bootMs: options.bootSeconds * 1000,
      resumeMs: options.resumeSeconds * 1000,
      seed: options.seed,
    });
    made.setShortages(shortages, now());
    groups.set(name, made);
    return made;
  }

  /** Carries out the effects of all groups, and sets a timer for the next deadline. */
  function drive(): void {
    if (closed) return;
    for (const group of groups.values()) {
      group.advance(now());
      for (const effect of group.effects.splice(0)) {
        if (effect.kind === 'start') startInstance(group, effect.instance);
        if (effect.kind === 'stop') void stopInstance(group, effect.instance.id);
      }
    }
    options.onChange?.();
    clearTimeout(timer);
    const due = Math.min(...[...groups.values()].map((group) => group.nextDeadline()), Infinity);
    if (due < Infinity) timer = setTimeout(drive, Math.min(LONGEST_TIMER_MS, Math.max(10, due - now())));
  }

  function startInstance(group: Group, instance: Instance): void {
    const metadata = startMetadata(instance, { ...tags.get(group.settings.name) });
    const running = metadata.then(({ url }) =>
      options.launcher.launch({ instanceId: instance.id, metadataUrl: url, autoScalingUrl: agentUrl }),
    );
    runningInstances.set(instance.id, { metadata, running });
    running.catch((error: Error) => {
      printError(`instance ${instance.id} could not be started: ${error.message}`);
      group.died(instance.id, now());
      drive();
    });
  }

  async function stopInstance(group: Group, instanceId: string): Promise<void> {
    await stopProcesses(instanceId);
    group.stopped(instanceId, now());
    drive();
  }

  async function stopProcesses(instanceId: string): Promise<void> {
    const instance = runningInstances.get(instanceId);
    runningInstances.delete(instanceId);
    await instance?.running?.then((running) => running.stop()).catch(() => undefined);
    await instance?.metadata.then((metadata) => metadata.close());
  }

  const { url: agentUrl, close } = await listenOnLoopback((request, response) => {
    const send = (status: number, xml: string) =>
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
    handle(request).then(
      (xml) => send(200, xml),
      (error: Error) => {
        const known = error instanceof ApiError;
        send(known ? 400 : 500, failure(known ? error : new ApiError('InternalFailure', error.message)));
      },
    );
  });

  async function handle(request: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const parameters = new Parameters(new URLSearchParams(Buffer.concat(chunks).toString()));
    const name = parameters.text('Action') ?? '';
    const action = ACTIONS[name];
    if (!action)
      throw new ApiError('InvalidAction', `Could not find operation ${name} for version 2011-01-01`);
    try {
      return success(name, await action(parameters, { find, all: () => [...groups.values()] }, now()));
    } finally {
      drive();
    }
  }

  return {
    url: agentUrl,
    snapshot(groupName) {
      const group = groups.get(groupName);
      const { min = 0, max = 0 } = group?.settings ?? {};
      return {
        desired: group?.desired ?? 0,
        min,
        max,
        refresh: group?.refreshes.all[0],
        instances: (group?.members ?? []).map((instance) => ({ ...instance })),
        warm: (group?.warm ?? []).map((instance) => ({ ...instance })),
      };
    },
    async applyTemplate(groupName, settings) {
      const { hooks, instanceTags, version, refresh, limits, desired, purchase, types, warmPool } = settings;
      const group = await find(groupName);
      group.hooks = hooks;
      tags.set(groupName, instanceTags);
      Object.assign(group.settings, purchase && { purchase }, types && { types });
      if (limits) group.setLimits(limits.min, limits.max, now());
      if (desired !== undefined) group.setDesired(desired, now());
      const isChanged = group.version !== '' && group.version !== version;
      group.version = version;
      // As CloudFormation, which leaves a resource as it is whose properties are the same.
      const stated = JSON.stringify(warmPool);
      if (stated !== statedPools.get(groupName)) group.setWarmPool(warmPool, now());
      statedPools.set(groupName, stated);
      if (isChanged && refresh) group.refresh(refresh, now());
      drive();
    },
    async failLaunches(groupName, message) {
      (await find(groupName)).setShortages(message === undefined ? [] : [{ message }], now());
      drive();
    },
    setShortages(all) {
      shortages = all;
      for (const group of groups.values()) group.setShortages(shortages, now());
      drive();
    },
    noticeSpot(instanceId, at) {
      const instances = [...groups.values()].flatMap(({ members }) => members);
      const isSpot = instances.some(({ id, market }) => id === instanceId && market === 'spot');
      if (isSpot) void runningInstances.get(instanceId)?.metadata.then((metadata) => metadata.noticeSpot(at));
      return isSpot;
    },
    async kill(instanceId) {
      await stopProcesses(instanceId);
      for (const group of groups.values()) group.died(instanceId, now());
      drive();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([...runningInstances.keys()].map(stopProcesses));
      await close();
    },
  };
}
