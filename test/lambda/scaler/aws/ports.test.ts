/** The scaler's ports: one suite each for the fake, the simulator's and AWS's, over the wire of the local AWS. */
import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DeleteItemCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  MEMORY_KEY,
  METRIC_NAMESPACE,
  SCALER_METRICS,
  TABLE_KEY,
  VIEW_ATTRIBUTE,
} from '../../../../contract/names.ts';
import { type View } from '../../../../contract/view.ts';
import { CloudWatchMetrics } from '../../../../lambda/scaler/aws/metrics.ts';
import { DynamoMemory } from '../../../../lambda/scaler/aws/table.ts';
import { SqsCounts } from '../../../../lambda/scaler/aws/queue.ts';
import type { Counts } from '../../../../lambda/scaler/ports.ts';
import { clientConfig } from '../../../../common/environment.ts';
import { Scope } from '../../../../common/scope.ts';
import { SimulatedMemory, simulatedCounts } from '../../../../sim/policies/ports.ts';
import { startLocalAws } from '../../../support/local-aws.ts';
import { fleetTests } from './fleet-suite.ts';
import { workTests } from './work-suite.ts';
import { simulated } from '../support/simulated.ts';
import { FakeMemory } from '../support/fakes.ts';
import { memorySuite, remembered, type MemoryAndReader } from '../support/memory-suite.ts';

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
      return { port: new SqsCounts(sqs, { interactive: QueueUrl }, true), fill };
    },
  ],
  [
    'the simulator',
    () => {
      const engine = simulated({ arrivals: [5, 5, 5], min: 1, service: 6 });
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
    const counts = new SqsCounts(sqs, { interactive: QueueUrl }, true);
    expect(await counts.hasPhoto?.()).toBe(found);
    const { visible, inFlight } = await counts.read();
    expect(visible + inFlight).toBe(left);
  });

  it('looks at the bulk queue alike, and at none where there is none', async () => {
    const sqs = new SQSClient(config);
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'look-bulk' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: event('bulk/') }));
    const counts = new SqsCounts(sqs, { interactive: 'https://queue', bulk: QueueUrl }, true);
    expect(await counts.hasBulkPhoto?.()).toBe(false);
    expect(await counts.readBulk?.()).toEqual({ visible: 0, inFlight: 0 });
    expect(new SqsCounts(sqs, { interactive: QueueUrl }, true).hasBulkPhoto).toBeUndefined();
  });

  it('counts the second queue of the interactive lane with the first, and looks at both', async () => {
    const sqs = new SQSClient(config);
    const made = async (QueueName: string) =>
      (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl ?? '';
    const [interactive, sidelined] = [await made('look-first'), await made('look-second')];
    const counts = new SqsCounts(sqs, { interactive, sidelined }, true);
    expect(await counts.read()).toEqual({ visible: 0, inFlight: 0, sidelined: 0 });
    await sqs.send(new SendMessageCommand({ QueueUrl: interactive, MessageBody: event('incoming/') }));
    await sqs.send(new SendMessageCommand({ QueueUrl: sidelined, MessageBody: event('sidelined/') }));
    expect(await counts.hasPhoto?.()).toBe(false);
    for (const MessageBody of ['sidelined/a', 'sidelined/b', 'sidelined/c'].map((key) => event(key)))
      await sqs.send(new SendMessageCommand({ QueueUrl: sidelined, MessageBody }));
    await sqs.send(new SendMessageCommand({ QueueUrl: interactive, MessageBody: event('incoming/a') }));
    await sqs.send(new ReceiveMessageCommand({ QueueUrl: sidelined, MaxNumberOfMessages: 1 }));
    expect(await counts.read()).toEqual({ visible: 3, inFlight: 1, sidelined: 2 });
    expect(await counts.hasPhoto?.()).toBe(true);
  });

  it('messages that are not jobs of a fleet of ours are not looked at', () => {
    expect(
      new SqsCounts(new SQSClient(config), { interactive: 'https://queue' }, false).hasPhoto,
    ).toBeUndefined();
  });
});

workTests(() => dynamo);
fleetTests(() => ({ config, endpoint }));

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
      counts: { visible: 7, inFlight: 0, sidelined: 2, bulk: { visible: 5, inFlight: 1 } },
      bulkDeadlineUsed: 40,
      fleet,
      needed: 2,
      calculation,
      figures: { perHour: 1.5, spentToday: 20, busy: 0.75 },
      unfulfilled: 1,
      implausible: 2,
      bootFailures: 3,
      warmPoolBootFailures: 3,
      failedLaunches: [{ code: 'Other', message: 'no' }],
      controls: { pauseScaleOut: {} },
    });
    const { Metrics = [] } = await cloudWatch.send(new ListMetricsCommand({ Namespace: METRIC_NAMESPACE }));
    expect(new Set(Metrics.map(({ MetricName }) => MetricName))).toEqual(
      new Set(Object.values(SCALER_METRICS)),
    );
  });
});
