/** Races and outages over the wire: the scaler's own clients, a local AWS, its fleet agent and a proxy with faults. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  SetDesiredCapacityCommand,
  UpdateAutoScalingGroupCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateTableCommand, DynamoDBClient, DeleteItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, PurgeQueueCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MEMORY_KEY, TABLE_KEY } from '../../../../contract/names.ts';
import { portsOn } from '../../../../lambda/scaler/aws/ports-on.ts';
import { ALLOWANCE_SECONDS } from '../../../../lambda/scaler/context.ts';
import { tick, type TickResult } from '../../../../lambda/scaler/tick.ts';
import { type TickPorts } from '../../../../lambda/scaler/ports.ts';
import type { Service } from '../../../support/faulty.ts';
import { clientConfig } from '../../../../common/environment.ts';
import { startFleetAgent, type FleetAgent } from '../../../../local/fleet/agent.ts';
import { Scope } from '../../../../common/scope.ts';
import { startFaultyProxy, type FaultyProxy } from '../../../support/faulty.ts';
import { startLocalAws } from '../../../support/local-aws.ts';
import { until } from '../../../support/wait.ts';
import { slo, TICK } from '../support/observations.ts';

/** Far above what a call takes on a loaded machine; only a call to a service that hangs gets no answer. */
const PATIENT = { callSeconds: 50, attemptSeconds: 40 };
/** For a service that does not answer: the outcome is the same however early the deadline comes. */
const HURRIED = { callSeconds: 0.2, attemptSeconds: 40 };
const QUEUE = 'outages';
const TABLE = 'outages';
const PREFIX = 'work#AROAEXAMPLE:';

const scope = new Scope();
let endpoint: string;
let agent: FleetAgent;
let proxy: FaultyProxy;
let queueUrl: string;
let group: string;
let groups = 0;
let ports: TickPorts;
/** The ticks' own time, epoch seconds. */
let now = 1_800_000_000;

const config = () => clientConfig(endpoint);
const autoScaling = () => new AutoScalingClient({ ...config(), endpoint: agent.url });

beforeAll(async () => {
  endpoint = await startLocalAws('outages-test', scope);
  agent = await startFleetAgent({
    upstream: endpoint,
    launcher: { launch: () => Promise.resolve({ stop: () => Promise.resolve() }) },
    bootSeconds: 0,
    resumeSeconds: 0,
    seed: 1,
  });
  proxy = await startFaultyProxy((service) => (service === 'autoscaling' ? agent.url : endpoint));
  await new DynamoDBClient(config()).send(
    new CreateTableCommand({
      TableName: TABLE,
      KeySchema: [{ AttributeName: TABLE_KEY, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: TABLE_KEY, AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
  const { QueueUrl = '' } = await new SQSClient(config()).send(new CreateQueueCommand({ QueueName: QUEUE }));
  queueUrl = QueueUrl;
}, 60_000);
afterAll(async () => {
  await proxy.close();
  await agent.close();
  await scope.close();
});

beforeEach(async () => {
  for (const service of Object.keys(proxy.faults)) delete proxy.faults[service as keyof typeof proxy.faults];
  await new SQSClient(config()).send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await new DynamoDBClient(config()).send(
    new DeleteItemCommand({ TableName: TABLE, Key: { [TABLE_KEY]: { S: MEMORY_KEY } } }),
  );
  group = `photos-${++groups}`;
  await new AutoScalingClient(config()).send(
    new CreateAutoScalingGroupCommand({
      AutoScalingGroupName: group,
      MinSize: 0,
      MaxSize: 6,
      AvailabilityZones: ['us-east-1a'],
    }),
  );
  ports = connect();
  now += 10_000;
  proxy.calls.length = 0;
});

const connect = (groupName = group, limits = PATIENT) =>
  portsOn(
    { QUEUE_URL: queueUrl, GROUP_NAME: groupName, TABLE_NAME: TABLE, WORK_KEY_PREFIX: PREFIX, STAGE: 'dev' },
    clientConfig(proxy.url),
    limits,
  );
/** The ports with a short deadline for one service. */
const hurried = (service: Service): TickPorts => {
  const { counts, work, memory, metrics, fleet } = connect(group, HURRIED);
  return {
    ...ports,
    ...{ sqs: { counts }, dynamodb: { work, memory }, monitoring: { metrics }, autoscaling: { fleet } }[
      service
    ],
  };
};
const run = (owner = 'a', on = ports, clock = () => now): Promise<TickResult> =>
  tick(on, slo, { owner, now: clock, tickSeconds: TICK });
const send = (count: number) =>
  Promise.all(
    Array.from({ length: count }, () =>
      new SQSClient(config()).send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: '{}' })),
    ),
  );
const desired = async () => (await connect().fleet.read()).desired;
const repeat = <T>(one: T, count: number) => Array.from({ length: count }, () => one);
const wasSet = () => proxy.calls.filter((call) => call === 'autoscaling SetDesiredCapacity').length;
const reasons = ({ errors }: TickResult) => errors.map(({ message }) => message).join('; ');

it('without a fault, photos scale the fleet out', async () => {
  await send(60);
  expect(await run()).toMatchObject({ held: true, errors: [], record: { reason: 'scale-out', visible: 60 } });
  expect(await desired()).toBeGreaterThan(0);
});

describe('races', () => {
  it('of three runs at once one acts: its decision is set and stored, and the others do nothing', async () => {
    await send(60);
    const runs = await Promise.all([run('a'), run('b', connect()), run('c', connect())]);
    const held = runs.filter((one) => one.held);
    expect(held).toHaveLength(1);
    expect(runs.flatMap(({ errors }) => errors)).toEqual([]);
    expect(runs.filter((one) => !one.held)).toEqual(repeat({ held: false, errors: [] }, 2));
    expect(wasSet()).toBe(1);
    expect(await desired()).toBe(held[0]?.record?.desired);
    const owner = ['a', 'b', 'c'][runs.findIndex((one) => one.held)] ?? '';
    expect((await ports.memory.open(owner, now, TICK))?.recent).toEqual([held[0]?.record]);
  });

  it('a run whose lease expired while it read sets nothing', async () => {
    await send(60);
    const late = now + TICK + ALLOWANCE_SECONDS + 1;
    let reads = 0;
    const result = await run('a', ports, () => (reads++ === 0 ? now : late));
    expect(result.record?.reason).toBe('metrics-unavailable');
    expect(reasons(result)).toMatch(/reading took 41 s: too long to act on/);
    expect(wasSet()).toBe(0);
  });

  it('a run whose lease another one has taken cannot overwrite its memory', async () => {
    await send(60);
    const state = await ports.memory.open('a', now, TICK + ALLOWANCE_SECONDS);
    now += TICK + ALLOWANCE_SECONDS + 1;
    const second = await run('b', connect());
    expect(second).toMatchObject({ held: true, errors: [] });
    await expect(ports.memory.save('a', state ?? { policy: {}, recent: [] })).rejects.toThrow(/conditional/i);
    expect(await run('a')).toMatchObject({ held: false });
    const after = await ports.memory.open('b', now, TICK);
    expect(after?.recent).toEqual([second.record]);
    expect(await desired()).toBe(second.record?.desired);
  });
});

describe('outages', () => {
  it.each(['away', 'hang'] as const)(
    'DynamoDB %s: holds, publishes the reason, and continues after',
    async (fault) => {
      await send(60);
      proxy.faults.dynamodb = fault;
      const failed = await run('a', fault === 'hang' ? hurried('dynamodb') : ports);
      expect(failed.record).toMatchObject({ reason: 'metrics-unavailable', visible: 60, desired: 0 });
      expect(failed.errors.length).toBeGreaterThan(0);
      expect(proxy.calls).toContain('monitoring PutMetricData');
      expect(wasSet()).toBe(0);
      delete proxy.faults.dynamodb;
      now += TICK;
      expect(await run()).toMatchObject({ record: { reason: 'scale-out' }, errors: [] });
    },
  );

  it.each(['away', 'hang'] as const)('CloudWatch %s: scales, and reports the failure', async (fault) => {
    await send(60);
    proxy.faults.monitoring = fault;
    const result = await run('a', fault === 'hang' ? hurried('monitoring') : ports);
    expect(result.record?.reason).toBe('scale-out');
    expect(await desired()).toBe(result.record?.desired);
    expect(result.errors).toHaveLength(1);
  });

  it.each(['away', 'hang'] as const)('SQS %s: the fleet stays as it is', async (fault) => {
    await autoScaling().send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity: 4 }),
    );
    proxy.faults.sqs = fault;
    const on = fault === 'hang' ? hurried('sqs') : ports;
    for (let k = 0; k < 3; k++, now += TICK) {
      expect((await run('a', on)).record?.reason).toBe('metrics-unavailable');
    }
    expect(await desired()).toBe(4);
  });

  it('Auto Scaling throttles for minutes: no tick acts, and the first one after it does', async () => {
    await send(60);
    proxy.faults.autoscaling = 'throttle';
    // The first tick waits for all retries of its call; the pauses that the SDK then makes are cut off by the deadline.
    const later = hurried('autoscaling');
    for (let k = 0; k < 6; k++, now += TICK) {
      const { held, record, errors } = await run('a', k === 0 ? ports : later);
      expect({ held, reason: record?.reason, failed: errors.length > 0 }).toEqual({
        held: true,
        reason: 'metrics-unavailable',
        failed: true,
      });
    }
    const asked = proxy.calls.filter((call) => call.startsWith('autoscaling')).length;
    // Three attempts a tick at most; fewer, since calls are spaced out while AWS throttles.
    expect(asked).toBeLessThanOrEqual(18);
    expect(asked).toBeGreaterThan(0);
    delete proxy.faults.autoscaling;
    // In another process, whose clients were not throttled.
    const result = await run('a', connect());
    expect(result).toMatchObject({ record: { reason: 'scale-out' }, errors: [] });
  });

  it('the group is deleted: the error names it, and nothing is set', async () => {
    await send(60);
    const result = await run('a', connect('photos-gone'));
    expect(result.record).toMatchObject({ reason: 'metrics-unavailable', visible: 60, desired: null });
    expect(reasons(result)).toContain("'photos-gone'");
    expect(wasSet()).toBe(0);
  });
});

describe('changes by hand', () => {
  const limits = (MinSize: number, MaxSize: number) =>
    autoScaling().send(new UpdateAutoScalingGroupCommand({ AutoScalingGroupName: group, MinSize, MaxSize }));
  const byHand = (DesiredCapacity: number) =>
    autoScaling().send(new SetDesiredCapacityCommand({ AutoScalingGroupName: group, DesiredCapacity }));

  it('a lower maximum limits the fleet, however much waits', async () => {
    await send(100);
    await limits(0, 1);
    for (let k = 0; k < 4; k++, now += TICK) expect((await run()).errors).toEqual([]);
    expect(await desired()).toBe(1);
  });

  it('a higher minimum limits the fleet, however little waits', async () => {
    await limits(3, 6);
    for (let k = 0; k < 30; k++, now += TICK) expect((await run()).errors).toEqual([]);
    expect(await desired()).toBe(3);
  });

  it('after a desired capacity of 0 the fleet scales out again while photos wait', async () => {
    await send(100);
    await run();
    await byHand(0);
    now += TICK;
    expect((await run()).record?.reason).toBe('scale-out');
    expect(await desired()).toBeGreaterThan(0);
  });

  it('a desired capacity without work goes, once it was idle', async () => {
    await byHand(5);
    await until(
      () => ports.fleet.read(),
      ({ inService }) => inService === 5,
    );
    for (let k = 0; k < 20; k++, now += TICK) expect((await run()).errors).toEqual([]);
    expect(await desired()).toBe(0);
  });
});
