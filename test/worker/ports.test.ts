/** The worker's ports: one suite for the bucket in memory, of folders and of S3, the latter and SQS on the local AWS. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { CreateTableCommand, DynamoDBClient, type UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand, HeadObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TABLE_KEY } from '../../contract/names.ts';
import { DynamoAttempts } from '../../worker/aws/attempts.ts';
import { S3Bucket } from '../../worker/aws/bucket.ts';
import { SqsJobQueue } from '../../worker/aws/queue.ts';
import type { AttemptStore } from '../../worker/photo/attempts.ts';
import { ConditionFailed, type Bucket } from '../../worker/photo/bucket.ts';
import { clientConfig } from '../../common/environment.ts';
import { Scope } from '../../common/scope.ts';
import { fakeS3 } from '../support/fake-s3.ts';
import { startLocalAws } from '../support/local-aws.ts';
import { folderBucket, type Made } from './support/folder-bucket.ts';
import { MemoryBucket } from './support/memory.ts';

const TRACE = '0123456789abcdef0123456789abcdef';

const scope = new Scope();
let s3: S3Client;
let sqs: SQSClient;
let dynamo: DynamoDBClient;

beforeAll(async () => {
  const endpoint = await startLocalAws('worker-ports-test', scope);
  s3 = new S3Client({ ...clientConfig(endpoint), forcePathStyle: true });
  sqs = new SQSClient(clientConfig(endpoint));
  dynamo = new DynamoDBClient(clientConfig(endpoint));
}, 60_000);
afterAll(() => scope.close());

let buckets = 0;

describe.each<[string, () => Promise<Made>]>([
  [
    'memory',
    () => {
      const bucket = new MemoryBucket();
      return Promise.resolve({
        bucket,
        upload: (...object) => Promise.resolve(bucket.upload(...object)),
      });
    },
  ],
  [
    'the adapter on a fake S3',
    () => {
      const s3 = fakeS3(new Map());
      const upload: Made['upload'] = (Key, Body, Metadata) =>
        s3.send(new PutObjectCommand({ Bucket: 'photos', Key, Body, Metadata }));
      return Promise.resolve({ bucket: new S3Bucket(s3, 'photos'), upload });
    },
  ],
  ['folders', () => Promise.resolve(folderBucket(scope))],
  [
    'S3',
    async () => {
      const Bucket = `photos-${++buckets}`;
      await s3.send(new CreateBucketCommand({ Bucket }));
      const upload: Made['upload'] = (Key, Body, Metadata) =>
        s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata }));
      return { bucket: new S3Bucket(s3, Bucket), upload };
    },
  ],
])('bucket: %s', (_name, make) => {
  let bucket: Bucket;
  let upload: Made['upload'];
  beforeEach(async () => {
    ({ bucket, upload } = await make());
  });
  const key = 'incoming/Grüße aus Köln (1+1) 100%.jpg';
  const write = (text: string) => ({
    body: Buffer.from(text),
    contentType: 'text/plain',
    sourceEtag: 'of-photo',
    trace: TRACE,
  });

  it('returns undefined for a missing object', async () => {
    expect(await bucket.head(key)).toBeUndefined();
    expect(await bucket.get(key, 'any')).toBeUndefined();
    await bucket.delete(key, 'any');
  });

  it('returns a photo by its version', async () => {
    await upload(key, 'one');
    const seen = await bucket.head(key);
    expect(seen).toMatchObject({ bytes: 3, sourceEtag: undefined });
    expect(seen?.etag).toMatch(/^[0-9a-f]{32,64}$/);
    expect((await bucket.get(key, seen?.etag ?? ''))?.toString()).toBe('one');
    await upload(key, 'two');
    await expect(bucket.get(key, seen?.etag ?? '')).rejects.toBeInstanceOf(ConditionFailed);
  });

  it('returns the metadata of a photo', async () => {
    await upload(key, 'one', { sharpen: '0.5' });
    expect((await bucket.head(key))?.metadata).toEqual({ sharpen: '0.5' });
  });

  it('accepts a first write once', async () => {
    const etag = await bucket.put('results/a', write('one'), undefined);
    expect(await bucket.head('results/a')).toEqual({
      etag,
      bytes: 3,
      sourceEtag: 'of-photo',
      metadata: { 'trace-id': TRACE },
    });
    await expect(bucket.put('results/a', write('two'), undefined)).rejects.toBeInstanceOf(ConditionFailed);
  });

  it('keeps what is known of the photo beside the outcome', async () => {
    const times = { waitedSeconds: 1.25, workedSeconds: 0 };
    await bucket.put('results/a', { ...write('one'), ...times, photoKey: 'bulk/ä' }, undefined);
    expect((await bucket.head('results/a'))?.metadata).toEqual({
      ...{ 'trace-id': TRACE, 'waited-seconds': '1.25', 'worked-seconds': '0' },
      'photo-key': Buffer.from('bulk/ä').toString('base64url'),
    });
  });

  it('replaces only the expected version', async () => {
    const first = await bucket.put('results/a', write('one'), undefined);
    const second = await bucket.put('results/a', write('two'), first);
    expect(second).not.toBe(first);
    await expect(bucket.put('results/a', write('three'), first)).rejects.toBeInstanceOf(ConditionFailed);
    expect((await bucket.get('results/a', second))?.toString()).toBe('two');
  });

  it('does not create a deleted object again', async () => {
    const etag = await bucket.put('results/a', write('one'), undefined);
    await bucket.delete('results/a', etag);
    await expect(bucket.put('results/a', write('two'), etag)).rejects.toBeInstanceOf(ConditionFailed);
  });

  it('deletes only the expected version', async () => {
    const first = await bucket.put('results/a', write('one'), undefined);
    const second = await bucket.put('results/a', write('two'), first);
    await expect(bucket.delete('results/a', first)).rejects.toBeInstanceOf(ConditionFailed);
    await bucket.delete('results/a', second);
    expect(await bucket.head('results/a')).toBeUndefined();
  });
});

it('S3 keeps the content type of a result', async () => {
  await s3.send(new CreateBucketCommand({ Bucket: 'types' }));
  const write = { body: Buffer.from('x'), contentType: 'image/webp', sourceEtag: 'e', trace: TRACE };
  await new S3Bucket(s3, 'types').put('results/a', write, undefined);
  const { ContentType } = await s3.send(new HeadObjectCommand({ Bucket: 'types', Key: 'results/a' }));
  expect(ContentType).toBe('image/webp');
});

describe('queue: SQS', () => {
  let QueueUrl: string;
  let bulkUrl: string;
  let deadLetterUrl: string;
  let queue: SqsJobQueue;
  beforeEach(async () => {
    ({ QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `jobs-${++buckets}` })));
    ({ QueueUrl: bulkUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `bulk-${buckets}` })));
    ({ QueueUrl: deadLetterUrl = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `dead-${buckets}` }),
    ));
    queue = new SqsJobQueue(sqs, { interactive: QueueUrl, bulk: bulkUrl }, deadLetterUrl);
  });
  const counts = async (url = QueueUrl) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    return [Attributes?.ApproximateNumberOfMessages, Attributes?.ApproximateNumberOfMessagesNotVisible];
  };

  it('returns a message, counts its receives, and deletes it', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const message = await queue.receive('interactive', true);
    expect(message).toMatchObject({
      id: expect.stringMatching(/./) as string,
      body: 'hello',
      receiveCount: 1,
    });
    expect(Math.abs((message?.sentAtMs ?? 0) - Date.now())).toBeLessThan(60_000);
    await queue.hide(message!, 0);
    const again = await queue.receive('interactive', true);
    expect(again).toMatchObject({ id: message?.id, body: 'hello', receiveCount: 2 });
    await queue.delete(again!);
    expect(await counts()).toEqual(['0', '0']);
  });

  it('moves a message to the dead letters, with the reason', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const message = await queue.receive('interactive', true);
    await queue.deadLetter(message!, 'not-a-job');
    expect(await counts()).toEqual(['0', '0']);
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: deadLetterUrl, MessageAttributeNames: ['All'] }),
    );
    expect(Messages).toMatchObject([
      { Body: 'hello', MessageAttributes: { Reason: { StringValue: 'not-a-job' } } },
    ]);
  });

  it('receives from each queue, and keeps a message in its queue until it is deleted or dead-lettered there', async () => {
    expect(queue.queues).toEqual(['interactive', 'bulk']);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'interactive' }));
    for (const MessageBody of ['one', 'two'])
      await sqs.send(new SendMessageCommand({ QueueUrl: bulkUrl, MessageBody }));
    const first = await queue.receive('bulk', true);
    expect(first).toMatchObject({ queue: 'bulk', receiveCount: 1 });
    await queue.hide(first!, 0);
    const again = [await queue.receive('bulk', true), await queue.receive('bulk', true)];
    expect(again.map((one) => one?.body).sort()).toEqual(['one', 'two']);
    await queue.delete(again[0]!);
    await queue.deadLetter(again[1]!, 'retries-exhausted');
    expect([await counts(bulkUrl), await counts(deadLetterUrl), await counts()]).toEqual([
      ['0', '0'],
      ['1', '0'],
      ['1', '0'],
    ]);
    expect(await queue.receive('interactive', true)).toMatchObject({
      queue: 'interactive',
      body: 'interactive',
    });
    const one = new SqsJobQueue(sqs, { interactive: QueueUrl }, deadLetterUrl);
    expect(one.queues).toEqual(['interactive']);
    await expect(one.receive('bulk', false)).rejects.toThrow("there is no queue 'bulk'");
    const sidelined = new SqsJobQueue(sqs, { interactive: QueueUrl, sidelined: bulkUrl }, deadLetterUrl);
    expect(sidelined.queues).toEqual(['interactive', 'sidelined']);
  });

  it('hides a message', async () => {
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hello' }));
    const message = await queue.receive('interactive', true);
    await queue.hide(message!, 600);
    expect(await counts()).toEqual(['0', '1']);
  });
});

describe.each<[string, () => Promise<AttemptStore>]>([
  ['memory', async () => new MemoryAttempts()],
  [
    'DynamoDB',
    async () => {
      const TableName = `table-${++buckets}`;
      await dynamo.send(
        new CreateTableCommand({
          TableName,
          KeySchema: [{ AttributeName: TABLE_KEY, KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: TABLE_KEY, AttributeType: 'S' }],
          BillingMode: 'PAY_PER_REQUEST',
        }),
      );
      return new DynamoAttempts(dynamo, TableName);
    },
  ],
])('attempts: %s', (_name, make) => {
  it('are counted for each photo, with the instances of its faults', async () => {
    const store = await make();
    expect(await store.add('a', 1)).toEqual({ attempts: 1, faultedOn: [] });
    expect(await store.add('a', -1, 'i-1')).toEqual({ attempts: 0, faultedOn: ['i-1'] });
    expect(await store.add('a', 1)).toEqual({ attempts: 1, faultedOn: ['i-1'] });
    expect(await store.add('a', 0, 'i-2')).toEqual({ attempts: 1, faultedOn: ['i-1', 'i-2'] });
    expect(await store.add('b', 0)).toEqual({ attempts: 0, faultedOn: [] });
  });

  it('of two workers at once are both counted', async () => {
    const store = await make();
    const both = await Promise.all([store.add('a', 1), store.add('a', 1)]);
    expect(both.map(({ attempts }) => attempts).sort()).toEqual([1, 2]);
  });
});

it('DynamoDB deletes the attempts of a photo some days after its message', async () => {
  const send = vi.fn(async (_command: UpdateItemCommand) => ({}));
  const client = Object.assign(new DynamoDBClient({}), { send });
  await new DynamoAttempts(client, 'table', () => 1_000_000).add('a', 1);
  const { Key, ExpressionAttributeValues } = send.mock.calls[0]![0].input;
  expect(Key).toEqual({ id: { S: 'attempts#a' } });
  expect(ExpressionAttributeValues?.[':expiry']).toEqual({ N: String(1000 + 14 * 86_400) });
});
