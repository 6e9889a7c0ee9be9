/** ArrivalCounter: one suite for memory and DynamoDB. */
import { describe, expect, it } from 'vitest';
import { DynamoArrivalCounter } from '../../../../lambda/gateway/aws/arrivals.ts';
import type { ArrivalCounter } from '../../../../lambda/gateway/ports.ts';
import { documents, TABLE } from '../support/aws.ts';
import { MemoryArrivals } from '../support/memory.ts';

/** The start of an item, and one for each test. */
let item = 1_780_315_200;

export function arrivalTests(): void {
  const warnings: string[] = [];
  const dynamo = (table = TABLE) =>
    new DynamoArrivalCounter(documents, table, (error) => warnings.push(error));

  describe.each<[string, () => ArrivalCounter]>([
    ['memory', () => new MemoryArrivals()],
    ['DynamoDB', () => dynamo()],
  ])('ArrivalCounter: %s', (_name, make) => {
    it('gives each photo its place in its ten seconds', async () => {
      const counter = make();
      item += 1200;
      expect([await counter.count(item + 1), await counter.count(item + 9.9)]).toEqual([1, 2]);
      expect(await counter.count(item + 10)).toBe(1);
      const places = await Promise.all(Array.from({ length: 8 }, () => counter.count(item + 25)));
      expect(places.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    });

    it('has every slot of this item and the one before', async () => {
      const counter = make();
      item += 1200;
      for (const after of [-121, -115, 0, 31, 32, 55]) await counter.count(item + after);
      const read = await counter.read(item + 45);
      expect(read.map(({ at }) => at - item)).toEqual(Array.from({ length: 17 }, (_, k) => 10 * k - 120));
      expect(read.filter(({ count }) => count > 0).map(({ at, count }) => [at - item, count])).toEqual([
        [-120, 1],
        [0, 1],
        [30, 2],
      ]);
    });
  });

  it('is read again after two seconds', async () => {
    const counter = dynamo();
    item += 1200;
    const total = async (at: number) => (await counter.read(at)).reduce((sum, { count }) => sum + count, 0);
    expect(await total(item + 5)).toBe(0);
    await counter.count(item + 5);
    expect(await total(item + 6)).toBe(0);
    expect(await total(item + 7)).toBe(1);
  });

  it('without its table counts nothing, and says why', async () => {
    const counter = dynamo('no-such-table');
    warnings.length = 0;
    expect(await counter.count(item)).toBeUndefined();
    expect(await counter.read(item)).toEqual([]);
    expect(warnings).toHaveLength(2);
  });
}
