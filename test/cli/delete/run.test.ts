/** Deletions of many photos: one that fails leaves the others, and a list is looked at again. */
import { expect, it } from 'vitest';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { deleteAll, deleteListed, type Answer, type DeletePorts } from '../../../cli/delete/run.ts';
import { GATEWAY_KEY, photoRecordKey } from '../../../contract/gateway.ts';
import { photosOfCaller } from '../../../lambda/gateway/aws/caller-photos.ts';

const signal = new AbortController().signal;

function ports(answers: Record<string, Answer | Error> = {}) {
  const asked: string[] = [];
  const reported: string[] = [];
  const all: DeletePorts = {
    delete: async (id) => {
      asked.push(id);
      const answer = answers[id] ?? 'deleted';
      if (answer instanceof Error) throw answer;
      return answer;
    },
    report: ({ id }) => reported.push(id),
    signal,
  };
  return { all, asked, reported };
}

it('deletes the others where one fails', async () => {
  const { all, reported } = ports({ b: new Error('away'), c: 'cancelled' });
  const done = await deleteAll(['a', 'b', 'c'], all);
  const answers = Object.fromEntries(done.map(({ id, answer }) => [id, answer]));
  expect(answers).toEqual({ a: 'deleted', b: new Error('away'), c: 'cancelled' });
  expect(reported.sort()).toEqual(['a', 'b', 'c']);
});

it.each([
  // An index follows its table after a moment: it still has what is gone.
  ['what the list has no more', [['a', 'b'], []], ['a', 'b']],
  ['what the list still has', [['a'], ['a']], ['a']],
  ['what came meanwhile', [['a'], ['a', 'b'], ['b']], ['a', 'b']],
  [
    'what comes without end: the command can be repeated',
    [['a'], ['b'], ['c'], ['d'], ['e']],
    ['a', 'b', 'c'],
  ],
  ['none', [[]], []],
])('deletes once %s', async (_what, lists, deleted) => {
  const { all, asked } = ports();
  const later = lists.slice(1);
  await deleteListed(lists[0]!, async () => later.shift() ?? [], all);
  expect(asked).toEqual(deleted);
});

it('finds photos on each page of the index', async () => {
  const pages = [['a', 'b'], [], ['c']];
  const documents = {
    send: async ({ input: { ExclusiveStartKey = 0 } }: { input: { ExclusiveStartKey?: number } }) => ({
      Items: pages[ExclusiveStartKey]!.map((id) => ({ [GATEWAY_KEY]: photoRecordKey(id) })),
      ...(ExclusiveStartKey + 1 < pages.length && { LastEvaluatedKey: ExclusiveStartKey + 1 }),
    }),
  } as unknown as DynamoDBDocumentClient;
  const found: string[] = [];
  for await (const id of photosOfCaller(documents, 'table', 'jwt:ann')) found.push(id);
  expect(found).toEqual(['a', 'b', 'c']);
});
