/**
 * A thousand outcomes through the deployed functions: each reaches a rule of the bus and a receiver at least once, always under one id and body,
 * without faults and with a receiver that fails, is slow and is down meanwhile.
 */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Scope } from '../../../common/scope.ts';
import { resultKey } from '../../../contract/keys.ts';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { createdPhotoSchema } from '../../../contract/photo-api.ts';
import { webhookSchema } from '../../../contract/webhook.ts';
import { lostEventTests } from '../gateway/deployed/lost-events.ts';
import { deploy, deployed } from '../gateway/support/deployed.ts';
import { EventRule } from '../gateway/support/event-rule.ts';
import { Receiver } from './support/receiver.ts';

const scope = new Scope();
beforeAll(() => deploy(scope), 240_000);
afterAll(() => scope.close());

describe('lost events', lostEventTests);

const COUNT = 1000;
const AT_ONCE = 20;

const call = (sub: string, method: string, path: string, body: object) =>
  fetch(`${deployed.jwt.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${deployed.issuer.token(sub)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(body),
  });

/** Callers have a quota of a hundred photos an hour. */
async function announced(count: number, name: string): Promise<string[]> {
  const ids: string[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - from) }, async (_, k) => {
      const sub = `${name}-${Math.floor((from + k) / 100)}`;
      const answer = await call(sub, 'POST', 'photos', { name: 'a.jpg', type: 'image/jpeg', size: 1 });
      return createdPhotoSchema.parse(await answer.json()).id;
    });
    ids.push(...(await Promise.all(some)));
  }
  return ids;
}

async function store(ids: readonly string[]): Promise<void> {
  for (let from = 0; from < ids.length; from += AT_ONCE)
    await Promise.all(
      ids.slice(from, from + AT_ONCE).map((id) =>
        deployed.s3.send(
          new PutObjectCommand({
            ...{ Bucket: deployed.jwt.bucket, Key: resultKey(`incoming/api/${id}`), Body: 'result' },
            Metadata: { 'source-etag': id, 'trace-id': 'ab'.repeat(16) },
          }),
        ),
      ),
    );
}

/** Receivers of the callers of one name. */
async function receiversOf(name: string, count: number): Promise<Receiver[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, k) => {
      const receiver = await Receiver.start(scope);
      const answer = await call(`${name}-${k}`, 'PUT', 'webhooks/all', { url: receiver.url });
      receiver.key = webhookSchema.parse(await answer.json()).secret ?? '';
      return receiver;
    }),
  );
}

const keysOf = (events: readonly OutcomeEvent[]) => new Set(events.map(({ data }) => data.photo.id));

describe.each<[name: string, faults: (receivers: Receiver[]) => Promise<void>]>([
  ['calm', () => Promise.resolve()],
  [
    'faulty',
    async (receivers) => {
      for (const [status, delayMs] of [
        [500, 0],
        [204, 12_000],
        [503, 0],
      ] as const) {
        for (const receiver of receivers) Object.assign(receiver, { status, delayMs });
        await new Promise((resolve) => setTimeout(resolve, 15_000));
      }
      for (const receiver of receivers) Object.assign(receiver, { status: 204, delayMs: 0 });
    },
  ],
])('a thousand outcomes, %s', (name, faults) => {
  it('reach rule and receivers, under one id and body each', async () => {
    const rule = await EventRule.on(deployed.endpoint, deployed.jwt.eventBus, `thousand-${name}`);
    const receivers = await receiversOf(name, COUNT / 100);
    const ids = await announced(COUNT, name);
    const startMs = Date.now();
    const faulty = faults(receivers);
    await store(ids);
    await faulty;
    const backMs = Date.now();
    const ofRule: OutcomeEvent[] = [];
    const accepted = () => receivers.flatMap((receiver) => receiver.accepted);
    while (keysOf(ofRule).size < COUNT || keysOf(accepted()).size < COUNT) {
      ofRule.push(...(await rule.drain()));
      expect(Date.now() - backMs).toBeLessThan(300_000);
    }
    const bodies = receivers.flatMap((receiver) => [...receiver.bodies]);
    const duplicates = { rule: ofRule.length - COUNT, receivers: accepted().length - COUNT };
    console.log(name, {
      ...duplicates,
      seconds: (Date.now() - startMs) / 1000,
      afterReturn: (Date.now() - backMs) / 1000,
    });
    expect([keysOf(ofRule), keysOf(accepted())]).toEqual([new Set(ids), new Set(ids)]);
    expect(bodies.filter(([, texts]) => texts.size !== 1)).toEqual([]);
    expect(bodies).toHaveLength(COUNT);
    expect(new Set(ofRule.map((event) => JSON.stringify(event))).size).toBe(COUNT);
    expect(receivers.map(({ forged }) => forged)).toEqual(receivers.map(() => 0));
    if (name === 'calm') expect(duplicates.rule + duplicates.receivers).toBeLessThan(COUNT / 100);
  }, 600_000);
});
