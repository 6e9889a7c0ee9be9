/** Outcomes as the functions of events read and list them, and the rows of events that were sent: one suite for memory and AWS. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import { beforeAll, describe, expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../../contract/keys.ts';
import { SENT_EXPIRY, SENT_KEPT_SECONDS, SENT_KEY, sentEventKey } from '../../../../contract/sent-event.ts';
import { DynamoPhotoRegistry } from '../../../../lambda/gateway/aws/registry.ts';
import { S3OutcomeListing } from '../../../../lambda/outcome-events/aws/outcome-listing.ts';
import { S3OutcomeStore } from '../../../../lambda/outcome-events/aws/outcome-store.ts';
import { DynamoPhotoRecords } from '../../../../lambda/outcome-events/aws/photo-records.ts';
import { DynamoSentEvents } from '../../../../lambda/outcome-events/aws/sent-table.ts';
import { eventOf } from '../../../../lambda/outcome-events/event-of.ts';
import type { SweepState } from '../../../../lambda/outcome-events/lost/pass.ts';
import type { OutcomeListing } from '../../../../lambda/outcome-events/ports.ts';
import { MemoryOutcomes, MemorySentEvents, resultOf } from '../../outcome-events/support/memory-bucket.ts';
import { awsConfig, BUCKET, documents, newId, record, s3, TABLE } from '../support/aws.ts';

const SENT = 'sent-events';
const CONTEXT = { stage: 'prod', bucket: BUCKET };
/** Names that S3 takes, and XML, URLs or a reader of lists might not. */
const NAMES = ['a', 'b c+d%20', 'grün – 照片/x', '"<&>\'', 'tab\tand\u0001'];

export function outcomeTests(): void {
  beforeAll(() =>
    documents.send(
      new CreateTableCommand({
        TableName: SENT,
        KeySchema: [{ AttributeName: SENT_KEY, KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: SENT_KEY, AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    ),
  );

  describe.each<[string, (keys: string[]) => Promise<OutcomeListing>]>([
    [
      'memory',
      async (keys) => {
        const memory = new MemoryOutcomes(2);
        for (const key of keys) memory.stored.set(key, resultOf(key, Date.now() / 1000));
        return memory;
      },
    ],
    [
      'S3',
      async (keys) => {
        for (const Key of keys) await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: 'x' }));
        return new S3OutcomeListing(s3, BUCKET, 2);
      },
    ],
  ])('a list of outcomes: %s', (_name, made) => {
    it('has every object of a folder once, in pages, with its time', async () => {
      const folder = `results/${newId()}/`;
      const keys = NAMES.map((name) => folder + name);
      const listing = await made([...keys, folder.replace('results', 'failed')]);
      const found: string[] = [];
      let after: string | undefined;
      for (let isLast = false; !isLast;) {
        const page = await listing.page(folder, after);
        for (const { key, storedAt } of page.outcomes) {
          expect(Math.abs(storedAt - Date.now() / 1000)).toBeLessThan(60);
          expect(Number.isInteger(storedAt)).toBe(true);
          found.push(key);
        }
        after = page.outcomes.at(-1)?.key;
        ({ isLast } = page);
      }
      expect(found).toEqual(keys.sort());
      expect(await listing.page(`results/${newId()}/`, undefined)).toEqual({ outcomes: [], isLast: true });
    });
  });

  describe.each([
    ['memory', () => new MemorySentEvents()],
    ['DynamoDB', () => new DynamoSentEvents(documents, SENT)],
  ])('events that were sent: %s', (_name, made) => {
    it('are known by the outcome’s key, with its time', async () => {
      const sent = made();
      const keys = Array.from({ length: 101 }, () => resultKey(`incoming/${newId()}`));
      const events = keys.map((key, k) => eventOf(resultOf(key, 1_780_000_000.9 + k), CONTEXT)!);
      await sent.add(events.slice(0, 100), 5000);
      const found = await sent.sent(keys);
      expect(keys.map((key) => found.get(key))).toEqual([
        ...events.slice(0, 100).map((_, k) => 1_780_000_000 + k),
        undefined,
      ]);
    });

    it('have a state of the sweep, which has none at first', async () => {
      const sent = made();
      if (_name === 'memory') expect(await sent.read()).toBeUndefined();
      const pass = { until: 9, folder: 0, isClean: true, after: undefined };
      for (const state of [
        { doneUntil: 1.5, startedAt: 2 },
        { doneUntil: 1.5, startedAt: 2, pass },
        { doneUntil: 1.5, startedAt: 2, pass: { ...pass, after: 'results/ä' } },
      ] satisfies SweepState[]) {
        await sent.write(state);
        expect(await sent.read()).toEqual(state);
      }
    });
  });

  it('a row of a sent event expires, and has no name', async () => {
    const key = failedKey(`incoming/${newId()}`);
    const failure = {
      code: 'too-large',
      message: '',
      retryable: false,
      key: 'incoming/x',
      etag: 'p',
    } as const;
    await new DynamoSentEvents(documents, SENT).add(
      [eventOf({ ...resultOf(key, 7), failure }, CONTEXT)!],
      5000.5,
    );
    const Key = { [SENT_KEY]: sentEventKey(key) };
    const { Item } = await documents.send(new GetCommand({ TableName: SENT, Key }));
    expect(Item).toEqual({ ...Key, storedAt: 7, [SENT_EXPIRY]: 5001 + SENT_KEPT_SECONDS });
  });

  it('the owner of a photo is the one that the gateway has recorded', async () => {
    const photo = record();
    const registry = new DynamoPhotoRegistry(documents, TABLE);
    await registry.put(photo);
    const { ownerOf, isThere } = new DynamoPhotoRecords(documents, TABLE);
    expect([await ownerOf(photo.id), await ownerOf(newId())]).toEqual([photo.owner, undefined]);
    expect([await isThere(photo.id), await isThere(newId())]).toEqual([true, false]);
    await registry.markDeleted(photo.id, { deletedAt: 1 });
    expect(await isThere(photo.id)).toBe(false);
  });

  it.each([
    [404, 'is gone'],
    [403, 'cannot be read'],
    [500, 'cannot be read'],
  ])('an outcome for which S3 answers %i %s', async (statusCode, what) => {
    const requestHandler = { handle: async () => ({ response: { statusCode, headers: {} } }) };
    const client = new S3Client({ ...awsConfig(), maxAttempts: 1, requestHandler: requestHandler as never });
    for (const kind of ['result', 'failed'] as const) {
      const read = new S3OutcomeStore(client, BUCKET).read('results/a', kind);
      if (what === 'is gone') expect(await read).toBeUndefined();
      else await expect(read).rejects.toThrow('an outcome cannot be read');
    }
  });
}
