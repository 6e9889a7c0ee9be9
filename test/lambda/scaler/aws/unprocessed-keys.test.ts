/** BatchGetItem answers a part when DynamoDB throttles: the rest is read within the tick. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { DynamoWork } from '../../../../lambda/scaler/aws/reports.ts';
import { stub } from '../support/stub-client.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('reports that DynamoDB does not get to', () => {
  const item = (instance: string) => ({
    id: { S: `work#${instance}` },
    completed: { N: '3' },
    busySeconds: { N: '18' },
  });
  const keysOf = (sent: unknown[][]) =>
    sent.map(([, input]) =>
      (input as { RequestItems: { memory: { Keys: { id: { S: string } }[] } } }).RequestItems.memory.Keys.map(
        ({ id }) => id.S,
      ),
    );
  const left = (...instances: string[]) => ({
    UnprocessedKeys: { memory: { Keys: instances.map((instance) => ({ id: { S: `work#${instance}` } })) } },
  });

  it('are read again at once', async () => {
    const { client, sent } = stub<never>(
      { Responses: { memory: [item('a')] }, ...left('b', 'c') },
      { Responses: { memory: [item('c')] }, ...left('b') },
      { Responses: { memory: [item('b')] } },
    );
    const reports = await new DynamoWork(client, 'memory', 'work#').read(['a', 'b', 'c']);
    expect(reports?.map(({ instance }) => instance)).toEqual(['a', 'c', 'b']);
    expect(keysOf(sent)).toEqual([['work#a', 'work#b', 'work#c'], ['work#b', 'work#c'], ['work#b']]);
  });

  it('are unknown after the third time, and the others are not', async () => {
    vi.useFakeTimers();
    const none = left('b');
    const { client, sent } = stub<never>(
      { Responses: { memory: [item('a')] }, ...none },
      none,
      none,
      none,
      none,
    );
    const reading = new DynamoWork(client, 'memory', 'work#').read(['a', 'b']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(new Set((await reading)?.map(({ instance }) => instance))).toEqual(new Set(['a']));
    expect(sent).toHaveLength(4);
  });
});
