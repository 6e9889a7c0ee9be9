/** Tasks of a source: never more at once than the limit, each result once, and nothing left running. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pooled } from '../../client/pooled.ts';
import { collect } from './support/collect.ts';

const turns = async (count: number) => {
  for (let k = 0; k < count; k++) await Promise.resolve();
};

it('runs at most the limit at once, takes no item without room, and yields each result once', async () => {
  const delays = fc.array(fc.nat(9), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(delays, fc.integer({ min: 1, max: 4 }), async (all, limit) => {
      let [taken, done, most] = [0, 0, 0];
      function* source() {
        for (const delay of all) {
          taken++;
          most = Math.max(most, taken - done);
          yield [taken, delay] as const;
        }
      }
      const results = await collect(
        pooled(source(), limit, undefined, async ([n, delay]) => {
          await turns(delay);
          done++;
          return n;
        }),
      );
      expect(results.sort((a, b) => a - b)).toEqual(all.map((_, k) => k + 1));
      expect(most).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 50 },
  );
});

it.each(['task', 'source'])(
  'throws the error of a %s, stops the other tasks and closes the source',
  async (where) => {
    let isClosed = false;
    function* source() {
      try {
        yield 1;
        yield 2;
        if (where === 'source') throw new Error('broken');
        yield 3;
      } finally {
        isClosed = true;
      }
    }
    const stopped: number[] = [];
    const task = async (n: number, signal: AbortSignal) => {
      if (n === 3) throw new Error('broken');
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      stopped.push(n);
      return n;
    };
    await expect(collect(pooled(source(), 5, undefined, task))).rejects.toThrow('broken');
    await turns(3);
    expect([stopped, isClosed]).toEqual([[1, 2], true]);
  },
);

it('stops its tasks when the loop is left, and takes no more', async () => {
  let taken = 0;
  function* endless() {
    for (;;) yield ++taken;
  }
  let [started, stopped] = [0, 0];
  const task = async (n: number, signal: AbortSignal) => {
    started++;
    signal.addEventListener('abort', () => stopped++);
    if (n > 1) await new Promise(() => {});
    return n;
  };
  for await (const n of pooled(endless(), 3, undefined, task)) if (n === 1) break;
  expect(taken).toBeLessThanOrEqual(4);
  expect(stopped).toBe(started);
});
