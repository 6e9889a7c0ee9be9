/** From the bucket to a rule of the event bus, with everything between as it is deployed. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { until } from '../../../support/wait.ts';
import { deployed } from '../support/deployed.ts';
import { EventRule } from '../support/event-rule.ts';

const PHOTOS = ['incoming/told/a.jpg', 'bulk/told/b.jpg', 'bulk/api/fQVVjq8l5akCGUXBjuiEhQ'];
const FAILED = 'incoming/told/c';

/** As a worker writes it. */
const outcome = (Key: string, Body: string) =>
  new PutObjectCommand({
    ...{ Bucket: deployed.jwt.bucket, Key, Body },
    Metadata: { 'source-etag': 'p1', 'trace-id': 'ab'.repeat(16), 'waited-seconds': '2' },
  });

/** As S3 notifies of an object. */
const notification = (bucket: string, key: string) => ({
  Records: [
    {
      ...{ eventName: 'ObjectCreated:Put', eventTime: '2026-11-29T00:00:00Z' },
      s3: { bucket: { name: bucket }, object: { key: encodeURIComponent(key) } },
    },
  ],
});

export function outcomeEventTests(): void {
  it('reach a rule of the bus: of both lanes, results and failures, with one id at each sending', async () => {
    const { endpoint, jwt, s3, sqs } = deployed;
    const rule = await EventRule.on(endpoint, jwt.eventBus, 'told');
    const record = { ...{ code: 'too-large', message: 'Large.', retryable: false }, key: FAILED, etag: 'p1' };
    for (const photo of PHOTOS) await s3.send(outcome(resultKey(photo), 'result'));
    await s3.send(outcome(failedKey(FAILED), JSON.stringify(record)));
    // None of these is an outcome of a photo.
    await s3.send(new PutObjectCommand({ Bucket: jwt.bucket, Key: 'results/told/by-hand', Body: 'x' }));
    await s3.send(outcome('incoming/told/d', 'x'));

    const events: OutcomeEvent[] = [];
    const arrive = (count: number) =>
      until(
        async () => events.push(...(await rule.drain())),
        (arrived) => arrived >= count,
      );
    await arrive(4);
    const byKey = new Map(events.map((event) => [event.data.photo.key, event]));
    expect([...byKey.keys()].sort()).toEqual([...PHOTOS, FAILED].sort());
    expect(byKey.get(PHOTOS[2]!)?.data).toMatchObject({
      photo: { id: 'fQVVjq8l5akCGUXBjuiEhQ' },
      ...{ waitedSeconds: 2, workedSeconds: null },
    });
    // S3 and SQS deliver at least once.
    for (const key of [...PHOTOS.map(resultKey), failedKey(FAILED)]) {
      const MessageBody = JSON.stringify(notification(jwt.bucket, key));
      await sqs.send(new SendMessageCommand({ QueueUrl: jwt.outcomeQueue, MessageBody }));
    }
    await arrive(8);
    expect(
      events
        .slice(4)
        .map(({ data }) => data.photo.key)
        .sort(),
    ).toEqual([...byKey.keys()].sort());
    for (const event of events) expect(event).toEqual(byKey.get(event.data.photo.key));
  });
}
