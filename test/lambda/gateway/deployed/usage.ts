/** Usage: from announcements and outcomes, with everything between as it is deployed, to what the command reads. */
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { GetQueueAttributesCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { expect, it } from 'vitest';
import { failedKey, resultKey } from '../../../../contract/keys.ts';
import { createdPhotoSchema } from '../../../../contract/photo-api.ts';
import { USAGE_KEYS, usageDay, usageRows } from '../../../../contract/usage.ts';
import { until } from '../../../support/wait.ts';
import { deployed } from '../support/deployed.ts';
import { notification } from '../support/event-rule.ts';

async function announce(sub: string): Promise<string> {
  const answer = await fetch(`${deployed.jwt.url}photos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployed.issuer.token(sub)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'a.jpg', type: 'image/jpeg', size: 1 }),
  });
  return createdPhotoSchema.parse(await answer.json()).id;
}

/** As a worker writes it. */
const outcome = (Key: string, Body: string, workedSeconds?: number) =>
  new PutObjectCommand({
    ...{ Bucket: deployed.jwt.bucket, Key, Body },
    Metadata: {
      'source-etag': 'p1',
      ...(workedSeconds !== undefined && { 'worked-seconds': String(workedSeconds) }),
    },
  });

/** Around midnight, of both days. */
async function rowsSince(startMs: number) {
  const days = new Set([usageDay(startMs / 1000), usageDay(Date.now() / 1000)]);
  const pages = [...days].map((day) =>
    deployed.documents.send(
      new QueryCommand({
        TableName: deployed.jwt.usageTable,
        ConsistentRead: true,
        KeyConditionExpression: '#day = :day',
        ExpressionAttributeNames: { '#day': USAGE_KEYS.partition },
        ExpressionAttributeValues: { ':day': day },
      }),
    ),
  );
  return usageRows((await Promise.all(pages)).flatMap(({ Items = [] }) => Items));
}

export function usageTests(): void {
  it('has what each caller announced, and each outcome once', async () => {
    const { s3, sqs, jwt } = deployed;
    const startMs = Date.now();
    const ids = [await announce('usage-a'), await announce('usage-a'), await announce('usage-a')];
    const keys = ids.map((id) => `incoming/api/${id}`);
    const record = { code: 'too-large', message: 'Large.', retryable: false, key: keys[2], etag: 'p1' };
    const outcomes = [resultKey(keys[0]!), resultKey(keys[1]!), failedKey(keys[2]!)];
    await s3.send(outcome(outcomes[0]!, 'result', 1.25));
    await s3.send(outcome(outcomes[1]!, 'result', 0.5));
    await s3.send(outcome(outcomes[2]!, JSON.stringify(record)));
    const numbersOf = async (sub: string) => {
      const rows = (await rowsSince(startMs)).filter(({ caller }) => caller === `jwt:${sub}`);
      const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
      return {
        accepted: sum(({ accepted }) => accepted ?? 0),
        coloured: sum(({ coloured }) => coloured),
        failed: sum(({ failed }) => failed),
        workedSeconds: sum(({ workedSeconds }) => workedSeconds),
        untimed: sum(({ untimed }) => untimed),
      };
    };
    const expected = { accepted: 3, coloured: 2, failed: 1, workedSeconds: 1.75, untimed: 1 };
    await until(
      () => numbersOf('usage-a'),
      ({ coloured, failed }) => coloured + failed >= 3,
    );
    // S3 and SQS deliver at least once.
    for (const key of [...outcomes, ...outcomes])
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: jwt.outcomeQueue,
          MessageBody: JSON.stringify(notification(jwt.bucket, key)),
        }),
      );
    const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
    await until(
      async () => {
        const get = new GetQueueAttributesCommand({
          QueueUrl: jwt.outcomeQueue,
          AttributeNames: [...COUNTS],
        });
        const { Attributes } = await sqs.send(get);
        return COUNTS.map((name) => Attributes?.[name]).join();
      },
      (counts) => counts === '0,0',
    );
    expect(await numbersOf('usage-a')).toEqual(expected);
  });
}
