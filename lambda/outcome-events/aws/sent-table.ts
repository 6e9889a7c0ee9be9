/** Events that were sent, and the state of the sweep, in DynamoDB. */
import { BatchGetCommand, GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import type { OutcomeEvent } from '../../../contract/outcome-event.ts';
import {
  SENT_EXPIRY,
  SENT_KEPT_SECONDS,
  SENT_KEY,
  sentEventKey,
  SWEEP_STATE_KEY,
} from '../../../contract/sent-event.ts';
import type { SweepState } from '../lost/pass.ts';
import type { SentEvents, SweepStore } from '../ports.ts';

/** What one BatchGetItem takes. */
const MOST_KEYS = 100;
/** A table that is throttled answers a part; the SDK asks for the rest no more. */
const MOST_TRIES = 5;

const rowSchema = z.object({ [SENT_KEY]: z.string(), storedAt: z.number() });

const stateSchema = z.object({
  doneUntil: z.number(),
  startedAt: z.number(),
  pass: z
    .object({ until: z.number(), folder: z.int().min(0), after: z.string().optional(), isClean: z.boolean() })
    .optional(),
});

/** Key and time of an event's outcome. */
const outcomeOf = ({ timestamp, data }: OutcomeEvent) => ({
  key: 'result' in data ? data.result.key : data.failure.key,
  storedAt: Math.floor(Date.parse(timestamp) / 1000),
});

export class DynamoSentEvents implements SentEvents, SweepStore {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly TableName: string,
  ) {}

  async add(events: readonly OutcomeEvent[], now: number): Promise<void> {
    const { TableName } = this;
    await Promise.all(
      events.map((event) => {
        const { key, storedAt } = outcomeOf(event);
        const expiry = { [SENT_EXPIRY]: Math.ceil(now) + SENT_KEPT_SECONDS };
        const Item = { [SENT_KEY]: sentEventKey(key), storedAt, ...expiry };
        return this.documents.send(new PutCommand({ TableName, Item }));
      }),
    );
  }

  async sent(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const keyOf = new Map(keys.map((key) => [sentEventKey(key), key]));
    const found = new Map<string, number>();
    const ids = [...keyOf.keys()];
    for (let from = 0; from < ids.length; from += MOST_KEYS)
      for (const row of await this.rows(ids.slice(from, from + MOST_KEYS)))
        found.set(keyOf.get(row[SENT_KEY]) ?? '', row.storedAt);
    return found;
  }

  async read(): Promise<SweepState | undefined> {
    const Key = { [SENT_KEY]: SWEEP_STATE_KEY };
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.TableName, Key, ConsistentRead: true }),
    );
    return Item && stateSchema.parse(Item);
  }

  async write({ doneUntil, startedAt, pass }: SweepState): Promise<void> {
    const ofPass =
      pass && Object.fromEntries(Object.entries(pass).filter(([, value]) => value !== undefined));
    const Item = { [SENT_KEY]: SWEEP_STATE_KEY, doneUntil, startedAt, ...(ofPass && { pass: ofPass }) };
    await this.documents.send(new PutCommand({ TableName: this.TableName, Item }));
  }

  private async rows(ids: readonly string[]): Promise<z.infer<typeof rowSchema>[]> {
    const rows: unknown[] = [];
    let Keys: Record<string, unknown>[] = ids.map((id) => ({ [SENT_KEY]: id }));
    for (let tries = 0; Keys.length > 0; tries++) {
      if (tries === MOST_TRIES)
        throw new Error(`BatchGetItem: ${Keys.length} keys are left after ${tries} requests`);
      const { Responses, UnprocessedKeys } = await this.documents.send(
        new BatchGetCommand({ RequestItems: { [this.TableName]: { Keys } } }),
      );
      rows.push(...(Responses?.[this.TableName] ?? []));
      Keys = UnprocessedKeys?.[this.TableName]?.Keys ?? [];
    }
    return z.array(rowSchema).parse(rows);
  }
}
