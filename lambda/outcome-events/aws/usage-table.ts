/**
 * Usage in DynamoDB. One transaction marks the events as counted and adds them to the item of their caller and day, so that each is counted exactly
 * once, however often its message is delivered.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { TransactWriteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import {
  COUNTED_DAYS,
  countedKey,
  outcomesKey,
  USAGE_EXPIRY,
  USAGE_KEYS,
  usageExpiry,
} from '../../../contract/usage.ts';
import { sumOf, type CountedOutcome, type UsageStore } from '../usage/destination.ts';

/** A transaction has a hundred items at most, one of which is the caller's. */
const MOST_EVENTS = 99;
/** Another function counts for the same caller at that moment: of the five that run at once, one succeeds each time. */
const MOST_TRIES = 12;
const DAY_SECONDS = 86_400;

export interface UsageTableOptions {
  /** Epoch seconds. */
  now: () => number;
  /** @param attempt from 1 on, after one that was refused */
  pause: (attempt: number) => Promise<unknown>;
}

export class DynamoUsageStore implements UsageStore {
  constructor(
    private readonly documents: DynamoDBDocumentClient,
    private readonly tableName: string,
    private readonly options: UsageTableOptions,
  ) {}

  async count(day: string, caller: string, outcomes: readonly CountedOutcome[]): Promise<CountedOutcome[]> {
    const counted: CountedOutcome[] = [];
    for (let from = 0; from < outcomes.length; from += MOST_EVENTS)
      counted.push(...(await this.countSome(day, caller, outcomes.slice(from, from + MOST_EVENTS))));
    return counted;
  }

  private async countSome(
    day: string,
    caller: string,
    outcomes: readonly CountedOutcome[],
  ): Promise<readonly CountedOutcome[]> {
    let left = outcomes;
    for (let attempt = 1; left.length > 0; attempt++) {
      try {
        await this.documents.send(this.transaction(day, caller, left));
        return left;
      } catch (error) {
        if (!(error instanceof TransactionCanceledException)) throw error;
        const { CancellationReasons: reasons = [] } = error;
        const isCounted = (k: number) => reasons[k]?.Code === 'ConditionalCheckFailed';
        const before = left.length;
        left = left.filter((_, k) => !isCounted(k));
        if (left.length < before) continue;
        if (attempt >= MOST_TRIES) throw error;
        await this.options.pause(attempt);
      }
    }
    return left;
  }

  private transaction(day: string, caller: string, outcomes: readonly CountedOutcome[]) {
    const TableName = this.tableName;
    const expiry = Math.ceil(this.options.now()) + COUNTED_DAYS * DAY_SECONDS;
    const { coloured, failed, workedSeconds, untimed } = sumOf(outcomes);
    return new TransactWriteCommand({
      TransactItems: [
        ...outcomes.map(({ event }) => ({
          Put: {
            TableName,
            Item: { ...countedKey(event), [USAGE_EXPIRY]: expiry },
            ConditionExpression: 'attribute_not_exists(#day)',
            ExpressionAttributeNames: { '#day': USAGE_KEYS.partition },
          },
        })),
        {
          Update: {
            TableName,
            Key: outcomesKey(day, caller),
            UpdateExpression:
              'ADD coloured :coloured, failed :failed, workedSeconds :seconds, untimed :untimed SET #expiry = :end',
            ExpressionAttributeNames: { '#expiry': USAGE_EXPIRY },
            ExpressionAttributeValues: {
              ...{ ':coloured': coloured, ':failed': failed, ':seconds': workedSeconds, ':untimed': untimed },
              ':end': usageExpiry(day),
            },
          },
        },
      ],
    });
  }
}
