/** Semaphore and rate limiter. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { testClock } from '../../../client/support/clock.ts';
import { RateLimiter, Semaphore } from '../../../../lambda/gateway/page/throttle.ts';

describe('Semaphore', () => {
  /** Tasks that the test completes. */
  function held(semaphore: Semaphore) {
    const began: number[] = [];
    const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
    let inside = 0;
    let most = 0;
    const enter = (k: number, isUrgent?: boolean) =>
      semaphore.run(async () => {
        began.push(k);
        most = Math.max(most, ++inside);
        try {
          await new Promise<void>((resolve, reject) => ends.set(k, { resolve, reject }));
          return k;
        } finally {
          inside--;
        }
      }, isUrgent);
    return { began, enter, end: (k: number) => ends.get(k)!, most: () => most };
  }
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };

  it.each([1, 2, 4])('runs %i tasks at once, in order', async (places) => {
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

  it('runs urgent tasks before those that came earlier', async () => {
    const { began, enter, end } = held(new Semaphore(1));
    const all = [enter(0), enter(1), enter(2, true), enter(3), enter(4, true)];
    for (const k of [0, 2, 4, 1, 3]) {
      await settled();
      expect(began.at(-1)).toBe(k);
      end(k).resolve();
    }
    await Promise.all(all);
  });

  it('always runs as many tasks as it may, for any order of starts and ends', async () => {
    const moves = fc.array(fc.constantFrom('come', 'come', 'first', 'last', 'fail'), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), moves, async (places, all) => {
        const { began, enter, end } = held(new Semaphore(places));
        const gone = new Set<number>();
        let come = 0;
        for (const move of all) {
          const inside = began.filter((k) => !gone.has(k));
          const one = move === 'last' ? inside.at(-1) : inside[0];
          if (move === 'come') enter(come++).catch(() => undefined);
          else if (one !== undefined) {
            gone.add(one);
            if (move === 'fail') end(one).reject(new Error('torn'));
            else end(one).resolve();
          }
          await settled();
          expect(began).toEqual(Array.from({ length: Math.min(come, gone.size + places) }, (_, k) => k));
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('frees its slot and rejects when a task rejects', async () => {
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

  it('frees its slot when a task throws synchronously', async () => {
    const semaphore = new Semaphore(1);
    const thrown = semaphore.run(() => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(await semaphore.run(async () => 'in')).toBe('in');
  });

  it('starts a task at once when it is idle again', async () => {
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

describe('RateLimiter', () => {
  it('starts the first call at once and spaces the others evenly', async () => {
    const clock = testClock();
    const limiter = new RateLimiter(4, clock);
    for (let k = 0; k < 3; k++) await limiter.acquire();
    expect(clock.slept).toEqual([250, 250]);
  });

  it('starts a call at once after a pause', async () => {
    const clock = testClock();
    const limiter = new RateLimiter(4, clock);
    await limiter.acquire();
    await clock.sleep(300);
    await limiter.acquire();
    expect(clock.slept).toEqual([300]);
  });

  it('rejects with the reason of the signal', async () => {
    const limiter = new RateLimiter(1, testClock());
    await limiter.acquire();
    await expect(limiter.acquire(AbortSignal.abort(new Error('removed')))).rejects.toThrow('removed');
  });
});
