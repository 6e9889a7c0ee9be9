/** The photos that a caller has announced, by the index of the gateway's table. */
import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { z } from 'zod';
import { CALLER_INDEX, GATEWAY_KEY, photoRecordKey } from '../../../contract/gateway.ts';

const PREFIX = photoRecordKey('');
const rowSchema = z.object({ [GATEWAY_KEY]: z.string().startsWith(PREFIX) });

/**
 * Ids in the order of their announcement. The index follows the table within a second, usually.
 *
 * @param caller as the owner in a photo's record: `jwt:<sub>`, `group:<name>`, `iam:<id>`
 */
export async function* photosOfCaller(
  documents: DynamoDBDocumentClient,
  TableName: string,
  caller: string,
): AsyncGenerator<string> {
  let from: Record<string, unknown> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await documents.send(
      new QueryCommand({
        ...{ TableName, IndexName: CALLER_INDEX.name, ExclusiveStartKey: from },
        KeyConditionExpression: '#caller = :caller',
        ExpressionAttributeNames: { '#caller': CALLER_INDEX.partition },
        ExpressionAttributeValues: { ':caller': caller },
      }),
    );
    for (const { id } of z.array(rowSchema).parse(Items)) yield id.slice(PREFIX.length);
    from = LastEvaluatedKey;
  } while (from);
}
