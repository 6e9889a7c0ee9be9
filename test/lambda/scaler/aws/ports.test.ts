/** The scaler's ports: one suite each for the fake, the simulator's and AWS's, over the wire of the local AWS. */
import { AutoScalingClient, CreateAutoScalingGroupCommand } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import {
  CreateTableCommand,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addWork, putBootFailure } from '../../../../worker/aws/work-counters.ts';
import {
  MEMORY_KEY,
  METRIC_NAMESPACE,
  SCALER_METRICS,
  TABLE_KEY,
  VIEW_ATTRIBUTE,
  WORK_ATTRIBUTES,
  workKeyPrefix,
} from '../../../../contract/names.ts';
import { type View } from '../../../../contract/view.ts';
import { CloudWatchMetrics } from '../../../../lambda/scaler/aws/metrics.ts';
import { DynamoWork } from '../../../../lambda/scaler/aws/reports.ts';
import { DynamoMemory } from '../../../../lambda/scaler/aws/table.ts';
import { AutoScalingFleet } from '../../../../lambda/scaler/aws/fleet.ts';
import { SqsCounts } from '../../../../lambda/scaler/aws/queue.ts';
import { countersOf } from '../../../../lambda/scaler/policy/plausible.ts';
import type { Counts, Fleet, Work } from '../../../../lambda/scaler/ports.ts';
import { clientConfig } from '../../../../common/environment.ts';
import { startFleetAgent, type FleetAgent } from '../../../../local/fleet/agent.ts';
import { Scope } from '../../../../common/scope.ts';
import { Engine } from '../../../../sim/engine/engine.ts';
import {
  SimulatedMemory,
  simulatedCounts,
  simulatedFleet,
  simulatedWork,
} from '../../../../sim/policies/ports.ts';
import { worldOf, type WorldChanges } from '../../../../sim/world.ts';
import { startLocalAws } from '../../../support/local-aws.ts';
import { FakeMemory } from '../support/fakes.ts';
import { memorySuite, remembered, type MemoryAndReader } from '../support/memory-suite.ts';

const PREFIX = workKeyPrefix('AROAEXAMPLE');
const scope = new Scope();
let config: ReturnType<typeof clientConfig>;
let endpoint: string;
let dynamo: DynamoDBClient;

beforeAll(async () => {
  endpoint = await startLocalAws('scaler-ports-test', scope);
  config = clientConfig(endpoint);
  dynamo = new DynamoDBClient(config);
  await dynamo.send(
    new CreateTableCommand({
      TableName: 'memory',
      KeySchema: [{ AttributeName: TABLE_KEY, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: TABLE_KEY, AttributeType: 'S' }],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  );
}, 60_000);
afterAll(() => scope.close());

/** The simulator's world at time 0. */
const simulated = ({ arrivals, ...changes }: WorldChanges & { arrivals: number[] }) =>
  new Engine({
    arrivals: Float64Array.from(arrivals),
    horizon: 60,
    world: worldOf('clean', changes),
    seed: 1,
    controller: { intervalSeconds: 30, tick: () => {} },
  });

for (const [implementation, make] of [
  [
    'the fake',
    () => {
      const memory = new FakeMemory();
      return Promise.resolve({ memory, published: async () => memory.item?.[VIEW_ATTRIBUTE] });
    },
  ],
  [
    'the simulator',
    () => {
      let last: View | undefined;
      const memory = new SimulatedMemory((one) => (last = one));
      return Promise.resolve({ memory, published: async () => last });
    },
  ],
  [
    'DynamoDB',
    async () => {
      await dynamo.send(
        new DeleteItemCommand({ TableName: 'memory', Key: { [TABLE_KEY]: { S: MEMORY_KEY } } }),
      );
      const documents = DynamoDBDocumentClient.from(dynamo, {
        marshallOptions: { removeUndefinedValues: true },
      });
      const published = async () => {
        const key = { TableName: 'memory', Key: { [TABLE_KEY]: MEMORY_KEY } };
        const { Item } = await documents.send(new GetCommand(key));
        return Item?.[VIEW_ATTRIBUTE] as unknown;
      };
      return { memory: new DynamoMemory(documents, 'memory'), published };
    },
  ],
] satisfies [string, () => Promise<MemoryAndReader>][]) {
  memorySuite(implementation, make);
}

describe('memory: DynamoDB', () => {
  const documents = () =>
    DynamoDBDocumentClient.from(dynamo, { marshallOptions: { removeUndefinedValues: true } });
  const set = (controls: unknown) =>
    documents().send(
      new UpdateCommand({
        TableName: 'memory',
        Key: { [TABLE_KEY]: MEMORY_KEY },
        UpdateExpression: 'SET controls = :controls',
        ExpressionAttributeValues: { ':controls': controls },
      }),
    );
  beforeEach(() =>
    dynamo.send(new DeleteItemCommand({ TableName: 'memory', Key: { [TABLE_KEY]: { S: MEMORY_KEY } } })),
  );

  it('returns the controls that an operator has set, and leaves them', async () => {
    const controls = { floor: { instances: 3, until: 500 }, pauseScaleIn: {} };
    const memory = new DynamoMemory(documents(), 'memory');
    await set(controls);
    expect((await memory.open('a', 100, 40))?.controls).toEqual(controls);
    await memory.save('a', remembered);
    expect(await memory.open('a', 130, 40)).toEqual({ ...remembered, controls });
  });
});

describe.each<[string, () => Promise<{ port: Counts; fill: () => Promise<void> }>]>([
  [
    'SQS',
    async () => {
      const sqs = new SQSClient(config);
      const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
      const fill = async () => {
        for (const MessageBody of ['a', 'b', 'c'])
          await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
        await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 1 }));
      };
      return { port: new SqsCounts(sqs, QueueUrl, true), fill };
    },
  ],
  [
    'the simulator',
    () => {
      const engine = simulated({ arrivals: [5, 5, 5], min: 1 });
      return Promise.resolve({ port: simulatedCounts(engine), fill: async () => engine.advance(5) });
    },
  ],
])('counts: %s', (_name, make) => {
  it('counts waiting and in flight', async () => {
    const { port, fill } = await make();
    expect(await port.read()).toEqual({ visible: 0, inFlight: 0 });
    await fill();
    expect(await port.read()).toEqual({ visible: 2, inFlight: 1 });
  });
});

describe('counts: SQS, at a fleet of zero', () => {
  const event = (...keys: string[]) =>
    JSON.stringify({
      Records: keys.map((key) => ({
        eventName: 'ObjectCreated:Put',
        eventTime: '2026-11-23T10:00:00.000Z',
        s3: { bucket: { name: 'photos' }, object: { key } },
      })),
    });
  const test = '{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"photos"}';

  it.each<[string, string[], boolean, number]>([
    ['folders and test events are deleted', [test, event('incoming/'), event('incoming/album/')], false, 0],
    ['a photo among them is found and stays', [event('incoming/'), event('incoming/a.jpg')], true, 1],
    ['a message that is no job is found and stays', ['hello'], true, 1],
    ['nothing is found in an empty queue', [], false, 0],
  ])('%s', async (name, bodies, found, left) => {
    const sqs = new SQSClient(config);
    const QueueName = `look-${name.replaceAll(/\W/g, '-')}`;
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
    for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    const counts = new SqsCounts(sqs, QueueUrl, true);
    expect(await counts.hasPhoto?.()).toBe(found);
    const { visible, inFlight } = await counts.read();
    expect(visible + inFlight).toBe(left);
  });

  it('messages that are not jobs of a fleet of ours are not looked at', () => {
    expect(new SqsCounts(new SQSClient(config), 'https://queue', false).hasPhoto).toBeUndefined();
  });
});

describe.each<[string, () => Promise<{ port: Work; workTwice: () => Promise<void> }>]>([
  [
    'DynamoDB',
    () => {
      const workTwice = async () => {
        // Two reports at once: none is lost.
        const item = { tableName: 'memory', key: `${PREFIX}0` };
        const done = { completed: 1, busySeconds: 6 };
        await Promise.all([addWork(dynamo, item, done, Date.now()), addWork(dynamo, item, done, Date.now())]);
      };
      return Promise.resolve({ port: new DynamoWork(dynamo, 'memory', PREFIX), workTwice });
    },
  ],
  [
    'the simulator',
    () => {
      const engine = simulated({ arrivals: [5, 5], min: 1, service: 6 });
      const workTwice = async () => {
        for (let at = 1; at <= 30; at++) engine.advance(at);
      };
      return Promise.resolve({ port: simulatedWork(engine), workTwice });
    },
  ],
])('work: %s', (_name, make) => {
  it('is what the instance has done', async () => {
    const { port, workTwice } = await make();
    expect((await port.read(['0']))?.at(0)?.completed ?? 0).toBe(0);
    await workTwice();
    expect(await port.read(['0'])).toEqual([{ instance: '0', completed: 2, busySeconds: 12 }]);
  });
});

it('one instance that writes anything at all leaves the others readable', async () => {
  const written = {
    liar: { N: '9.9E+125' },
    precise: { N: '9'.repeat(38) },
    text: { S: 'x'.repeat(390_000) },
    deep: { L: [{ M: { N: { N: '1' } } }] },
    empty: { NULL: true },
    below: { N: '-1' },
  };
  for (const [instance, value] of Object.entries(written))
    await dynamo.send(
      new PutItemCommand({
        TableName: 'memory',
        Item: {
          [TABLE_KEY]: { S: PREFIX + instance },
          [WORK_ATTRIBUTES.completed]: value,
          [WORK_ATTRIBUTES.busySeconds]: { N: '1' },
        },
      }),
    );
  await addWork(
    dynamo,
    { tableName: 'memory', key: `${PREFIX}honest` },
    { completed: 3, busySeconds: 18 },
    0,
  );
  const reports = await new DynamoWork(dynamo, 'memory', PREFIX).read([...Object.keys(written), 'honest']);
  expect(reports).toHaveLength(7);
  expect(reports).toContainEqual({ instance: 'honest', completed: 3, busySeconds: 18 });
  const believed = reports?.filter((report) => typeof countersOf(report) !== 'string');
  expect(believed?.map(({ instance }) => instance)).toEqual(['honest']);
});

it('why an instance cannot get ready is read from its own item', async () => {
  const item = { tableName: 'memory', key: `${PREFIX}i-bad` };
  await putBootFailure(dynamo, item, 'no weights '.repeat(100), Date.now());
  const work = new DynamoWork(dynamo, 'memory', PREFIX);
  const found = await work.failures(['i-bad', 'honest', 'i-unknown']);
  expect(found).toEqual([{ instance: 'i-bad', why: 'no weights '.repeat(100).slice(0, 300) }]);
  expect(await work.failures([])).toEqual([]);
  // A worker that restarts and gets ready after all counts in the same item.
  await addWork(dynamo, item, { completed: 1, busySeconds: 6 }, Date.now());
  expect(await work.read(['i-bad'])).toEqual([{ instance: 'i-bad', completed: 1, busySeconds: 6 }]);
});

describe('fleet', () => {
  let agent: FleetAgent;
  const autoScaling = (group: string) =>
    new AutoScalingFleet(new AutoScalingClient({ ...config, endpoint: agent.url }), group);
  beforeAll(async () => {
    await new AutoScalingClient(config).send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: 'photos',
        MinSize: 0,
        MaxSize: 4,
        AvailabilityZones: ['us-east-1a'],
      }),
    );
    agent = await startFleetAgent({
      upstream: endpoint,
      launcher: { launch: () => Promise.resolve({ stop: () => Promise.resolve() }) },
      bootSeconds: 3600,
      seed: 1,
    });
  });
  afterAll(() => agent.close());

  it.each<[string, () => Fleet]>([
    ['Auto Scaling', () => autoScaling('photos')],
    ['the simulator', () => simulatedFleet(simulated({ arrivals: [], min: 0, max: 4 }))],
  ])('%s: reads the limits and what it has set, and is refused beyond them', async (_name, make) => {
    const fleet = make();
    expect(await fleet.read()).toMatchObject({
      desired: 0,
      min: 0,
      max: 4,
      inService: 0,
      pending: 0,
      draining: 0,
    });
    await fleet.setDesired(3);
    const view = { desired: 3, min: 0, max: 4, inService: 0, pending: 3, draining: 0 };
    expect(await fleet.read()).toMatchObject(view);
    await expect(fleet.setDesired(5)).rejects.toThrow('New SetDesiredCapacity value 5 is above max value 4');
    expect(await fleet.read()).toMatchObject(view);
  });

  it('Auto Scaling: lists launches since a time, and why one was refused', async () => {
    const message =
      'We currently do not have sufficient g4dn.xlarge capacity in the Availability Zone you requested (us-east-1b). Launching EC2 instance failed.';
    const fleet = autoScaling('photos');
    const before = Date.now() / 1000;
    expect(await fleet.launches(before)).toEqual([]);
    await agent.failLaunches('photos', message);
    await fleet.setDesired(4);
    await fleet.read();
    expect(await fleet.launches(before)).toMatchObject([
      {
        outcome: 'refused',
        failure: {
          code: 'InsufficientInstanceCapacity',
          instanceType: 'g4dn.xlarge',
          availabilityZone: 'us-east-1b',
          message,
        },
      },
    ]);
    expect(await fleet.launches(Date.now() / 1000 + 60)).toEqual([]);
  });

  it('Auto Scaling: ends an instance under way', async () => {
    const fleet = autoScaling('photos');
    const all = await fleet.launches(0);
    const [{ instance = '' } = {}] = all.filter(({ outcome }) => outcome === 'under-way');
    await fleet.end(instance, false);
    expect(await fleet.read()).toMatchObject({ desired: 3 });
    const ended = (await fleet.launches(0)).find((launch) => launch.instance === instance);
    expect(ended?.outcome).toBe('cancelled');
  });
});

describe('metrics: CloudWatch', () => {
  const fleet = { desired: 3, inService: 2, pending: 1, draining: 0, min: 0, max: 5 };
  const calculation = {
    rate: 0.5,
    serviceSeconds: 6,
    bootSeconds: 90,
    queuedThen: 4,
    price: 0.12,
    meanWait: 8,
    late: 1,
    load: 3,
  };

  it('arrive', async () => {
    const cloudWatch = new CloudWatchClient(config);
    const at = Date.now() / 1000;
    const port = new CloudWatchMetrics(cloudWatch, 'dev');
    await port.publish({
      at,
      reason: 'steady',
      counts: { visible: 7, inFlight: 0 },
      fleet,
      needed: 2,
      calculation,
      figures: { perHour: 1.5, spentToday: 20, busy: 0.75 },
      unfulfilled: 1,
      implausible: 2,
      bootFailures: 3,
      failedLaunches: [{ code: 'Other', message: 'no' }],
      controls: { pauseScaleOut: {} },
    });
    const { Metrics = [] } = await cloudWatch.send(new ListMetricsCommand({ Namespace: METRIC_NAMESPACE }));
    expect(new Set(Metrics.map(({ MetricName }) => MetricName))).toEqual(
      new Set(Object.values(SCALER_METRICS)),
    );
  });
});
