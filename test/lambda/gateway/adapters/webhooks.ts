/** Webhooks and their deliveries: one suite for memory and DynamoDB, and the replay of dead ones over SQS. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { redrive } from '../../../../cli/redrive/run.ts';
import { replayOf } from '../../../../cli/webhook/replay.ts';
import {
  DELIVERY_EXPIRY,
  DELIVERY_INDEXES,
  DELIVERY_KEYS,
  GIVE_UP_SECONDS,
  wakeSchema,
  WEBHOOK_KEYS,
} from '../../../../contract/webhook.ts';
import { DynamoPhotoRegistry } from '../../../../lambda/gateway/aws/registry.ts';
import { DynamoWebhookRegistry } from '../../../../lambda/gateway/aws/webhook-registry.ts';
import type { WebhookRegistry } from '../../../../lambda/gateway/webhooks.ts';
import { DynamoDeliveryStore } from '../../../../lambda/outcome-events/aws/delivery-table.ts';
import { DynamoWebhookStore } from '../../../../lambda/outcome-events/aws/webhook-table.ts';
import type {
  Delivery,
  DeliveryStore,
  WebhookStore,
} from '../../../../lambda/outcome-events/webhooks/ports.ts';
import { MemoryDeliveries, MemoryWebhooks, webhookOf } from '../../outcome-events/support/memory.ts';
import { awsConfig, documents, newId, record, TABLE } from '../support/aws.ts';
import { MemoryWebhookRegistry } from '../support/webhooks.ts';

const WEBHOOKS = 'webhooks';
const DELIVERIES = 'deliveries';

async function createTables(): Promise<void> {
  const tables = [
    { TableName: WEBHOOKS, keys: WEBHOOK_KEYS, indexes: {} },
    { TableName: DELIVERIES, keys: DELIVERY_KEYS, indexes: DELIVERY_INDEXES },
  ];
  for (const { TableName, keys, indexes } of tables) {
    const sorted = Object.entries(indexes);
    const keyOf = (sort: string) => [
      { AttributeName: keys.partition, KeyType: 'HASH' as const },
      { AttributeName: sort, KeyType: 'RANGE' as const },
    ];
    await documents.send(
      new CreateTableCommand({
        ...{ TableName, KeySchema: keyOf(keys.sort), BillingMode: 'PAY_PER_REQUEST' },
        AttributeDefinitions: [
          ...[keys.partition, keys.sort].map((AttributeName) => ({
            AttributeName,
            AttributeType: 'S' as const,
          })),
          ...sorted.map(([, AttributeName]) => ({ AttributeName, AttributeType: 'N' as const })),
        ],
        ...(sorted.length > 0 && {
          LocalSecondaryIndexes: sorted.map(([IndexName, sort]) => ({
            ...{ IndexName, KeySchema: keyOf(sort), Projection: { ProjectionType: 'ALL' as const } },
          })),
        }),
      }),
    );
  }
}

interface Made {
  registry: WebhookRegistry;
  webhooks: WebhookStore & { all(): AsyncIterable<{ id: string }> };
  deliveries: DeliveryStore;
}

const inMemory = (): Made => {
  const registry = new MemoryWebhookRegistry();
  const webhooks = new MemoryWebhooks();
  Object.assign(webhooks, { stored: registry.stored });
  return { registry, webhooks, deliveries: new MemoryDeliveries() };
};
const inDynamo = (): Made => ({
  registry: new DynamoWebhookRegistry(documents, WEBHOOKS),
  webhooks: new DynamoWebhookStore(documents, WEBHOOKS),
  deliveries: new DynamoDeliveryStore(documents, DELIVERIES),
});

export function webhookTests(): void {
  beforeAll(createTables);

  describe.each<[string, () => Made]>([
    ['memory', inMemory],
    ['DynamoDB', inDynamo],
  ])('webhooks: %s', (_name, make) => {
    let made: Made;
    let owner: string;
    beforeEach(() => {
      made = make();
      owner = newId();
    });
    const stored = (id = 'a', more = {}) => webhookOf(id, { owner, target: newId(), createdAt: 1, ...more });

    it('are listed by owner, made once and removed', async () => {
      const { registry, webhooks } = made;
      const [a, b] = [stored('a'), stored('b')];
      expect([await registry.create(a), await registry.create(b), await registry.create(a)]).toEqual([
        true,
        true,
        false,
      ]);
      expect((await registry.list(owner)).map(({ id }) => id)).toEqual(['a', 'b']);
      expect(await webhooks.list(owner)).toEqual([a, b]);
      expect(await registry.list(newId())).toEqual([]);
      await registry.remove(owner, 'a');
      expect([await registry.get(owner, 'a'), await registry.get(owner, 'b')]).toEqual([undefined, b]);
      const all: string[] = [];
      for await (const { id } of webhooks.all()) all.push(id);
      expect(all).toContain('b');
    });

    it('are changed by one of two requests at once', async () => {
      const { registry } = made;
      const before = stored('a', { disabledAt: 5, retryAt: 9, failures: 3 });
      await registry.create(before);
      const change = (name: string) => ({
        ...{ url: `https://${name}.example`, signing: 'hmac' as const },
        secrets: stored().secrets,
      });
      const after = await registry.change(before, change('one'));
      expect(after).toMatchObject({ url: 'https://one.example', failures: 0, target: before.target });
      expect([after?.disabledAt, after?.retryAt]).toEqual([undefined, undefined]);
      expect(await registry.change(before, change('two'))).toBeUndefined();
      expect(await registry.get(owner, 'a')).toEqual(after);
    });

    it('are held by one run at a time, until its lease ends or is given back', async () => {
      const { registry, webhooks } = made;
      await registry.create(stored('a', { failures: 2, lastSuccessAt: 3 }));
      const wake = { owner, id: 'a' };
      const held = await webhooks.acquire(wake, 100, 150, 102);
      expect(held).toMatchObject({ id: 'a', leaseUntil: 150, failures: 2 });
      expect(await webhooks.acquire(wake, 149, 200, 151)).toBeUndefined();
      await webhooks.release(held!, {
        failures: 4,
        retryAt: 300,
        wakeAt: 301,
        lastFailure: { at: 120, reason: 'x' },
      });
      expect(await webhooks.acquire(wake, 200, 250, 202)).toBeUndefined();
      const again = await webhooks.acquire(wake, 299, 350, 301);
      expect(again).toMatchObject({
        failures: 4,
        lastSuccessAt: 3,
        lastFailure: { reason: 'x' },
        wakeAt: 301,
      });
      // A run that died: its lease ends, and it gives nothing back of what another holds.
      const next = await webhooks.acquire(wake, 351, 400, 353);
      expect(next?.leaseUntil).toBe(400);
      await webhooks.release(again!, { failures: 99, retryAt: undefined, wakeAt: undefined });
      await webhooks.release(next!, { failures: 0, retryAt: undefined, wakeAt: undefined });
      const [last] = await webhooks.list(owner);
      expect(last).toMatchObject({ failures: 0, lastSuccessAt: 3 });
      for (const gone of ['leaseUntil', 'retryAt', 'wakeAt']) expect(last).not.toHaveProperty(gone);
      expect(await webhooks.acquire({ owner, id: 'none' }, 1, 2, 3)).toBeUndefined();
    });

    it('that are changed during a run have nothing of what the run saw before', async () => {
      const { registry, webhooks } = made;
      await registry.create(stored());
      const wake = { owner, id: 'a' };
      const held = (await webhooks.acquire(wake, 100, 150, 102))!;
      const change = { url: 'https://b.example', signing: held.signing, secrets: held.secrets };
      const after = await registry.change(held, change);
      await webhooks.release(held, { failures: 1, retryAt: 300, wakeAt: 301, disabledAt: 120 });
      expect(await registry.get(owner, 'a')).toEqual(after);
      expect(await webhooks.acquire(wake, 121, 171, 123)).toMatchObject({ url: change.url, failures: 0 });
    });

    it('have deliveries by the time at which they are due, and by age', async () => {
      const { deliveries } = made;
      const target = newId();
      const of = (event: string, createdAt: number, dueAt: number): Delivery => ({
        ...{ target, event, body: '{"ä":1}', attempts: 0, createdAt, dueAt },
      });
      const [a, b, c] = [of('a', 1, 30), of('b', 2, 10.5), of('c', 3, 20)];
      for (const one of [a, b, c, { ...a, dueAt: 5, body: 'other' }]) await deliveries.add(one);
      expect(await deliveries.next(target)).toEqual(b);
      expect(await deliveries.due(target, 20, 10)).toEqual([b, c]);
      expect(await deliveries.due(target, 100, 1)).toEqual([b]);
      expect(await deliveries.olderThan(target, 2, 10)).toEqual([a, b]);
      expect(await deliveries.newest(target, 2)).toEqual([c, b]);
      expect([await deliveries.count(target), await deliveries.count(newId())]).toEqual([3, 0]);
      await deliveries.postpone(b, 40, 7);
      expect(await deliveries.due(target, 100, 10)).toEqual([c, a, { ...b, dueAt: 40, attempts: 7 }]);
      await deliveries.remove(c);
      await deliveries.remove(c);
      await deliveries.postpone(c, 1, 1);
      expect((await deliveries.due(target, 100, 10)).map(({ event }) => event)).toEqual(['a', 'b']);
      expect(await deliveries.next(newId())).toBeUndefined();
    });
  });

  it('a delivery expires days after it is given up, for the webhook that was deleted', async () => {
    const sent = { attempts: 0, createdAt: 100.5, dueAt: 1 };
    const delivery = { target: newId(), event: 'evt', body: '{}', ...sent };
    await new DynamoDeliveryStore(documents, DELIVERIES).add(delivery);
    const Key = { target: delivery.target, event: delivery.event };
    const { Item } = await documents.send(new GetCommand({ TableName: DELIVERIES, Key }));
    expect(Item).toEqual({ ...delivery, [DELIVERY_EXPIRY]: 101 + 3 * GIVE_UP_SECONDS });
  });

  it('a replay moves dead deliveries to their webhook’s, and drops those of none and of deleted photos', async () => {
    const config = awsConfig();
    const sqs = new SQSClient(config);
    const [deadLetterUrl = '', wakeUrl = ''] = await Promise.all(
      ['dead', 'wakes'].map(
        async (QueueName) => (await sqs.send(new CreateQueueCommand({ QueueName }))).QueueUrl,
      ),
    );
    const { registry, deliveries } = inDynamo();
    const owner = newId();
    const webhook = webhookOf('a', { owner, target: newId() });
    await registry.create(webhook);
    const photos = new DynamoPhotoRegistry(documents, TABLE);
    const [kept, deleted, removed] = [record(), record(), record()];
    for (const photo of [kept, deleted]) await photos.put(photo);
    await photos.markDeleted(deleted.id, { deletedAt: 1 });
    const dead = (id: string, event: string, photo = kept) => {
      const body = JSON.stringify({ data: { photo: { id: photo.id } } });
      return JSON.stringify({ owner, id, event, body, attempts: 300, reason: 'status 500' });
    };
    for (const MessageBody of [
      ...[dead('a', 'evt-1'), dead('a', 'evt-2'), dead('gone', 'evt-3'), 'hello'],
      ...[dead('a', 'evt-4', deleted), dead('a', 'evt-5', removed)],
    ])
      await sqs.send(new SendMessageCommand({ QueueUrl: deadLetterUrl, MessageBody }));
    let dropped = 0;
    const resources = {
      deadLetterUrl,
      wakeUrl,
      webhookTable: WEBHOOKS,
      deliveryTable: DELIVERIES,
      recordTable: TABLE,
    };
    const { signal } = new AbortController();
    const clients = {
      ...config,
      maxAttempts: 1,
      requestHandler: { connectionTimeout: 5000, socketTimeout: 5000 },
    };
    const queue = replayOf(clients, resources, { signal, now: () => 1000, dropped: () => dropped++ });
    const { moved, failure } = await redrive(queue, {
      limit: 100,
      dryRun: false,
      signal,
      progress: () => undefined,
    });
    expect([moved.length, failure, dropped]).toEqual([6, undefined, 4]);
    const due = await deliveries.due(webhook.target, 1000, 10);
    expect(due.map(({ event, attempts, createdAt }) => [event, attempts, createdAt]).sort()).toEqual([
      ['evt-1', 0, 1000],
      ['evt-2', 0, 1000],
    ]);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: wakeUrl }));
    expect(wakeSchema.parse(JSON.parse(Messages[0]?.Body ?? ''))).toEqual({ owner, id: 'a' });
    expect(await queue.left()).toEqual({ waiting: 0, held: 0 });
  });
}
