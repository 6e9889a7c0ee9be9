/** Quotas of many photos: several counters that add up to the limit, and no more writes than they save. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { DynamoDBDocumentClient, UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { DynamoPhotoRegistry } from '../../../lambda/gateway/aws/registry.ts';
import { countersOf, dailyWindow, hourlyWindow } from '../../../lambda/gateway/quotas.ts';
import { draws } from '../../../sim/random.ts';

const NOON = Date.parse('2026-06-01T12:00:00Z') / 1000;

/** A table with the counters that it has already. */
function tableWith(counts: Record<string, number> = {}) {
  const table = { counts: new Map(Object.entries(counts)), writes: 0 };
  const send = async ({ input }: { input: UpdateCommandInput }) => {
    table.writes++;
    const key = String(input.Key?.id);
    const count = table.counts.get(key) ?? 0;
    if (count >= Number(input.ExpressionAttributeValues?.[':limit']))
      throw new ConditionalCheckFailedException({ message: 'The conditional request failed', $metadata: {} });
    table.counts.set(key, count + 1);
    return {};
  };
  return { table, documents: { send } as unknown as DynamoDBDocumentClient };
}

const sumOf = (counts: Map<string, number>) => [...counts.values()].reduce((sum, one) => sum + one, 0);
const random = () => {
  const draw = draws(1, 'trace-quota');
  let drawn = 0;
  return () => draw(drawn++);
};

describe('the counters of a window', () => {
  it.each([
    [1, 1],
    [1_000_000, 1],
    [1_036_801, 2],
    [5_000_000, 5],
    [100_000_000, 32],
    [1_000_000_000, 32],
  ])('for %i photos a day are %i, whose limits add up to that', (limit, counters) => {
    const shares = countersOf(dailyWindow(NOON, limit));
    expect(shares).toHaveLength(counters);
    expect(shares.reduce((sum, one) => sum + one.limit, 0)).toBe(limit);
    expect(
      Math.max(...shares.map((one) => one.limit)) - Math.min(...shares.map((one) => one.limit)),
    ).toBeLessThan(2);
    expect(new Set(shares.map(({ key }) => key)).size).toBe(counters);
  });

  it('begin with the one that a window of a single counter has', () => {
    const [first] = countersOf(dailyWindow(NOON, 5_000_000));
    expect(first?.key).toBe(countersOf(dailyWindow(NOON, 10))[0]?.key);
  });
});

describe('a quota over several counters', () => {
  const window = { ...hourlyWindow('jwt:shop', NOON, 1000), counters: 8 };

  it('accepts exactly as many photos as its limit, and spreads their writes', async () => {
    const { table, documents } = tableWith();
    const registry = new DynamoPhotoRegistry(documents, 'gateway', random());
    let accepted = 0;
    for (let k = 0; k < 1500; k++) if (await registry.countPhoto(window)) accepted++;
    expect(accepted).toBe(1000);
    expect(sumOf(table.counts)).toBe(1000);
    expect([...table.counts.values()]).toEqual(Array.from({ length: 8 }, () => 125));
    // Each full counter is found once; a refused photo then costs no write.
    expect(table.writes).toBe(1008);
  });

  it('is not exceeded by several functions', async () => {
    const { table, documents } = tableWith();
    const draw = random();
    const functions = Array.from({ length: 5 }, () => new DynamoPhotoRegistry(documents, 'gateway', draw));
    let accepted = 0;
    for (let k = 0; k < 1500; k++) if (await functions[k % 5]!.countPhoto(window)) accepted++;
    expect([accepted, sumOf(table.counts)]).toEqual([1000, 1000]);
    expect(table.writes).toBe(1000 + 5 * 8);
  });

  it('goes on with what one counter has counted, up to its share', async () => {
    const { table, documents } = tableWith({ [window.key]: 100 });
    const registry = new DynamoPhotoRegistry(documents, 'gateway', random());
    let accepted = 0;
    for (let k = 0; k < 1500; k++) if (await registry.countPhoto(window)) accepted++;
    expect([accepted, sumOf(table.counts)]).toEqual([900, 1000]);
  });

  it('counts again when its limit rises, and in the next window', async () => {
    const { documents } = tableWith();
    const registry = new DynamoPhotoRegistry(documents, 'gateway', random());
    const small = { ...window, limit: 8 };
    for (let k = 0; k < 8; k++) expect(await registry.countPhoto(small)).toBe(true);
    expect(await registry.countPhoto(small)).toBe(false);
    expect(await registry.countPhoto({ ...small, limit: 16 })).toBe(true);
    const next = { ...hourlyWindow('jwt:shop', NOON + 3600, 8), counters: 8 };
    expect(await registry.countPhoto(next)).toBe(true);
  });

  it('forgets a full counter a day after its window', async () => {
    const { table, documents } = tableWith();
    const registry = new DynamoPhotoRegistry(documents, 'gateway', random());
    const fill = async (at: number) => {
      const writes = table.writes;
      for (let k = 0; k < 20; k++)
        await registry.countPhoto({ ...hourlyWindow('jwt:shop', at, 8), counters: 8 });
      return table.writes - writes;
    };
    expect(await fill(NOON)).toBe(16);
    expect(await fill(NOON)).toBe(0);
    expect(await fill(NOON + 26 * 3600)).toBe(16);
    expect(await fill(NOON)).toBe(8);
  });
});
