/** PhotoRegistry: one suite for memory and DynamoDB. */
import { GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import { beforeEach, describe, expect, it } from 'vitest';
import { GATEWAY_EXPIRY, GATEWAY_KEY } from '../../../../contract/gateway.ts';
import { DynamoPhotoRegistry } from '../../../../lambda/gateway/aws/registry.ts';
import type { PhotoRegistry } from '../../../../lambda/gateway/ports.ts';
import { documents, newId, record, TABLE } from '../support/aws.ts';
import { MemoryRegistry } from '../support/memory.ts';

export function registryTests(): void {
  describe.each<[string, () => PhotoRegistry]>([
    ['memory', () => new MemoryRegistry()],
    ['DynamoDB', () => new DynamoPhotoRegistry(documents, TABLE)],
  ])('PhotoRegistry: %s', (_name, make) => {
    let registry: PhotoRegistry;
    beforeEach(() => {
      registry = make();
    });

    it('has no unknown photo', async () => {
      expect(await registry.get(newId())).toBeUndefined();
    });

    it('returns a photo right after it was put', async () => {
      const all = Array.from({ length: 10 }, (_, k) =>
        record({
          name: `${k}.png`,
          type: 'image/png',
          ...(k % 2 === 0
            ? { lane: 'bulk' as const }
            : { sidelined: true, counter: { key: 'unfinished#x', endsAt: 5 } }),
        }),
      );
      for (const one of all) {
        await registry.put(one);
        expect(await registry.get(one.id)).toEqual(one);
      }
      expect(await Promise.all(all.map(({ id }) => registry.get(id)))).toEqual(all);
    });

    it('rounds the expiry up to whole seconds', async () => {
      const one = record({ expiresAt: 1_782_994_800.25 });
      await registry.put(one);
      expect(await registry.get(one.id)).toEqual({ ...one, expiresAt: 1_782_994_801 });
    });

    it('rejects an id that exists', async () => {
      const first = record();
      await registry.put(first);
      await expect(registry.put({ ...first, owner: 'jwt:karl', name: 'other.jpg' })).rejects.toThrow();
      expect(await registry.get(first.id)).toEqual(first);
    });

    it('stores one of many photos with the same id', async () => {
      const id = newId();
      const all = Array.from({ length: 8 }, (_, k) => record({ id, owner: `jwt:${k}` }));
      const results = await Promise.allSettled(all.map((one) => registry.put(one)));
      const put = all.filter((_, k) => results[k]?.status === 'fulfilled');
      expect(put).toHaveLength(1);
      expect(await registry.get(id)).toEqual(put[0]);
    });

    const window = (limit: number, key = `count#${newId()}#1780315200`) => ({
      key,
      limit,
      counters: 1,
      endsAt: 1_780_318_800,
    });

    it('counts to the limit, with 20 calls at once', async () => {
      const seven = window(7);
      const counted = await Promise.all(Array.from({ length: 20 }, () => registry.countPhoto(seven)));
      expect(counted.filter(Boolean)).toHaveLength(7);
      expect(await registry.countPhoto(seven)).toBe(false);
    });

    it('does not count above the limit', async () => {
      const seven = window(7);
      for (let k = 0; k < 7; k++) expect(await registry.countPhoto(seven)).toBe(true);
      for (let k = 0; k < 5; k++) expect(await registry.countPhoto(seven)).toBe(false);
      const eight = window(8, seven.key);
      expect([await registry.countPhoto(eight), await registry.countPhoto(eight)]).toEqual([true, false]);
    });

    it('counts each window separately', async () => {
      const [one, other] = [window(1), window(2)];
      expect(await registry.countPhoto(one)).toBe(true);
      expect(await registry.countPhoto(one)).toBe(false);
      expect([await registry.countPhoto(other), await registry.countPhoto(other)]).toEqual([true, true]);
      expect(await registry.countPhoto(other)).toBe(false);
    });

    it('counts to the limit over several counters, with 20 calls at once', async () => {
      const seven = { ...window(7), counters: 3 };
      const counted = await Promise.all(Array.from({ length: 20 }, () => registry.countPhoto(seven)));
      expect(counted.filter(Boolean)).toHaveLength(7);
      expect(await registry.countPhoto(seven)).toBe(false);
      expect(await registry.countPhoto({ ...seven, limit: 9 })).toBe(true);
    });

    it('keeps photos and counters apart', async () => {
      const one = record();
      await registry.put(one);
      expect(await registry.countPhoto(window(1, `count#${one.id}#0`))).toBe(true);
      expect(await registry.get(`count#${one.id}#0`)).toBeUndefined();
      expect(await registry.get(one.id)).toEqual(one);
    });
  });

  describe('DynamoPhotoRegistry', () => {
    const item = async (key: string) =>
      (await documents.send(new GetCommand({ TableName: TABLE, Key: { [GATEWAY_KEY]: key } }))).Item;

    it('writes a time to live in whole seconds', async () => {
      const registry = new DynamoPhotoRegistry(documents, TABLE);
      const one = record({ expiresAt: 1_782_994_800.25 });
      await registry.put(one);
      await registry.countPhoto({ key: 'count#marked#0', limit: 3, counters: 1, endsAt: 86_400 });
      expect(await item(`photo#${one.id}`)).toMatchObject({ [GATEWAY_EXPIRY]: 1_782_994_801 });
      expect(await item('count#marked#0')).toMatchObject({ [GATEWAY_EXPIRY]: 86_400 });
    });

    it('throws for a damaged record', async () => {
      const id = newId();
      await documents.send(
        new PutCommand({ TableName: TABLE, Item: { [GATEWAY_KEY]: `photo#${id}`, name: 'x.jpg' } }),
      );
      await expect(new DynamoPhotoRegistry(documents, TABLE).get(id)).rejects.toThrow(/owner/);
    });

    it('throws for a missing table', async () => {
      const registry = new DynamoPhotoRegistry(documents, 'elsewhere');
      await expect(registry.get(newId())).rejects.toThrow();
      await expect(
        registry.countPhoto({ key: 'count#x#0', limit: 3, counters: 1, endsAt: 86_400 }),
      ).rejects.toThrow();
    });
  });
}
