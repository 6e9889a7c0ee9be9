/** The operator commands on a real protocol: a local AWS that holds what a stage would, without its fleet. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  CreateLaunchConfigurationCommand,
} from '@aws-sdk/client-auto-scaling';
import {
  CloudFormationClient,
  CreateStackCommand,
  waitUntilStackCreateComplete,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import sharp, { type Color } from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { change, type Change } from '../../cli/operate/controls/change.ts';
import { ALARM_IDS, alarmName } from '../../contract/alarms.ts';
import { DynamoMemory } from '../../lambda/scaler/aws.ts';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { ACCOUNT, clientConfig, REGION } from '../../local/environment.ts';
import { Scope } from '../../local/scope.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { until } from '../support/wait.ts';
import { command, Folder, start, type Ended } from './support/command.ts';
import { itemOf, record } from './support/memory.ts';

const STAGE = 'ops';
const TABLE = 'ops-scaler';
const scope = new Scope();
const folder = new Folder();
const { signal } = new AbortController();
let endpoint: string;
let env: NodeJS.ProcessEnv;
let s3: S3Client;
let sqs: SQSClient;
let cloudWatch: CloudWatchClient;
let documents: DynamoDBDocumentClient;
let jobs: string;
let dead: string;

beforeAll(async () => {
  endpoint = await startLocalAws('cli-operate-test', scope);
  const config = clientConfig(endpoint);
  env = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: ACCOUNT,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_REGION: REGION,
  };
  s3 = new S3Client({ ...config, forcePathStyle: true });
  sqs = new SQSClient(config);
  cloudWatch = new CloudWatchClient(config);
  const dynamo = new DynamoDBClient(config);
  documents = DynamoDBDocumentClient.from(dynamo);
  const autoScaling = new AutoScalingClient(config);
  jobs = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-jobs' }))).QueueUrl ?? '';
  dead = (await sqs.send(new CreateQueueCommand({ QueueName: 'ops-dead' }))).QueueUrl ?? '';
  await dynamo.send(
    new CreateTableCommand({
      TableName: TABLE,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }),
  );
  await autoScaling.send(
    new CreateLaunchConfigurationCommand({
      LaunchConfigurationName: 'ops',
      ImageId: 'ami-1',
      InstanceType: 'g5.xlarge',
    }),
  );
  await autoScaling.send(
    new CreateAutoScalingGroupCommand({
      ...{ AutoScalingGroupName: 'ops-fleet', LaunchConfigurationName: 'ops' },
      ...{ MinSize: 0, MaxSize: 7, DesiredCapacity: 0, AvailabilityZones: [`${REGION}a`] },
    }),
  );
  const outputs = {
    ...{ QueueUrl: jobs, DeadLetterQueueUrl: dead, TableName: TABLE, GroupName: 'ops-fleet' },
    BucketName: 'unused',
  };
  const template = {
    // A stack holds something.
    Resources: { Nothing: { Type: 'AWS::SQS::Queue' } },
    Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
  };
  const cloudformation = new CloudFormationClient(config);
  for (const StackName of [`DDColorElastic-${STAGE}`, 'DDColorElastic-local']) {
    await cloudformation.send(new CreateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }));
    await waitUntilStackCreateComplete(
      { client: cloudformation, maxWaitTime: 30, minDelay: 1 },
      { StackName },
    );
  }
}, 90_000);
afterAll(async () => {
  folder.remove();
  await scope.close();
});
beforeEach(() => documents.send(new DeleteCommand({ TableName: TABLE, Key: { id: 'scaler' } })));

const operate = (...args: string[]) => command(folder.path, [...args, '--stage', STAGE], env);
const json = ({ out }: Ended) => JSON.parse(out) as Record<string, unknown>;
const keep = (item: Record<string, unknown>) =>
  documents.send(new PutCommand({ TableName: TABLE, Item: item }));
const kept = async () =>
  (await documents.send(new GetCommand({ TableName: TABLE, Key: { id: 'scaler' } }))).Item;
const now = () => Date.now() / 1000;
const fresh = (more: Record<string, unknown> = {}) => itemOf([record({ at: now() - 1 })], more);

describe('status', () => {
  it('shows what is there', async () => {
    const names = ALARM_IDS.map((id) => alarmName(STAGE, id));
    for (const AlarmName of [...names, 'of-somebody-else']) {
      await cloudWatch.send(
        new PutMetricAlarmCommand({
          ...{ AlarmName, Namespace: 'X', MetricName: 'x', Statistic: 'Sum', Period: 60 },
          ...{ EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold' },
        }),
      );
    }
    await cloudWatch.send(
      new SetAlarmStateCommand({ AlarmName: names[0], StateValue: 'ALARM', StateReason: 'test' }),
    );
    await keep(fresh({ controls: { pauseScaleOut: {} } }));
    await sqs.send(new SendMessageCommand({ QueueUrl: jobs, MessageBody: 'one' }));
    const ended = await operate('status', '--json');
    const status = json(ended);
    expect(status).toMatchObject({
      ...{ command: 'status', stage: STAGE, region: REGION },
      queue: { waiting: 1, inFlight: 0, deadLetters: 0 },
      fleet: { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 7 },
      controls: [{ name: 'pauseScaleOut', until: null }],
      decisions: [{ reason: 'steady', desired: 3 }],
      spending: null,
    });
    const alarms = status.alarms as { name: string; id: string; state: string }[];
    expect(alarms.map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(alarms.find(({ id }) => id === ALARM_IDS[0])).toMatchObject({
      state: 'ALARM',
      runbook: `docs/runbook.md#${ALARM_IDS[0]}`,
    });
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: jobs, VisibilityTimeout: 0 }),
    );
    expect(Messages).toHaveLength(1);
  });

  it('is of no stage that is not there', async () => {
    expect(await command(folder.path, ['status', '--stage', 'mars'], env)).toEqual({
      code: 1,
      out: '',
      err: "--stage 'mars': there is no stack DDColorElastic-mars in this account and region.\n",
    });
  });

  it('is of a stack by another name', async () => {
    const args = ['status', '--stage', 'mars', '--stack', `DDColorElastic-${STAGE}`, '--json'];
    const ended = await command(folder.path, args, env);
    expect(json(ended)).toMatchObject({ stage: 'mars', fleet: { max: 7 }, alarms: [] });
  });
});

describe('watch', () => {
  it('tells each change, and ends well at Ctrl-C', async () => {
    await keep(fresh());
    const running = start(folder.path, ['watch', '--every', '1', '--stage', STAGE], env);
    let out = '';
    running.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(
      () => out,
      (text) => text.includes('steady'),
    );
    await keep(itemOf([record({ at: now() - 1 }), record({ at: now(), reason: 'scale-out', desired: 5 })]));
    await until(
      () => out,
      (text) => text.includes('scale-out'),
    );
    running.process.kill('SIGINT');
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, err: '' });
    for (const line of ended.out.trim().split('\n')) expect(line).toMatch(/^\d\d:\d\d:\d\d {2}waiting /);
  });

  it('is an object a look', async () => {
    const running = start(folder.path, ['watch', '--every', '1', '--json', '--stage', STAGE], env);
    let out = '';
    running.process.stdout?.on('data', (chunk: Buffer) => (out += chunk.toString()));
    await until(
      () => out,
      (text) => text.split('\n').length > 2,
    );
    running.process.kill('SIGTERM');
    const ended = await running.ended;
    expect(ended.code).toBe(130);
    for (const line of ended.out.trim().split('\n'))
      expect(JSON.parse(line)).toMatchObject({ command: 'status' });
  });
});

describe('explain', () => {
  it('says why', async () => {
    await keep(fresh());
    const ended = await operate('explain');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toContain('UTC): steady.');
  });

  it('ends with 1 when nobody sizes the fleet', async () => {
    await keep(itemOf([record({ at: now() - 3600 })]));
    const ended = await operate('explain', '--json');
    expect(ended).toMatchObject({ code: 1, err: '' });
    expect(json(ended)).toMatchObject({ decision: { stale: true } });
  });
});

describe('controls', () => {
  const floor = { instances: 2, until: 4_000_000_000 };
  const paused = async () => fromItem(await kept()).controls;

  it('are set where there is nothing yet, and taken back', async () => {
    const first = await operate('pause', 'both', '--json');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(json(first)).toMatchObject({
      controls: [{ name: 'pauseScaleOut', until: null }, { name: 'pauseScaleIn' }],
    });
    expect(await kept()).toEqual({ id: 'scaler', controls: { pauseScaleOut: {}, pauseScaleIn: {} } });
    await operate('resume', 'scale-in');
    expect(await paused()).toEqual({ pauseScaleOut: {} });
    const last = await operate('resume', 'both', '--json');
    expect(json(last)).toMatchObject({ controls: [] });
    expect(await paused()).toEqual({});
  });

  it('leave what others have set, and what the scaler remembers', async () => {
    const item = fresh({ controls: { floor, dryRun: {} } });
    await keep(item);
    const before = now();
    const ended = await operate('pause', 'scale-out', '--for', '2h');
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toMatch(
      /scale-out is paused[^\n]*UTC, for another 2 h\n[^]*at its next tick, within 30 s\./,
    );
    const { pauseScaleOut, ...rest } = await paused();
    expect(rest).toEqual({ floor, dryRun: {} });
    expect(pauseScaleOut?.until).toBeGreaterThanOrEqual(Math.floor(before + 7200));
    expect(pauseScaleOut?.until).toBeLessThanOrEqual(now() + 7201);
    await operate('resume', 'both');
    expect(await kept()).toEqual({ ...item, controls: { floor, dryRun: {} } });
  });

  it('that were not set are taken back without a word of it', async () => {
    expect(await operate('resume', 'both')).toMatchObject({ code: 0, err: '' });
    expect(await kept()).toBeUndefined();
  });

  it('that nobody understands are told, and what is no map is left', async () => {
    await keep(fresh({ controls: { pauseScaleout: {} } }));
    const odd = await operate('pause', 'scale-in');
    expect(odd).toMatchObject({ code: 1, err: '' });
    expect(odd.out).toContain('The scaler holds the fleet, since it does not understand these controls');
    await keep(fresh({ controls: 'none' }));
    const none = await operate('pause', 'scale-in');
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toContain('is "none", which is no map. Remove it first.');
    expect((await kept())?.controls).toBe('none');
  });

  it('say when nobody will act on them', async () => {
    await keep(itemOf([record({ at: now() - 900 })]));
    expect((await operate('pause', 'both')).out).toContain('BUT THE SCALER DOES NOT TICK');
  });

  const out: Change = { names: ['pauseScaleOut'], until: null };

  it('and the scaler’s own writes do not lose each other', async () => {
    const memory = new DynamoMemory(documents, TABLE);
    const recent = [record()];
    for (let k = 0; k < 20; k++) {
      const { names } = out;
      const opened = memory.open('me', k, 1);
      await Promise.all([opened, change(documents, TABLE, { names, until: 4_000_000_000 + k }, signal)]);
      const saved = memory.save('me', { policy: { lastOutAt: k }, recent });
      await Promise.all([
        saved,
        change(documents, TABLE, { names: ['pauseScaleIn'], until: 4_000_000_000 + k }, signal),
      ]);
      const { controls, policy } = fromItem(await kept());
      const until = { until: 4_000_000_000 + k };
      expect({ controls, policy }).toEqual({
        controls: { pauseScaleOut: until, pauseScaleIn: until },
        policy: { lastOutAt: k },
      });
    }
  });

  it.each([1, 2])('that somebody sets at the same moment stay: before write %i', async (at) => {
    let writes = 0;
    const racing = {
      send: async (sent: UpdateCommand) => {
        if (sent instanceof UpdateCommand && ++writes === at) await keep(fresh({ controls: { floor } }));
        return documents.send(sent);
      },
    } as unknown as DynamoDBDocumentClient;
    await change(racing, TABLE, out, signal);
    expect(await paused()).toEqual({ floor, pauseScaleOut: {} });
  });

  it('that somebody removes at the same moment are set anew', async () => {
    await keep(fresh({ controls: { floor } }));
    let writes = 0;
    const racing = {
      send: async (sent: UpdateCommand) => {
        if (sent instanceof UpdateCommand && ++writes === 1) await keep(fresh());
        return documents.send(sent);
      },
    } as unknown as DynamoDBDocumentClient;
    await change(racing, TABLE, out, signal);
    expect(await paused()).toEqual({ pauseScaleOut: {} });
  });
});

describe('redrive', () => {
  const drain = async (QueueUrl: string) => {
    const found = [];
    for (;;) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
          VisibilityTimeout: 600,
        }),
      );
      if (Messages.length === 0) return found;
      found.push(...Messages);
    }
  };

  it('moves messages as they are, up to a limit', async () => {
    await drain(jobs);
    const bodies = Array.from({ length: 23 }, (_, k) => `letter ${k}`);
    const attributes = { who: { DataType: 'String', StringValue: 'S3' } };
    for (const MessageBody of bodies) {
      await sqs.send(new SendMessageCommand({ QueueUrl: dead, MessageBody, MessageAttributes: attributes }));
    }
    const dry = await operate('redrive', '--dry-run', '--json');
    expect(json(dry)).toMatchObject({ moved: 23, dryRun: true, left: { waiting: 23, held: 0 } });
    expect(await drain(jobs)).toEqual([]);

    const first = await operate('redrive', '--limit', '12');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('12 messages sent back to the queue, 12 of which are no photo');
    expect(first.out).toContain('About 11 dead letters are left. The same command takes the next ones.');
    const second = await operate('redrive', '--json');
    expect(json(second)).toMatchObject({
      moved: 11,
      empty: true,
      left: { waiting: 0, held: 0 },
      stopped: null,
    });

    const moved = await drain(jobs);
    expect(moved.map(({ Body }) => Body).sort()).toEqual([...bodies].sort());
    for (const { MessageAttributes } of moved) expect(MessageAttributes).toMatchObject(attributes);
    expect(await drain(dead)).toEqual([]);
  });
});

describe('smoke', () => {
  it('finds its bucket, waits for the result, and clears it away', async () => {
    const Bucket = `ddcolor-elastic-${STAGE}-${ACCOUNT}-${REGION}`;
    await s3.send(new CreateBucketCommand({ Bucket }));
    const picture = (background: Color) =>
      sharp({ create: { width: 50, height: 30, channels: 3, background } })
        .jpeg()
        .toBuffer();
    writeFileSync(join(folder.path, 'a.jpg'), await picture('#808080'));
    const running = start(folder.path, ['smoke', 'a.jpg', '--json', '--stage', STAGE], env);
    const keys = async () => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    };
    const [key = ''] = await until(keys, ({ length }) => length === 1);
    expect(key).toMatch(/^incoming\/smoke\/[\w-]{22}\/a\.jpg$/);
    const result = key.replace('incoming/', 'results/');
    await s3.send(new PutObjectCommand({ Bucket, Key: result, Body: await picture('#a06040') }));
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(json(ended)).toMatchObject({ outcome: 'coloured', bucket: Bucket, key, left: [] });
    expect(await keys()).toEqual([key]);
  });
});

describe('--local', () => {
  const ROOT = resolve(import.meta.dirname, '../..');
  /** A checkout of its own: the real one may have a run. */
  const checkout = new Folder();
  beforeAll(() => {
    for (const name of ['bin', 'cli', 'client', 'colour', 'contract', 'lib', 'local', 'lambda']) {
      cpSync(join(ROOT, name), join(checkout.path, name), { recursive: true });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(checkout.path, 'node_modules'));
    mkdirSync(join(checkout.path, '.local'));
    checkout.write({
      'package.json': '{"type":"module"}',
      'entry.ts':
        "import { main } from './cli/commands.ts';\nprocess.exitCode = await main(process.argv.slice(2));\n",
    });
  });
  afterAll(() => checkout.remove());

  const local = (...args: string[]) =>
    new Promise<Ended>((done) => {
      const own = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
      const child = spawn(
        process.execPath,
        ['--import', import.meta.resolve('tsx'), join(checkout.path, 'entry.ts'), ...args, '--local'],
        // Nothing of an account: neither region nor credentials.
        {
          env: {
            ...Object.fromEntries(own),
            HOME: folder.path,
            AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
          },
        },
      );
      const said = { out: '', err: '' };
      child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
      child.once('close', (code) => done({ code, ...said }));
    });

  it('is what runs on this machine, or says that nothing does', async () => {
    expect(await local('status')).toEqual({
      code: 1,
      out: '',
      err: '--local: nothing runs on this machine; start one with: npm start -- --keep\n',
    });
    const running = {
      ...{
        pid: process.pid,
        stage: 'local',
        stack: 'DDColorElastic-local',
        account: ACCOUNT,
        region: REGION,
      },
      ...{ endpoint, autoScalingEndpoint: endpoint },
    };
    checkout.write({ '.local/running.json': JSON.stringify(running) });
    await keep(fresh());
    const status = await local('status', '--json');
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(json(status)).toMatchObject({
      ...{ stage: 'local', fleet: { max: 7 }, missing: [] },
      // Nobody measures it there.
      queue: { oldestSeconds: null },
    });
    expect(await local('pause', 'both')).toMatchObject({ code: 0, err: '' });
    expect(fromItem(await kept()).controls).toEqual({ pauseScaleOut: {}, pauseScaleIn: {} });
  });
});
