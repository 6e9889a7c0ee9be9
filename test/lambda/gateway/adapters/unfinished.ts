/** UnfinishedPhotos: one suite for memory and DynamoDB. */
import { describe, expect, it } from 'vitest';
import { DynamoPhotoRegistry } from '../../../../lambda/gateway/aws/registry.ts';
import { DynamoUnfinishedPhotos } from '../../../../lambda/gateway/aws/unfinished.ts';
import type { UnfinishedPhotos } from '../../../../lambda/gateway/ports.ts';
import { counterOf } from '../../../../lambda/gateway/sidelining.ts';
import { documents, TABLE } from '../support/aws.ts';
import { MemoryUnfinished } from '../support/memory.ts';

const AT = 1_780_315_200;
let callers = 0;

export function unfinishedTests(): void {
  const warnings: string[] = [];
  const dynamo = (table = TABLE) =>
    new DynamoUnfinishedPhotos(documents, table, (error) => warnings.push(error));
  const registry = () => new DynamoPhotoRegistry(documents, TABLE);
  /** A photo whose record names its counter. */
  const photoIn = async (counter = counterOf(`caller ${++callers}`, AT)) => {
    const id = `unfinished-${++callers}`;
    await registry().put({
      ...{ id, owner: 'jane', name: 'a.jpg', type: 'image/jpeg', output: 'photo', trace: '', counter },
      ...{ createdAt: AT, linkExpiresAt: AT + 900, expiresAt: AT + 9000 },
    });
    return { id, counter };
  };

  describe.each<[string, () => UnfinishedPhotos]>([
    ['memory', () => new MemoryUnfinished()],
    ['DynamoDB', () => dynamo()],
  ])('UnfinishedPhotos: %s', (_name, make) => {
    it('counts up to the limit, of each caller and window on its own, and a limit may change', async () => {
      const [port, one] = [make(), counterOf(`caller ${++callers}`, AT)];
      const enter = (limit: number) => port.enter(one, limit);
      expect([await enter(2), await enter(2), await enter(2)]).toEqual([true, true, false]);
      expect(await enter(3)).toBe(true);
      expect(await enter(1)).toBe(false);
      expect(await port.enter(counterOf(`caller ${++callers}`, AT), 1)).toBe(true);
      expect(await port.enter({ ...one, key: `${one.key}0` }, 1)).toBe(true);
    });

    it('never counts more than the limit, however many come at once', async () => {
      const [port, one] = [make(), counterOf(`caller ${++callers}`, AT)];
      const entered = await Promise.all(Array.from({ length: 12 }, () => port.enter(one, 5)));
      expect(entered.filter((is) => is === true)).toHaveLength(5);
    });

    it('lets a photo leave once, at whatever number of polls at a time', async () => {
      const port = make();
      const first = await photoIn();
      const second = await photoIn(first.counter);
      for (const _ of [first, second]) await port.enter(first.counter, 2);
      await Promise.all([port.leave(first), port.leave(first), port.leave(first)]);
      expect([await port.enter(first.counter, 2), await port.enter(first.counter, 2)]).toEqual([true, false]);
      await port.leave(second);
      expect(await port.enter(first.counter, 2)).toBe(true);
    });

    it('never counts below zero', async () => {
      const port = make();
      const photo = await photoIn();
      await port.leave(photo);
      await port.enter(photo.counter, 1);
      for (const _ of [1, 2]) await port.leave(await photoIn(photo.counter));
      expect([await port.enter(photo.counter, 1), await port.enter(photo.counter, 1)]).toEqual([true, false]);
    });
  });

  it('takes the counter out of the record, which keeps the rest', async () => {
    const photo = await photoIn();
    await dynamo().leave(photo);
    const { counter, ...rest } = (await registry().get(photo.id))!;
    expect(counter).toBeUndefined();
    expect(rest).toMatchObject({ id: photo.id, owner: 'jane', expiresAt: AT + 9000 });
  });

  it('without its table knows nothing, and says why', async () => {
    warnings.length = 0;
    const photo = await photoIn();
    const away = dynamo('no-such-table');
    expect(await away.enter(photo.counter, 1)).toBeUndefined();
    await away.leave(photo);
    expect(warnings).toHaveLength(2);
  });
}
