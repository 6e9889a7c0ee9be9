/** The attempts of photos: an item of the scaler's table for each photo that was started, which DynamoDB deletes later. */
import { UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ATTEMPT_ATTRIBUTES, ATTEMPTS_KEY, TABLE_EXPIRY, TABLE_KEY } from '../../contract/names.ts';
import type { AttemptRecord, AttemptStore } from '../photo/attempts.ts';

/** Longer than SQS keeps the photo's message, seconds. */
const KEPT_SECONDS = 14 * 86_400;
/** A photo waits for its count with the ComfyUI slot that it holds. */
const ANSWER_MS = 3000;

export class DynamoAttempts implements AttemptStore {
  /** @param now epoch milliseconds */
  constructor(
    private readonly dynamo: DynamoDBClient,
    private readonly tableName: string,
    private readonly now: () => number = Date.now,
  ) {}

  async add(id: string, attempts: number, faultedOn?: string): Promise<AttemptRecord> {
    const { Attributes } = await this.dynamo.send(
      new UpdateItemCommand({
        TableName: this.tableName,
        Key: { [TABLE_KEY]: { S: ATTEMPTS_KEY + id } },
        UpdateExpression:
          'SET #expiry = :expiry, #faultedOn = list_append(if_not_exists(#faultedOn, :none), :faultedOn) ADD #attempts :attempts',
        ExpressionAttributeNames: {
          '#expiry': TABLE_EXPIRY,
          '#attempts': ATTEMPT_ATTRIBUTES.attempts,
          '#faultedOn': ATTEMPT_ATTRIBUTES.faultedOn,
        },
        ExpressionAttributeValues: {
          ':expiry': { N: String(Math.ceil(this.now() / 1000) + KEPT_SECONDS) },
          ':attempts': { N: String(attempts) },
          ':none': { L: [] },
          ':faultedOn': { L: faultedOn === undefined ? [] : [{ S: faultedOn }] },
        },
        ReturnValues: 'UPDATED_NEW',
      }),
      { abortSignal: AbortSignal.timeout(ANSWER_MS) },
    );
    const { [ATTEMPT_ATTRIBUTES.attempts]: counted, [ATTEMPT_ATTRIBUTES.faultedOn]: instances } =
      Attributes ?? {};
    return { attempts: Number(counted?.N), faultedOn: (instances?.L ?? []).map(({ S = '' }) => S) };
  }
}
