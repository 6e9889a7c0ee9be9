/** The sweep of lost events, as it is deployed: the first run is the deployed function's; a later one has its ports and its code, and another clock. */
import {
  GetBucketNotificationConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { clientConfig } from '../../../../common/environment.ts';
import { resultKey } from '../../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../../contract/outcome-event.ts';
import { EventBus } from '../../../../lambda/outcome-events/aws/event-bus.ts';
import { S3OutcomeListing } from '../../../../lambda/outcome-events/aws/outcome-listing.ts';
import { S3OutcomeStore } from '../../../../lambda/outcome-events/aws/outcome-store.ts';
import { DynamoSentEvents } from '../../../../lambda/outcome-events/aws/sent-table.ts';
import { findLost } from '../../../../lambda/outcome-events/lost/find-lost.ts';
import { signedFetch } from '../../../support/signed-fetch.ts';
import { until } from '../../../support/wait.ts';
import { deployed } from '../support/deployed.ts';
import { EventRule } from '../support/event-rule.ts';

const HOURS_LATER = 9;

const sent = () => new DynamoSentEvents(deployed.documents, deployed.jwt.sentTable);

async function invokeSweep(): Promise<void> {
  const answer = await signedFetch(deployed.endpoint, {
    ...{ service: 'lambda', method: 'POST', body: '{}' },
    path: `/2015-03-31/functions/${deployed.jwt.sweepFunction}/invocations`,
  });
  expect([answer.status, answer.headers.get('x-amz-function-error')]).toEqual([200, null]);
}

/** @returns how many it has found */
async function sweepLater(hours: number): Promise<number> {
  const { endpoint, s3, jwt } = deployed;
  const { credentials, region } = clientConfig(endpoint);
  const bus = new EventBus({ name: jwt.eventBus, region, endpoint, credentials });
  let found = 0;
  await findLost({
    context: { stage: 'jwt', bucket: jwt.bucket },
    store: new S3OutcomeStore(s3, jwt.bucket),
    // Several pages.
    listing: new S3OutcomeListing(s3, jwt.bucket, 3),
    ...{ destinations: [bus], sent: sent(), sweep: sent() },
    now: () => Date.now() / 1000 + hours * 3600,
    log: () => undefined,
    publish: async (count) => void (found += count),
  });
  return found;
}

async function store(name: string): Promise<string> {
  const Key = resultKey(`incoming/lost/${name}`);
  const place = { Bucket: deployed.jwt.bucket, Key };
  await deployed.s3.send(new PutObjectCommand({ ...place, Body: name, Metadata: { 'source-etag': 'p' } }));
  return Key;
}

export function lostEventTests(): void {
  it('an outcome of which S3 did not notify has its event by the sweep; no other has a second one', async () => {
    const { s3, jwt } = deployed;
    const Bucket = jwt.bucket;
    await invokeSweep();
    const first = await sent().read();
    expect(first).toEqual({ doneUntil: first?.startedAt, startedAt: expect.any(Number) as number });
    const rule = await EventRule.on(deployed.endpoint, jwt.eventBus, 'lost');
    const { $metadata: _, ...configuration } = await s3.send(
      new GetBucketNotificationConfigurationCommand({ Bucket }),
    );
    expect(configuration.QueueConfigurations).not.toEqual([]);
    const kept = await store('kept');
    const notify = (NotificationConfiguration: object) =>
      s3.send(new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration }));
    await notify({});
    const lost = await store('a b+ä.jpg');
    await notify(configuration);
    const events: OutcomeEvent[] = [];
    await until(
      async () => events.push(...(await rule.drain())),
      (count) => count === 1,
    );
    // Its row is written once the event is sent.
    await until(
      () => sent().sent([kept, lost]),
      (rows) => rows.has(kept),
    );
    expect([await sweepLater(HOURS_LATER), await sweepLater(2 * HOURS_LATER)]).toEqual([1, 0]);
    events.push(...(await rule.drain()));
    expect(events.map(({ data }) => 'result' in data && data.result.key)).toEqual([kept, lost]);
    expect((await sent().read())?.doneUntil).toBeGreaterThan(first!.doneUntil);
  });
}
