/** From the bucket to a rule of the event bus, with everything between as it is deployed. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { Scope } from '../../../../common/scope.ts';
import { photoRecordKey } from '../../../../contract/gateway.ts';
import { apiPhotoId, failedKey, resultKey } from '../../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { createdPhotoSchema } from '../../../../contract/photo-api.ts';
import { webhookSchema } from '../../../../contract/webhook.ts';
import { Receiver } from '../../outcome-events/support/receiver.ts';
import { until } from '../../../support/wait.ts';
import { deployed } from '../support/deployed.ts';
import { EventRule, notification } from '../support/event-rule.ts';

const PHOTOS = [
  'incoming/events/a.jpg',
  'bulk/events/b.jpg',
  'sidelined/events/c.jpg',
  'bulk/api/fQVVjq8l5akCGUXBjuiEhQ',
];
const FAILED = 'incoming/events/c';

/** As a worker writes it. */
const outcome = (Key: string, Body: string) =>
  new PutObjectCommand({
    ...{ Bucket: deployed.jwt.bucket, Key, Body },
    Metadata: { 'source-etag': 'p1', 'trace-id': 'ab'.repeat(16), 'waited-seconds': '2' },
  });

const bearer = (sub: string) => ({ authorization: `Bearer ${deployed.issuer.token(sub)}` });
const JSON_TYPE = { 'content-type': 'application/json' };

/** A request of a caller to the API of the stage with tokens. */
const call = (sub: string, method: string, path: string, body?: object) =>
  fetch(`${deployed.jwt.url}${path}`, {
    method,
    headers: { ...bearer(sub), ...JSON_TYPE },
    ...(body && { body: JSON.stringify(body) }),
  });

async function announce(sub: string): Promise<string> {
  const answer = await call(sub, 'POST', 'photos', { name: 'a.jpg', type: 'image/jpeg', size: 1 });
  return createdPhotoSchema.parse(await answer.json()).id;
}

function webhookTests(): void {
  it('a webhook has the events of its caller’s photos, signed, and no others', async () => {
    const { s3 } = deployed;
    const scope = new Scope();
    const ann = await Receiver.start(scope);
    const bob = await Receiver.start(scope);
    for (const [sub, receiver] of Object.entries({ ann, bob })) {
      const answer = await call(sub, 'PUT', 'webhooks/all', { url: receiver.url });
      expect(answer.status).toBe(201);
      receiver.key = webhookSchema.parse(await answer.json()).secret ?? '';
      expect(await (await call(sub, 'GET', 'webhooks')).text()).not.toContain(receiver.key.slice(6));
    }
    // Down at first: what is not delivered is tried again.
    ann.status = 500;
    const ids = [await announce('ann'), await announce('ann'), await announce('bob')];
    for (const id of ids) await s3.send(outcome(resultKey(`incoming/api/${id}`), 'result'));
    await s3.send(outcome(resultKey('incoming/events/of-nobody.jpg'), 'result'));
    await until(
      () => bob.accepted.length,
      (count) => count === 1,
    );
    await until(
      () => ann.refused,
      (count) => count >= 3,
    );
    ann.status = 204;
    await until(
      () => new Set(ann.accepted.map(({ id }) => id)).size,
      (count) => count === 2,
    );
    const photos = (receiver: Receiver) =>
      [...new Set(receiver.accepted.map(({ data }) => data.photo.id))].sort();
    expect([photos(ann), photos(bob)]).toEqual([ids.slice(0, 2).sort(), ids.slice(2)]);
    expect([ann.forged, bob.forged]).toEqual([0, 0]);
    // The other caller's webhook is not there for this one.
    expect((await call('bob', 'DELETE', 'webhooks/other')).status).toBe(404);
    expect((await call('ann', 'DELETE', 'webhooks/all')).status).toBe(204);
    expect((await call('ann', 'GET', 'webhooks/all')).status).toBe(404);
    expect((await call('bob', 'GET', 'webhooks/all')).status).toBe(200);
    await scope.close();
  });

  it.each(['https://10.0.0.1/x', 'http://example.com', 'https://metadata.internal/'])(
    '%s is no receiver: 400',
    async (url) => expect((await call('ann', 'PUT', 'webhooks/bad', { url })).status).toBe(400),
  );

  it('of a caller without a token: 401', async () => {
    for (const [method, path] of [
      ['GET', 'webhooks'],
      ['PUT', 'webhooks/a'],
      ['DELETE', 'webhooks/a'],
    ])
      expect(
        (
          await fetch(`${deployed.jwt.url}${path}`, {
            method,
            headers: JSON_TYPE,
            ...(method === 'PUT' && { body: '{}' }),
          })
        ).status,
      ).toBe(401);
  });
}

export function outcomeEventTests(): void {
  webhookTests();

  it('reach a rule of the bus: of all queues, results and failures, with one id at each sending', async () => {
    const { documents, endpoint, jwt, s3, sqs } = deployed;
    const rule = await EventRule.on(endpoint, jwt.eventBus, 'events');
    const record = { ...{ code: 'too-large', message: 'Large.', retryable: false }, key: FAILED, etag: 'p1' };
    // The API's photos that have no record are deleted.
    const id = photoRecordKey(apiPhotoId(PHOTOS.at(-1)!)!);
    await documents.send(new PutCommand({ TableName: jwt.table, Item: { id, owner: 'jwt:zoe' } }));
    for (const photo of [...PHOTOS, 'incoming/api/aQVVjq8l5akCGUXBjuiEhQ'])
      await s3.send(outcome(resultKey(photo), 'result'));
    await s3.send(outcome(failedKey(FAILED), JSON.stringify(record)));
    // None of these is an outcome of a photo.
    await s3.send(new PutObjectCommand({ Bucket: jwt.bucket, Key: 'results/events/by-hand', Body: 'x' }));
    await s3.send(outcome('incoming/events/d', 'x'));

    const events: OutcomeEvent[] = [];
    const arrive = (count: number) =>
      until(
        async () => events.push(...(await rule.drain())),
        (arrived) => arrived >= count,
      );
    await arrive(PHOTOS.length + 1);
    const byKey = new Map(events.map((event) => [event.data.photo.key, event]));
    expect([...byKey.keys()].sort()).toEqual([...PHOTOS, FAILED].sort());
    expect(byKey.get(PHOTOS.at(-1)!)?.data).toMatchObject({
      photo: { id: 'fQVVjq8l5akCGUXBjuiEhQ' },
      ...{ waitedSeconds: 2, workedSeconds: null },
    });
    // S3 and SQS deliver at least once.
    for (const key of [...PHOTOS.map(resultKey), failedKey(FAILED)]) {
      const MessageBody = JSON.stringify(notification(jwt.bucket, key));
      await sqs.send(new SendMessageCommand({ QueueUrl: jwt.outcomeQueue, MessageBody }));
    }
    await arrive(2 * (PHOTOS.length + 1));
    expect(
      events
        .slice(PHOTOS.length + 1)
        .map(({ data }) => data.photo.key)
        .sort(),
    ).toEqual([...byKey.keys()].sort());
    for (const event of events) expect(event).toEqual(byKey.get(event.data.photo.key));
  });
}
