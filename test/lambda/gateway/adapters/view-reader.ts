/** ViewReader: one suite for memory and DynamoDB. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';
import { MEMORY_KEY, TABLE_KEY, VIEW_ATTRIBUTE } from '../../../../contract/names.ts';
import type { View } from '../../../../contract/view.ts';
import { DynamoViewReader } from '../../../../lambda/gateway/aws/view-reader.ts';
import type { ViewReader } from '../../../../lambda/gateway/ports.ts';
import { documents, SCALER_TABLE, TABLE } from '../support/aws.ts';
import { MemoryViewReader } from '../support/memory.ts';

const view: View = {
  at: 1_780_316_390.5,
  tickSeconds: 30,
  visible: 12,
  inFlight: 3,
  inService: 2,
  coming: [{ count: 2, readyAt: 1_780_316_450.25 }],
  arrivalsPerSecond: 0.25,
  serviceSeconds: 5.5,
  bootSeconds: null,
  history: [{ at: 1_780_316_390.5, backlog: 15, completed: null }],
};

interface Fixture {
  reader: ViewReader;
  /** Writes the view, as the scaler does. */
  publish: (view: unknown) => Promise<unknown>;
  clock: { now: number };
  warnings: string[];
}

const dynamoReader = async (tableName = SCALER_TABLE): Promise<Fixture> => {
  const clock = { now: 1_780_316_400 };
  const warnings: string[] = [];
  const publish = (published: unknown) =>
    documents.send(
      new PutCommand({
        TableName: SCALER_TABLE,
        Item: {
          [TABLE_KEY]: MEMORY_KEY,
          policy: { lastOutAt: 90 },
          ...(published === undefined ? {} : { [VIEW_ATTRIBUTE]: published }),
        },
      }),
    );
  await publish(undefined);
  const warn = (error: string) => warnings.push(error);
  return {
    reader: new DynamoViewReader(documents, tableName, () => clock.now, warn),
    publish,
    clock,
    warnings,
  };
};

export function viewReaderTests(): void {
  describe.each<[string, () => Promise<Fixture>]>([
    [
      'memory',
      async () => {
        const reader = new MemoryViewReader();
        const publish = async (published: unknown) => (reader.view = published as View);
        return { reader, publish, clock: { now: 0 }, warnings: [] };
      },
    ],
    ['DynamoDB', () => dynamoReader()],
  ])('ViewReader: %s', (_name, make) => {
    it('has no view before the first one is published', async () => {
      const { reader, warnings } = await make();
      expect(await reader.read()).toBeUndefined();
      expect(warnings).toEqual([]);
    });

    it('has the last published view', async () => {
      const { reader, publish, clock } = await make();
      await publish(view);
      expect(await reader.read()).toEqual(view);
      await publish({ ...view, visible: 13 });
      clock.now += 2;
      expect(await reader.read()).toEqual({ ...view, visible: 13 });
    });
  });

  describe('DynamoViewReader', () => {
    it('has no view before the scaler has run', async () => {
      const { reader, warnings } = await dynamoReader();
      const emptyTable = new DynamoViewReader(
        documents,
        TABLE,
        () => 0,
        (error) => warnings.push(error),
      );
      expect([await reader.read(), await emptyTable.read()]).toEqual([undefined, undefined]);
      expect(warnings).toEqual([]);
    });

    it.each<[string, View | undefined]>([
      ['a view', view],
      ['no view', undefined],
    ])('reads again after two seconds, having read %s', async (_case, first) => {
      const { reader, publish, clock } = await dynamoReader();
      await publish(first);
      expect(await reader.read()).toEqual(first);
      await publish({ ...view, visible: 99 });
      clock.now += 1.99;
      expect(await reader.read()).toEqual(first);
      clock.now += 0.01;
      expect(await reader.read()).toEqual({ ...view, visible: 99 });
    });

    it.each([
      ['an invalid view', { at: 'now' }],
      ['a view with an impossible count', { ...view, visible: -1 }],
      ['text', 'view'],
    ])('warns once and has no view for %s', async (_case, published) => {
      const { reader, publish, clock, warnings } = await dynamoReader();
      await publish(published);
      expect([await reader.read(), await reader.read()]).toEqual([undefined, undefined]);
      expect(warnings).toHaveLength(1);
      await publish(view);
      clock.now += 2;
      expect(await reader.read()).toEqual(view);
      expect(warnings).toHaveLength(1);
    });

    it('warns and has no view when the table cannot be read', async () => {
      const { reader, warnings } = await dynamoReader('elsewhere');
      expect(await reader.read()).toBeUndefined();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(/\w/);
    });
  });
}
