/** So many at a time, in order. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../../../lambda/gateway/page/throttle.ts';

describe('the gate', () => {
  /** Work whose end the test decides. */
  function held(gate: Semaphore) {
    const began: number[] = [];
    const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
    let inside = 0;
    let most = 0;
    const enter = (k: number) =>
      gate.run(async () => {
        began.push(k);
        most = Math.max(most, ++inside);
        try {
          await new Promise<void>((resolve, reject) => ends.set(k, { resolve, reject }));
          return k;
        } finally {
          inside--;
        }
      });
    return { began, enter, end: (k: number) => ends.get(k)!, most: () => most };
  }
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  it.each([1, 2, 4])('lets %i in at a time, in order', async (places) => {
    const { began, enter, end, most } = held(new Semaphore(places));
    const all = Array.from({ length: 10 }, (_, k) => enter(k));
    for (let k = 0; k < 10; k++) {
      await settled();
      expect(began).toEqual(Array.from({ length: Math.min(10, places + k) }, (_, n) => n));
      end(k).resolve();
    }
    expect(await Promise.all(all)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(most()).toBe(places);
  });

  it('is never fuller than it may be, nor emptier than it could be, whoever comes and goes when', async () => {
    /** Somebody comes; or somebody inside, by their turn, is done or fails. */
    const moves = fc.array(fc.constantFrom('come', 'come', 'first', 'last', 'fail'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), moves, async (places, all) => {
        const { began, enter, end } = held(new Semaphore(places));
        const gone = new Set<number>();
        let come = 0;
        for (const move of all) {
          const inside = began.filter((k) => !gone.has(k));
          const who = move === 'last' ? inside.at(-1) : inside[0];
          if (move === 'come') enter(come++).catch(() => undefined);
          else if (who !== undefined) {
            gone.add(who);
            if (move === 'fail') end(who).reject(new Error('torn'));
            else end(who).resolve();
          }
          await settled();
          expect(began).toEqual(Array.from({ length: Math.min(come, gone.size + places) }, (_, k) => k));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('gives a place on when work is rejected, and says why', async () => {
    const { began, enter, end, most } = held(new Semaphore(1));
    const [first, second] = [enter(0), enter(1)];
    const why = expect(first).rejects.toThrow('torn');
    await settled();
    end(0).reject(new Error('torn'));
    await why;
    await settled();
    expect(began).toEqual([0, 1]);
    end(1).resolve();
    expect(await second).toBe(1);
    expect(most()).toBe(1);
  });

  it('gives a place on when work throws at once', async () => {
    const gate = new Semaphore(1);
    const thrown = gate.run(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(await gate.run(async () => 'in')).toBe('in');
  });

  it('lets in at once whoever comes when it is empty again', async () => {
    const { began, enter, end } = held(new Semaphore(2));
    for (let k = 0; k < 6; k++) {
      const one = enter(k);
      await settled();
      expect(began.at(-1)).toBe(k);
      end(k).resolve();
      await one;
    }
  });
});
