/** The fault proxy between SDK clients and a local AWS. */
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProxy, type FaultProxy } from '../../../tools/chaos/proxy.ts';
import { clientConfig } from '../../../common/environment.ts';
import { Scope } from '../../../common/scope.ts';
import { startLocalAws } from '../../support/local-aws.ts';

const CLIENTS = 25;
const PHOTOS_PER_CLIENT = 6;
/** Timeout of a request during the burst. */
const REQUEST_TIMEOUT_MS = 600;
const Bucket = 'photos';
const scope = new Scope();
let proxy: FaultProxy;
let s3: S3Client;
let sqs: SQSClient;
let QueueUrl: string;

beforeAll(async () => {
  const endpoint = await startLocalAws('chaos-proxy-test', scope);
  proxy = await startProxy(endpoint, 1);
  await scope.defer(() => proxy.close());
  connect(REQUEST_TIMEOUT_MS);
  await new S3Client({ ...clientConfig(endpoint), forcePathStyle: true }).send(
    new CreateBucketCommand({ Bucket }),
  );
  const direct = new SQSClient(clientConfig(endpoint));
  for (const QueueName of ['jobs', 'empty']) await direct.send(new CreateQueueCommand({ QueueName }));
  QueueUrl = `${proxy.url}/000000000000/jobs`;
}, 60_000);
afterAll(() => scope.close());

function connect(requestTimeout: number): void {
  const requestHandler = { requestTimeout, throwOnRequestTimeout: true };
  const config = { ...clientConfig(proxy.url), requestHandler, maxAttempts: 1 };
  s3 = new S3Client({ ...config, forcePathStyle: true });
  sqs = new SQSClient(config);
}

const put = (k: number) => s3.send(new PutObjectCommand({ Bucket, Key: `${k}`, Body: `photo ${k}` }));
const get = async (k: number) =>
  (await s3.send(new GetObjectCommand({ Bucket, Key: `${k}` }))).Body?.transformToString();
const send = (k: number) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: `job ${k}` }));
const receive = (from = QueueUrl) =>
  sqs.send(new ReceiveMessageCommand({ QueueUrl: from, MaxNumberOfMessages: 1 }));

it('injects every fault during a burst, and none after the faults have stopped', async () => {
  proxy.setBurst(true);
  const handles: string[] = [];
  let failed = 0;
  const client = async (first: number) => {
    for (let k = first; k < first + PHOTOS_PER_CLIENT; k++) {
      for (const request of [() => put(k), () => get(k), () => send(k)])
        await request().catch(() => failed++);
      const { Messages = [] } = await receive().catch(() => ({ Messages: [] }));
      for (const { ReceiptHandle = '' } of Messages) handles.push(ReceiptHandle);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, k) => client(k * PHOTOS_PER_CLIENT)));
  expect(failed).toBeGreaterThan(0.2 * 3 * CLIENTS * PHOTOS_PER_CLIENT);
  for (const service of ['S3', 'SQS'])
    for (const kind of [
      'HTTP 500',
      'HTTP 503',
      'connection lost after the operation',
      'no response, not executed',
      'no response, executed',
      'late response',
    ])
      expect(proxy.counts.get(`${service}: ${kind}`), `${service}: ${kind}`).toBeGreaterThan(0);
  // A message comes twice only where another receive is under way: on a slow computer that takes more of them.
  const twice = () => handles.length - new Set(handles).size;
  for (let more = CLIENTS; more < 20 * CLIENTS && twice() === 0; more += 2)
    await Promise.all([client(more * PHOTOS_PER_CLIENT), client((more + 1) * PHOTOS_PER_CLIENT)]);
  expect(twice()).toBeGreaterThan(0);
  // Never one of another queue.
  const others = Array.from({ length: 60 }, () =>
    receive(QueueUrl.replace(/jobs$/, 'empty')).catch(() => ({ Messages: [] })),
  );
  for (const { Messages = [] } of await Promise.all(others)) expect(Messages).toEqual([]);

  const logs = new CloudWatchLogsClient({ ...clientConfig(proxy.url), maxAttempts: 1 });
  await logs.send(new DescribeLogGroupsCommand());
  proxy.setLogsDown(true);
  await expect(logs.send(new DescribeLogGroupsCommand())).rejects.toThrow('Please reduce your request rate.');

  proxy.stopFaults();
  await logs.send(new DescribeLogGroupsCommand());
  connect(30_000);
  const before = [...proxy.counts.values()].reduce((sum, count) => sum + count, 0);
  for (let k = 0; k < 20; k++) {
    await put(k);
    expect(await get(k)).toBe(`photo ${k}`);
    await send(k);
  }
  await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  proxy.setBurst(true);
  expect(await get(3)).toBe('photo 3');
  expect([...proxy.counts.values()].reduce((sum, count) => sum + count, 0)).toBe(before);
});
