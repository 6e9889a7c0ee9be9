/** `redrive`, `delete`, `smoke` and `--local` against a local AWS. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { spawn } from 'node:child_process';
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import sharp, { type Color } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromItem } from '../../lambda/scaler/memory.ts';
import { ACCOUNT, clientConfig, REGION } from '../../common/environment.ts';
import { deleteTests } from './delete/aws.ts';
import { until } from '../support/wait.ts';
import { Folder, start, type Ended } from './support/command.ts';
import { fresh, json, STAGE, stageOf } from './support/stage.ts';

const { stage, folder, operate } = stageOf('cli-operate-work-test');

describe('redrive', () => {
  const drain = async (QueueUrl: string) => {
    const found = [];
    for (;;) {
      const { Messages = [] } = await stage.sqs.send(
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

  it('moves messages unchanged, up to a limit', async () => {
    await drain(stage.jobs);
    const bodies = Array.from({ length: 23 }, (_, k) => `letter ${k}`);
    const attributes = { who: { DataType: 'String', StringValue: 'S3' } };
    for (const MessageBody of bodies) {
      await stage.sqs.send(
        new SendMessageCommand({ QueueUrl: stage.dead, MessageBody, MessageAttributes: attributes }),
      );
    }
    const dry = await operate('redrive', '--dry-run', '--json');
    expect(json(dry)).toMatchObject({ moved: 23, dryRun: true, left: { waiting: 23, held: 0 } });
    expect(await drain(stage.jobs)).toEqual([]);

    const first = await operate('redrive', '--limit', '12');
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toContain('12 messages moved back to the queue, 12 of which are not of a photo');
    expect(first.out).toContain('About 11 dead letters are left. The same command moves the next ones.');
    const second = await operate('redrive', '--json');
    expect(json(second)).toMatchObject({
      moved: 11,
      empty: true,
      left: { waiting: 0, held: 0 },
      stopped: null,
    });

    const moved = await drain(stage.jobs);
    expect(moved.map(({ Body }) => Body).sort()).toEqual([...bodies].sort());
    for (const { MessageAttributes } of moved) expect(MessageAttributes).toMatchObject(attributes);
    expect(await drain(stage.dead)).toEqual([]);
  });

  it('sends each message to the queue of its photo', async () => {
    const bodyOf = (key: string) =>
      JSON.stringify({
        Records: [
          {
            ...{ eventName: 'ObjectCreated:Put', eventTime: '2026-11-29T10:00:00.000Z' },
            s3: { bucket: { name: 'photos' }, object: { key, eTag: 'e' } },
          },
        ],
      });
    const bulk = ['bulk/a.jpg', 'bulk/Gr%C3%BC%C3%9Fe+1931.jpg'].map(bodyOf);
    const sidelined = ['sidelined/a.jpg'].map(bodyOf);
    const interactive = ['incoming/a.jpg', 'incoming/bulk/a.jpg', 'bulk/'].map(bodyOf);
    for (const MessageBody of [...bulk, ...sidelined, ...interactive])
      await stage.sqs.send(new SendMessageCommand({ QueueUrl: stage.dead, MessageBody }));
    expect(json(await operate('redrive', '--json'))).toMatchObject({ moved: 6, empty: true });
    const moved = async (url: string) => (await drain(url)).map(({ Body }) => Body).sort();
    expect(await moved(stage.bulk)).toEqual([...bulk].sort());
    expect(await moved(stage.sidelined)).toEqual(sidelined);
    expect(await moved(stage.jobs)).toEqual([...interactive].sort());
  });
});

describe('delete', () => deleteTests({ stage, folder, operate }));

describe('smoke', () => {
  it('finds its bucket, waits for the result, and deletes it', async () => {
    const Bucket = `ddcolor-elastic-${STAGE}-${ACCOUNT}-${REGION}`;
    await stage.s3.send(new CreateBucketCommand({ Bucket }));
    const picture = (background: Color) =>
      sharp({ create: { width: 50, height: 30, channels: 3, background } })
        .jpeg()
        .toBuffer();
    writeFileSync(join(folder.path, 'a.jpg'), await picture('#808080'));
    const running = start(folder.path, ['smoke', 'a.jpg', '--json', '--stage', STAGE], stage.env);
    const keys = async () => {
      const { Contents = [] } = await stage.s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key = '' }) => Key);
    };
    const [key = ''] = await until(keys, ({ length }) => length === 1);
    expect(key).toMatch(/^incoming\/smoke\/[\w-]{22}\/a\.jpg$/);
    const result = key.replace('incoming/', 'results/');
    await stage.s3.send(new PutObjectCommand({ Bucket, Key: result, Body: await picture('#a06040') }));
    const ended = await running.ended;
    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(json(ended)).toMatchObject({ outcome: 'succeeded', bucket: Bucket, key, left: [] });
    expect(await keys()).toEqual([key]);
  });
});

describe('--local', () => {
  const ROOT = resolve(import.meta.dirname, '../..');
  /** A separate checkout: the real one may have a local run. */
  const checkout = new Folder();
  beforeAll(() => {
    for (const name of ['bin', 'cli', 'client', 'colour', 'common', 'contract', 'lib', 'lambda']) {
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
        // Without region and credentials of an account.
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

  it('selects the local run, and fails when there is none', async () => {
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
        secretAccessKey: clientConfig(stage.endpoint).credentials.secretAccessKey,
        region: REGION,
      },
      ...{ endpoint: stage.endpoint, autoScalingEndpoint: stage.endpoint },
    };
    checkout.write({ '.local/running.json': JSON.stringify(running) });
    await stage.items.keep(fresh());
    const status = await local('status', '--json');
    expect(status).toMatchObject({ code: 0, err: '' });
    expect(json(status)).toMatchObject({
      ...{ stage: 'local', fleet: { max: 7 }, missing: [] },
      // The local AWS has no such metric.
      queue: { oldestSeconds: null },
    });
    expect(await local('pause', 'both')).toMatchObject({ code: 0, err: '' });
    expect(fromItem(await stage.items.kept()).controls).toEqual({ pauseScaleOut: {}, pauseScaleIn: {} });
  });
});
