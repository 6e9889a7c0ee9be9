/**
 * The fleet agent: answers the EC2 Auto Scaling API in front of the local AWS and gives instances their true life.
 *
 * Limits come from the deployed group; desired capacity, instances, hooks, health, suspended processes and activities
 * are the agent's own, because the local AWS has none of them.
 */
import { createServer, type IncomingMessage } from 'node:http';
import { AutoScalingClient, DescribeAutoScalingGroupsCommand } from '@aws-sdk/client-auto-scaling';
import { clientConfig } from '../../common/environment.ts';
import { ACTIONS } from './api.ts';
import { Group } from './group.ts';
import type { Hook, Instance, LifecycleState } from './instance.ts';
import { startMetadata, type MetadataServer } from './metadata.ts';
import { ApiError, failure, Parameters, success } from './query.ts';

export interface Running {
  /** Ends everything that runs on the instance; resolves when it has ended. */
  stop(): Promise<void>;
}

export interface Launcher {
  /** @param what.autoScalingUrl where the instance reaches the Auto Scaling API, which is this agent */
  launch(what: { instanceId: string; metadataUrl: string; autoScalingUrl: string }): Promise<Running>;
}

export interface FleetAgentOptions {
  /** The local AWS, which knows the limits of deployed groups. */
  upstream: string;
  launcher: Launcher;
  /** From the request of an instance to the start of what runs on it. */
  bootSeconds: number;
  /** Of the choices between equals. */
  seed: number;
  now?: () => number;
}

export interface GroupSnapshot {
  desired: number;
  min: number;
  max: number;
  instances: {
    id: string;
    lifecycleState: LifecycleState;
    zone: string;
    launchedAt: number;
    inServiceAt?: number;
  }[];
}

/** What a deploy says of a group. */
export interface Adopted {
  hooks: Hook[];
  instanceTags: Record<string, string>;
  /** @default - those that the local AWS tells */
  limits?: { min: number; max: number };
  /** @default - as it is: a template that says nothing of it leaves it alone */
  desired?: number | undefined;
}

export interface FleetAgent {
  url: string;
  snapshot(groupName: string): GroupSnapshot;
  /** Takes from the deployed template what the local AWS does not keep. */
  adopt(groupName: string, what: Adopted): Promise<void>;
  /** Makes launches fail with a message, until called with undefined. */
  failLaunches(groupName: string, message: string | undefined): Promise<void>;
  /** Gives an instance its Spot notice. */
  noticeSpot(instanceId: string, at: Date): void;
  /** Ends a machine without any notice. */
  kill(groupName: string, instanceId: string): Promise<void>;
  close(): Promise<void>;
}

interface Machine {
  metadata: Promise<MetadataServer>;
  running?: Promise<Running>;
}

/** Timers in Node take at most this many milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export async function startFleetAgent(options: FleetAgentOptions): Promise<FleetAgent> {
  const now = options.now ?? Date.now;
  const groups = new Map<string, Group>();
  const machines = new Map<string, Machine>();
  const tags: Record<string, string> = {};
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
    // Two requests may have asked for it at once; there must be one group.
    const made =
      groups.get(name) ??
      new Group({
        name,
        min: deployed.MinSize ?? 0,
        max: deployed.MaxSize ?? 0,
        zones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
        types: ['local'],
        bootMs: options.bootSeconds * 1000,
        seed: options.seed,
      });
    groups.set(name, made);
    return made;
  }

  /** Carries out what the groups ask for, and comes back when the next thing is due. */
  function drive(): void {
    if (closed) return;
    for (const group of groups.values()) {
      group.advance(now());
      for (const effect of group.effects.splice(0)) {
        if (effect.kind === 'start') startMachine(effect.instance);
        if (effect.kind === 'stop') void stopMachine(group, effect.instance.id);
      }
    }
    clearTimeout(timer);
    const due = Math.min(...[...groups.values()].map((group) => group.nextDeadline()), Infinity);
    if (due < Infinity) timer = setTimeout(drive, Math.min(LONGEST_TIMER_MS, Math.max(10, due - now())));
  }

  function startMachine(instance: Instance): void {
    const metadata = startMetadata(instance, tags);
    const running = metadata.then(({ url }) =>
      options.launcher.launch({ instanceId: instance.id, metadataUrl: url, autoScalingUrl: agentUrl() }),
    );
    machines.set(instance.id, { metadata, running });
    running.catch((error: Error) => {
      console.error(`instance ${instance.id} could not be started: ${error.message}`);
      for (const group of groups.values()) group.died(instance.id, now());
      drive();
    });
  }

  async function stopMachine(group: Group, instanceId: string): Promise<void> {
    await endMachine(instanceId);
    group.stopped(instanceId, now());
    drive();
  }

  async function endMachine(instanceId: string): Promise<void> {
    const machine = machines.get(instanceId);
    machines.delete(instanceId);
    await machine?.running?.then((running) => running.stop()).catch(() => undefined);
    await machine?.metadata.then((metadata) => metadata.close());
  }

  const server = createServer((request, response) => {
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

  function agentUrl(): string {
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  }

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

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: agentUrl(),
    snapshot(groupName) {
      const group = groups.get(groupName);
      const { min = 0, max = 0 } = group?.settings ?? {};
      return {
        desired: group?.desired ?? 0,
        min,
        max,
        instances: (group?.instances ?? []).map((instance) => ({ ...instance })),
      };
    },
    async adopt(groupName, { hooks, instanceTags, limits, desired }) {
      const group = await find(groupName);
      group.hooks = hooks;
      if (limits) group.setLimits(limits.min, limits.max, now());
      if (desired !== undefined) group.setDesired(desired, now());
      Object.assign(tags, instanceTags);
      drive();
    },
    async failLaunches(groupName, message) {
      (await find(groupName)).failLaunches(message, now());
      drive();
    },
    noticeSpot(instanceId, at) {
      void machines.get(instanceId)?.metadata.then((metadata) => metadata.noticeSpot(at));
    },
    async kill(groupName, instanceId) {
      await endMachine(instanceId);
      (await find(groupName)).died(instanceId, now());
      drive();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await Promise.all([...machines.keys()].map(endMachine));
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
