/**
 * Photos that are deleted at any moment, through the deployed gateway of the whole local stack, with its workers. With `FULL` set: it waits for the scaler's
 * schedule, which fires once a minute.
 */
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PhotoApi } from '../../../client/api.ts';
import { deletePhoto } from '../../../client/delete.ts';
import { withRetries } from '../../../client/retry.ts';
import { Scope } from '../../../common/scope.ts';
import { apiPhotoId, apiPhotoKey, parseOutcomeKey } from '../../../contract/keys.ts';
import { QUEUES } from '../../../contract/lanes.ts';
import { photoLogId } from '../../../contract/trace.ts';
import { ensureVenv } from '../../../local/aws/venv.ts';
import { startStack, type LocalStack } from '../../../local/run/stack.ts';
import { photo } from '../../../tools/bench/photos.ts';

const COUNT = 72;
/** Every sixth is not deleted. */
const KEPT = 6;
const PATIENCE_MS = 300_000;
const NAME = 'Oma Müller 1931.jpg';
const abort = new AbortController().signal;

interface Sent {
  id: string;
  isKept: boolean;
  isBulk: boolean;
  answer?: 'cancelled' | 'deleted' | 'gone';
}

describe('photos that are deleted at any moment', () => {
  const scope = new Scope();
  /** By the photo's log id, as workers count them. */
  const outcomes = new Map<string, string[]>();
  let stack: LocalStack;
  let api: PhotoApi;
  let photos: Sent[];
  const Bucket = () => stack.outputs.BucketName ?? '';
  const logIdsOf = ({ id }: Sent) => QUEUES.map((queue) => photoLogId(Bucket(), apiPhotoKey(id, queue)));
  const outcomesOf = (sent: Sent) => logIdsOf(sent).flatMap((id) => outcomes.get(id) ?? []);

  function onWorkerLine(_instance: string, line: string): void {
    if (!line.includes('photo-finished')) return;
    const { photo: id, outcome } = JSON.parse(line) as { photo: string; outcome: string };
    if (outcome !== 'dropped' && outcome !== 'returned')
      outcomes.set(id, [...(outcomes.get(id) ?? []), outcome]);
  }

  async function send(k: number, body: Buffer): Promise<Sent> {
    const isBulk = k % 4 === 3;
    const created = await api.create({
      ...{ name: NAME, type: 'image/jpeg', size: body.length },
      ...(isBulk && { lane: 'bulk' as const }),
    });
    const { url, headers } = created.upload;
    expect((await fetch(url, { method: 'PUT', headers, body: new Uint8Array(body) })).status).toBe(200);
    return { id: created.id, isKept: k % KEPT === 0, isBulk };
  }

  /** Until the photo has an outcome. */
  async function finished({ id }: Sent, until: number): Promise<string> {
    while (Date.now() < until) {
      const { status, retryAfterSeconds = 1 } = await withRetries(() => api.status(id), { signal: abort });
      if (status !== 'waiting') return status;
      await sleep(Math.min(5, retryAfterSeconds) * 1000);
    }
    return 'waiting';
  }

  beforeAll(async () => {
    const python = await ensureVenv(abort, console.log);
    stack = await startStack({
      ...{ stage: 'local', comfyui: undefined, python, abort, scope },
      ...{ say: () => undefined, onWorkerLine },
    });
    api = new PhotoApi(stack.apiUrl ?? '');
  }, 240_000);
  afterAll(() => scope.close());

  it('has nothing of its uploader in the message that stays in the queue', async () => {
    const sent = await send(1, await photo(1, 0.1));
    const queue = stack.outputs.QueueUrl;
    const receive = new ReceiveMessageCommand({ QueueUrl: queue, VisibilityTimeout: 0, WaitTimeSeconds: 10 });
    const { Messages = [] } = await stack.sqs.send(receive);
    expect(Messages.map(({ Body = '' }) => Body.includes(sent.id))).toContain(true);
    expect(decodeURIComponent(Messages.map(({ Body }) => Body).join(' '))).not.toMatch(/Oma|M.ller/);
    expect(await deletePhoto(api, sent.id)).toBe('cancelled');
  }, 60_000);

  it('are cancelled or coloured, never both, and the others are coloured', async () => {
    const body = await photo(7, 0.4);
    photos = await Promise.all(Array.from({ length: COUNT }, (_, k) => send(k, body)));
    const until = Date.now() + PATIENCE_MS;
    await Promise.all(
      photos.map(async (sent, k) => {
        if (sent.isKept) return expect(await finished(sent, until)).toBe('succeeded');
        // Before the fleet has started, while it works through them, and as soon as there is an outcome.
        if (k % 3 === 0) await finished(sent, until);
        else if (k % 3 === 1) {
          while (outcomes.size < k / 6 && Date.now() < until) await sleep(20);
          await sleep(Math.random() * 400);
        } else await sleep((k / COUNT) * 6000);
        sent.answer = await deletePhoto(api, sent.id);
      }),
    );
    const deleted = photos.filter(({ isKept }) => !isKept);
    const answers = (answer: string) => deleted.filter((one) => one.answer === answer);
    console.log(`${answers('cancelled').length} cancelled, ${answers('deleted').length} deleted`);
    // Of a request whose answer is lost the repeated one finds nothing.
    expect(answers('gone').length).toBeLessThan(KEPT);
    for (const answer of ['cancelled', 'deleted']) expect(answers(answer).length, answer).toBeGreaterThan(4);
    // Workers still have some that were cancelled.
    await expect.poll(messagesLeft, { timeout: PATIENCE_MS, interval: 2000 }).toBe(0);
    for (const one of answers('cancelled')) expect(outcomesOf(one), one.id).toEqual([]);
    // A worker that meets the deletion while it looks for its photo again does not count its result.
    for (const one of [...answers('deleted'), ...answers('gone')])
      expect([[], ['succeeded']], one.id).toContainEqual(outcomesOf(one));
  }, 700_000);

  it('leave nothing in bucket and table', async () => {
    const kept = new Set(photos.filter(({ isKept }) => isKept).map(({ id }) => id));
    const { Contents = [] } = await stack.s3.send(new ListObjectsV2Command({ Bucket: Bucket() }));
    const left = Contents.map(({ Key = '', Size = 0 }) => ({ key: Key, bytes: Size }));
    const idOf = (key: string) => apiPhotoId(parseOutcomeKey(key)?.photoKey ?? key) ?? key;
    const others = left.filter(({ key }) => !kept.has(idOf(key)));
    expect(others.filter(({ bytes }) => bytes > 0)).toEqual([]);
    expect(others.filter(({ key }) => parseOutcomeKey(key))).toEqual([]);
    for (const { key } of others.slice(0, 3)) {
      const { Metadata } = await stack.s3.send(new HeadObjectCommand({ Bucket: Bucket(), Key: key }));
      expect(Metadata).toEqual({ deletion: 'done' });
    }
    const TableName = stack.outputs.GatewayTableName;
    const { Items = [] } = await stack.dynamo.send(new ScanCommand({ TableName }));
    const records = Items.map(({ id }) => id?.S ?? '').filter((id) => id.startsWith('photo#'));
    expect(records.sort()).toEqual([...kept].map((id) => `photo#${id}`).sort());
  }, 60_000);

  async function messagesLeft(): Promise<number> {
    const { QueueUrl, BulkQueueUrl, SidelinedQueueUrl } = stack.outputs;
    const counts = await Promise.all(
      [QueueUrl, BulkQueueUrl, SidelinedQueueUrl].map(async (url) => {
        const { Attributes = {} } = await stack.sqs.send(
          new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
        );
        const { ApproximateNumberOfMessages: visible, ApproximateNumberOfMessagesNotVisible: hidden } =
          Attributes;
        return Number(visible) + Number(hidden);
      }),
    );
    return counts.reduce((sum, one) => sum + one, 0);
  }
});
