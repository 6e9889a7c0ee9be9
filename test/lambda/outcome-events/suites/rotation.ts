/** What is documented of a secret that is replaced, and of a replay, at the deployed functions. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { redrive } from '../../../../cli/redrive/run.ts';
import { replayOf } from '../../../../cli/webhook/replay.ts';
import { clientConfig } from '../../../../common/environment.ts';
import type { Scope } from '../../../../common/scope.ts';
import { DynamoDeliveryStore } from '../../../../lambda/outcome-events/aws/delivery-table.ts';
import { DynamoPhotoRecords } from '../../../../lambda/outcome-events/aws/photo-records.ts';
import { SqsDeadLetters, SqsWakeQueue } from '../../../../lambda/outcome-events/aws/webhook-queues.ts';
import { DynamoWebhookStore } from '../../../../lambda/outcome-events/aws/webhook-table.ts';
import { sweep } from '../../../../lambda/outcome-events/webhooks/sweep.ts';
import { until } from '../../../support/wait.ts';
import { deployed } from '../../gateway/support/deployed.ts';
import { announced, photosOf, receiversOf, register, storeResults } from '../support/callers.ts';

/** The sweep of the webhooks, a day later. */
async function giveUp(): Promise<void> {
  const { deadLetterUrl, wakeUrl, webhookTable, deliveryTable, recordTable } = deployed.jwt.webhooks;
  const sqs = new SQSClient(clientConfig(deployed.endpoint));
  await sweep({
    all: () => new DynamoWebhookStore(deployed.documents, webhookTable).all(),
    deliveries: new DynamoDeliveryStore(deployed.documents, deliveryTable),
    wakes: new SqsWakeQueue(sqs, wakeUrl),
    deadLetters: new SqsDeadLetters(sqs, deadLetterUrl),
    publish: () => Promise.resolve(),
    isThere: new DynamoPhotoRecords(deployed.documents, recordTable).isThere,
    now: () => Date.now() / 1000 + 86_500,
    log: () => undefined,
  });
}

async function replay(): Promise<number> {
  const { signal } = new AbortController();
  const options = { signal, now: () => Date.now() / 1000, dropped: () => undefined };
  const config = { ...clientConfig(deployed.endpoint), maxAttempts: 3 };
  const queue = replayOf(
    { ...config, requestHandler: { connectionTimeout: 5000, socketTimeout: 5000 } },
    deployed.jwt.webhooks,
    options,
  );
  const { moved } = await redrive(queue, { limit: 100, dryRun: false, signal, progress: () => undefined });
  return moved.length;
}

export function rotationTests(scope: Scope): void {
  it('a secret that is replaced holds beside the new one; the next replacement ends it', async () => {
    const [receiver] = await receiversOf(scope, 'rotation', 1);
    const first = receiver!.key;
    const ids = await announced(4, 'rotation');
    const arrived = async (k: number, key: string) => {
      receiver!.key = key;
      await storeResults([ids[k]!]);
      await until(
        () => photosOf(receiver!.accepted),
        (photos) => photos.has(ids[k]!),
      );
    };
    await arrived(0, first);
    const second = await register('rotation-0', receiver!.url, { rotate: true });
    await arrived(1, first);
    await arrived(2, second);
    expect([receiver!.forged, new Set([first, second, '']).size]).toEqual([0, 3]);
    const third = await register('rotation-0', receiver!.url, { rotate: true });
    receiver!.key = first;
    await storeResults([ids[3]!]);
    await until(
      () => receiver!.forged,
      (forged) => forged > 0,
    );
    expect(photosOf(receiver!.accepted).has(ids[3]!)).toBe(false);
    receiver!.key = third;
    await until(
      () => photosOf(receiver!.accepted),
      (photos) => photos.has(ids[3]!),
    );
  }, 120_000);

  it('a delivery that was given up comes by a replay, with its id and body', async () => {
    const [receiver] = await receiversOf(scope, 'replay', 1);
    const ids = await announced(3, 'replay');
    receiver!.status = 500;
    await storeResults(ids);
    await until(
      () => receiver!.bodies.size,
      (size) => size === ids.length,
    );
    await giveUp();
    receiver!.status = 204;
    expect(await replay()).toBe(ids.length);
    await until(
      () => photosOf(receiver!.accepted).size,
      (size) => size === ids.length,
    );
    expect([...receiver!.bodies.values()].map(({ size }) => size)).toEqual([1, 1, 1]);
  }, 120_000);
}
