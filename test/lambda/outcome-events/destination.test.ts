/** Webhooks and usage as destinations: whose an event is, what becomes of it, and when it counts as sent. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import { ownerDigest } from '../../../contract/webhook.ts';
import { DynamoUsageStore } from '../../../lambda/outcome-events/aws/usage-table.ts';
import { sumOf, UsageDestination } from '../../../lambda/outcome-events/usage/destination.ts';
import { WebhookDestination } from '../../../lambda/outcome-events/webhooks/destination.ts';
import { eventBusTests } from './suites/event-bus.ts';
import { MemoryUsage } from './support/memory-usage.ts';
import { MemoryDeliveries, MemoryWakes, MemoryWebhooks, webhookOf } from './support/memory.ts';

const event = { id: 'evt_1', data: { photo: { id: 'photo' } } } as OutcomeEvent;

it.each([false, true])(
  'an event is a delivery of each webhook that is on; queue away: %s',
  async (isAway) => {
    const owner = ownerDigest('ann');
    const webhooks = new MemoryWebhooks([
      webhookOf('on', { owner }),
      webhookOf('off', { owner, disabledAt: 1 }),
      webhookOf('other'),
    ]);
    const deliveries = new MemoryDeliveries();
    const wakes = new MemoryWakes(
      () => 5,
      () => {
        if (isAway) throw new Error('away');
      },
    );
    const destination = new WebhookDestination({
      ...{ webhooks, deliveries, wakes, ownerOf: async () => 'ann', now: () => 5 },
    });
    // Without its wake an event is not sent: SQS delivers the message again.
    expect([...(await destination.send([event]))]).toEqual(isAway ? ['evt_1'] : []);
    expect([...deliveries.stored.keys()]).toEqual(['target-on/evt_1']);
    expect(wakes.messages).toEqual(isAway ? [] : [{ wake: { owner, id: 'on' }, at: 5 }]);
  },
);

describe('usage', () => {
  const DAY = '2026-11-29';
  const outcome = (id: string, photo: string | null, more: object = {}, time = `${DAY}T23:59:59.999Z`) =>
    ({
      ...{ id, type: 'photo.coloured', timestamp: time },
      data: { photo: { id: photo }, workedSeconds: 1.5, ...more },
    }) as OutcomeEvent;
  const OWNERS: Record<string, string> = { p1: 'jwt:ann', p2: 'jwt:ann', p3: 'group:museum' };
  const destinationOf = (store: MemoryUsage | { count: () => Promise<never> }) => {
    const lines: Record<string, unknown>[] = [];
    const ownerOf = async (id: string) => {
      if (id === 'away') throw new Error('throttled');
      return OWNERS[id];
    };
    return { lines, usage: new UsageDestination({ ownerOf, store, log: (line) => lines.push(line) }) };
  };

  it('has each outcome once, by the caller that announced its photo and the day of the outcome', async () => {
    const store = new MemoryUsage();
    const { usage, lines } = destinationOf(store);
    const failed = { ...outcome('e3', 'p3', { workedSeconds: null }), type: 'photo.failed' } as OutcomeEvent;
    const events = [
      ...[outcome('e1', 'p1'), outcome('e2', 'p2'), failed, outcome('e4', null), outcome('e5', 'gone')],
      outcome('e6', 'p1', {}, '2026-11-30T00:00:00.000Z'),
    ];
    for (const some of [events, events.slice(2), events]) expect([...(await usage.send(some))]).toEqual([]);
    const row = (caller: string, accepted: number | null, coloured: number) => ({
      ...{ day: DAY, caller, accepted, coloured, failed: 1 - Math.min(1, coloured) },
      ...{ workedSeconds: 1.5 * coloured, untimed: 1 - Math.min(1, coloured) },
    });
    expect(store.rows(DAY)).toEqual([
      ...[row('jwt:ann', 0, 2), row('group:museum', 0, 0), row('direct', null, 1), row('unknown', null, 1)],
    ]);
    expect(store.rows('2026-11-30')).toMatchObject([{ caller: 'jwt:ann', coloured: 1 }]);
    expect(lines).toHaveLength(5);
    // A caller may be a name.
    expect(JSON.stringify(lines)).not.toMatch(/ann|museum/);
  });

  it('an outcome whose caller cannot be read, or that cannot be counted, is not sent', async () => {
    const { usage } = destinationOf(new MemoryUsage());
    expect([...(await usage.send([outcome('e1', 'away'), outcome('e2', 'p1')]))]).toEqual(['e1']);
    const down = destinationOf({ count: () => Promise.reject(new Error('down')) });
    expect([...(await down.usage.send([outcome('e1', null), outcome('e2', 'p1')]))]).toEqual(['e1', 'e2']);
    expect(down.lines).toMatchObject([{ message: 'usage-unavailable', error: 'down' }, {}]);
  });

  it('a sum has no more digits than its parts, and what is unknown is in none', () => {
    const parts = [0.1, 0.2, null].map((workedSeconds, k) => ({
      event: `e${k}`,
      isColoured: true,
      workedSeconds,
    }));
    expect(sumOf(parts)).toEqual({ coloured: 3, failed: 0, workedSeconds: 0.3, untimed: 1 });
  });

  const conflict = (...codes: string[]) =>
    new TransactionCanceledException({
      ...{ message: 'cancelled', $metadata: {} },
      CancellationReasons: codes.map((Code) => ({ Code })),
    });
  const CONFLICT = conflict('None', 'None', 'TransactionConflict');
  const ONE_COUNTED = conflict('ConditionalCheckFailed', 'None', 'None');

  it.each<[what: string, answers: (Error | undefined)[], counted: string[] | RegExp, pauses: number]>([
    ['waits for another function', [CONFLICT, CONFLICT], ['a', 'b'], 2],
    ['leaves out what is counted', [ONE_COUNTED], ['b'], 0],
    ['does both', [CONFLICT, ONE_COUNTED, CONFLICT], ['b'], 2],
    ['gives up in the end', Array.from({ length: 100 }, () => CONFLICT), /cancelled/, 11],
    ['does not repeat another error', [new Error('denied')], /denied/, 0],
  ])('the table %s', async (_what, answers, counted, pauses) => {
    const sent: number[] = [];
    const documents = {
      send: async ({ input }: { input: { TransactItems: unknown[] } }) => {
        sent.push(input.TransactItems.length);
        const answer = answers[sent.length - 1];
        if (answer) throw answer;
      },
    } as unknown as DynamoDBDocumentClient;
    const attempts: number[] = [];
    const pause = async (attempt: number) => attempts.push(attempt);
    const store = new DynamoUsageStore(documents, 'usage', { now: () => 0, pause });
    const outcomes = ['a', 'b'].map((id) => ({ event: id, isColoured: true, workedSeconds: 1 }));
    const result = store.count(DAY, 'jwt:ann', outcomes);
    if (counted instanceof RegExp) await expect(result).rejects.toThrow(counted);
    else expect((await result).map(({ event: id }) => id)).toEqual(counted);
    expect(attempts).toHaveLength(pauses);
  });
});

describe('the event bus', eventBusTests);
