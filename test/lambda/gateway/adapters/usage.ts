/** Usage: one suite for memory and DynamoDB, with the rows as the command reads them. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { readUsage } from '../../../../cli/usage/aws.ts';
import {
  acceptedKey,
  countedKey,
  DIRECT,
  outcomesKey,
  USAGE_EXPIRY,
  USAGE_KEYS,
  type UsageRow,
} from '../../../../contract/usage.ts';
import { DynamoAcceptedPhotos } from '../../../../lambda/gateway/aws/usage.ts';
import type { AcceptedPhotos } from '../../../../lambda/gateway/ports.ts';
import { DynamoUsageStore } from '../../../../lambda/outcome-events/aws/usage-table.ts';
import type { CountedOutcome, UsageStore } from '../../../../lambda/outcome-events/usage/destination.ts';
import { MemoryUsage } from '../../outcome-events/support/memory-usage.ts';
import { awsConfig, documents } from '../support/aws.ts';

const TABLE = 'usage';
const TIMEOUTS = { connectionTimeout: 5000, socketTimeout: 20_000 };
const NOON = Date.parse('2026-11-29T12:00:00Z') / 1000;
const DAY = '2026-11-29';
let callers = 0;
let events = 0;

const outcome = (workedSeconds: number | null, isColoured = workedSeconds !== null): CountedOutcome => ({
  ...{ event: `evt_${++events}`, isColoured, workedSeconds },
});

interface Usage {
  store: UsageStore;
  accepted: AcceptedPhotos;
  rows: (day: string) => Promise<UsageRow[]>;
}

const memory = (): Usage => {
  const usage = new MemoryUsage();
  return { store: usage, accepted: usage, rows: async (day) => usage.rows(day) };
};
const dynamo = (): Usage => ({
  store: new DynamoUsageStore(documents, TABLE, { now: () => NOON, pause: async () => undefined }),
  accepted: new DynamoAcceptedPhotos(documents, TABLE),
  rows: (day) => {
    const { signal } = new AbortController();
    return readUsage(
      { config: { ...awsConfig(), maxAttempts: 1, requestHandler: TIMEOUTS } },
      TABLE,
      [day],
      signal,
    );
  },
});

export function usageTests(): void {
  beforeAll(async () => {
    await documents.send(
      new CreateTableCommand({
        TableName: TABLE,
        KeySchema: [
          { AttributeName: USAGE_KEYS.partition, KeyType: 'HASH' },
          { AttributeName: USAGE_KEYS.sort, KeyType: 'RANGE' },
        ],
        AttributeDefinitions: Object.values(USAGE_KEYS).map((AttributeName) => ({
          ...{ AttributeName, AttributeType: 'S' as const },
        })),
        BillingMode: 'PAY_PER_REQUEST',
      }),
    );
  });

  it('DynamoDB keeps the mark of an event for 60 days from then on, and the items of a day for 400', async () => {
    const [usage, one, caller] = [dynamo(), outcome(1), `jwt:${++callers}`];
    await usage.store.count(DAY, caller, [one]);
    await usage.accepted.accept(caller, NOON);
    const keys = [countedKey(one.event), outcomesKey(DAY, caller), acceptedKey(DAY, caller)];
    const items = await Promise.all(
      keys.map((Key) => documents.send(new GetCommand({ TableName: TABLE, Key }))),
    );
    const midnight = Date.parse(DAY) / 1000;
    expect(items.map(({ Item }) => Item?.[USAGE_EXPIRY] as number)).toEqual([
      NOON + 60 * 86_400,
      midnight + 400 * 86_400,
      midnight + 400 * 86_400,
    ]);
  });

  it('a day of several pages is read to its end', async () => {
    const itemOf = (caller: string) => ({
      day: { S: DAY },
      of: { S: `outcomes#${caller}` },
      coloured: { N: '1' },
    });
    const key = { day: { S: DAY }, of: { S: 'outcomes#jwt:a' } };
    const pages = [
      { Items: [itemOf('jwt:a')], LastEvaluatedKey: key },
      { Items: [], LastEvaluatedKey: key },
      { Items: [itemOf('jwt:b')] },
    ];
    const starts: unknown[] = [];
    const server = createServer((request, response) => {
      void json(request).then((body) => {
        starts.push((body as { ExclusiveStartKey?: unknown }).ExclusiveStartKey);
        response.end(JSON.stringify(pages[starts.length - 1]));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const config = { ...awsConfig(), endpoint, maxAttempts: 1, requestHandler: TIMEOUTS };
    const rows = await readUsage({ config }, TABLE, [DAY], new AbortController().signal).finally(() => {
      server.close();
      server.closeAllConnections();
    });
    expect(rows.map(({ caller }) => caller)).toEqual(['jwt:a', 'jwt:b']);
    expect(starts).toEqual([undefined, key, key]);
  });

  describe.each<[string, () => Usage]>([
    ['memory', memory],
    ['DynamoDB', dynamo],
  ])('usage: %s', (_name, make) => {
    const rowOf = async ({ rows }: Usage, caller: string) =>
      (await rows(DAY)).find((row) => row.caller === caller);

    it('counts each outcome once, however often it comes, alone or among others', async () => {
      const usage = make();
      const caller = `jwt:${++callers}`;
      const [a, b, c, d] = [outcome(1.25), outcome(0.5), outcome(null), outcome(2)];
      expect(await usage.store.count(DAY, caller, [a, b])).toEqual([a, b]);
      expect(await usage.store.count(DAY, caller, [a])).toEqual([]);
      expect(await usage.store.count(DAY, caller, [c, b, d, a])).toEqual([c, d]);
      expect(await rowOf(usage, caller)).toEqual({
        ...{ day: DAY, caller, accepted: 0, coloured: 3, failed: 1, workedSeconds: 3.75, untimed: 1 },
      });
    });

    it('adds announcements, by the day in UTC, to the same row', async () => {
      const usage = make();
      const caller = `group:${++callers}`;
      for (const at of [NOON, NOON + 12 * 3600 - 0.001, NOON + 12 * 3600, NOON])
        await usage.accepted.accept(caller, at);
      await usage.store.count(DAY, caller, [outcome(1)]);
      expect(await rowOf(usage, caller)).toMatchObject({ accepted: 3, coloured: 1 });
      expect(await usage.rows('2026-11-30')).toMatchObject([{ caller, accepted: 1, coloured: 0 }]);
    });

    it('counts many at once, and of photos without a caller no announcements', async () => {
      const usage = make();
      const all = Array.from({ length: 130 }, () => outcome(0.1));
      expect(await usage.store.count(DAY, DIRECT, all)).toHaveLength(130);
      const twice = await Promise.all(
        [all.slice(0, 3), all.slice(2)].map((some) => usage.store.count(DAY, DIRECT, some)),
      );
      expect(twice.flat()).toEqual([]);
      const { workedSeconds, ...row } = (await rowOf(usage, DIRECT))!;
      expect(row).toMatchObject({ accepted: null, coloured: 130, untimed: 0 });
      expect(workedSeconds).toBeCloseTo(13, 9);
    });
  });
}
