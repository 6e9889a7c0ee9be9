/** Usage: one suite for memory and DynamoDB, with the rows as the command reads them. */
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { readUsage } from '../../../../cli/usage/aws.ts';
import { DIRECT, USAGE_KEYS, type UsageRow } from '../../../../contract/usage.ts';
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
