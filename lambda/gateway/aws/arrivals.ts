/** Counts the announced photos of each ten seconds in the gateway's table. What fails is reported, and leaves an estimate without them. */
import { GetCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { GATEWAY_EXPIRY, GATEWAY_KEY } from '../../../contract/gateway.ts';
import { ITEM_SECONDS, itemOf, SLOT_SECONDS, slotOf, type Slot } from '../announced.ts';
import type { ArrivalCounter } from '../ports.ts';

/** Clients poll more often than a burst changes. */
const CACHE_SECONDS = 2;
/** An item is kept for as long as it may be read, and a little. */
const KEPT_SECONDS = 600;

const keyOf = (item: number) => `arrivals#${item}`;
const attributeOf = (slot: number) => `s${(slot - itemOf(slot)) / SLOT_SECONDS}`;

export class DynamoArrivalCounter implements ArrivalCounter {
  private last: { at: number; slots: Slot[] } | undefined;

  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly warn: (error: string) => void,
  ) {}

  async count(at: number) {
    const attribute = attributeOf(slotOf(at));
    try {
      const { Attributes } = await this.documents.send(
        new UpdateCommand({
          TableName: this.tableName,
          Key: { [GATEWAY_KEY]: keyOf(itemOf(at)) },
          UpdateExpression: 'ADD #slot :one SET #expiry = :end',
          ExpressionAttributeNames: { '#slot': attribute, '#expiry': GATEWAY_EXPIRY },
          ExpressionAttributeValues: { ':one': 1, ':end': itemOf(at) + KEPT_SECONDS },
          ReturnValues: 'UPDATED_NEW',
        }),
      );
      return Number(Attributes?.[attribute]);
    } catch (error) {
      this.warn((error as Error).message);
      return undefined;
    }
  }

  async read(at: number) {
    const { last } = this;
    if (last && at >= last.at && at - last.at < CACHE_SECONDS) return last.slots;
    const items = [itemOf(at) - ITEM_SECONDS, itemOf(at)];
    const slots = await Promise.all(items.map((item) => this.slotsOf(item, at))).catch((error: Error) => {
      this.warn(error.message);
      return [];
    });
    this.last = { at, slots: slots.flat() };
    return this.last.slots;
  }

  private async slotsOf(item: number, upTo: number): Promise<Slot[]> {
    const { Item } = await this.documents.send(
      new GetCommand({ TableName: this.tableName, Key: { [GATEWAY_KEY]: keyOf(item) } }),
    );
    const starts = Array.from({ length: ITEM_SECONDS / SLOT_SECONDS }, (_, k) => item + k * SLOT_SECONDS);
    return starts
      .filter((slot) => slot <= upTo)
      .map((slot) => ({ at: slot, count: Number(Item?.[attributeOf(slot)] ?? 0) }));
  }
}
