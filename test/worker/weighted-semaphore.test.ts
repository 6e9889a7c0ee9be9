/** The weighted semaphore: order and size of grants, and cancellation of waiters. */
import { describe, expect, it } from 'vitest';
import { CancelledBeforeStart, WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a weighted semaphore', () => {
  /** Callers by name: current holders, and cancelled waiters. */
  function callers(semaphore: WeightedSemaphore) {
    const releases = new Map<string, () => void>();
    const controller = new AbortController();
    const cancelled: string[] = [];
    const acquire = (name: string, weight?: number) =>
      void semaphore.acquire(weight, controller.signal).then(
        (release) => releases.set(name, release),
        (error: unknown) => {
          if (error instanceof CancelledBeforeStart) cancelled.push(`${name}: ${error.message}`);
        },
      );
    const release = async (name: string) => {
      releases.get(name)?.();
      releases.delete(name);
      await settled();
    };
    return { acquire, release, controller, cancelled, holders: () => [...releases.keys()] };
  }

  it('grants as many as its capacity, in order', async () => {
    const { acquire, release, holders } = callers(new WeightedSemaphore(2));
    for (const name of ['a', 'b', 'c', 'd']) acquire(name);
    await settled();
    expect(holders()).toEqual(['a', 'b']);
    await release('b');
    expect(holders()).toEqual(['a', 'c']);
  });

  it('grants a weight above its capacity alone, and no later waiter overtakes it', async () => {
    const { acquire, release, holders } = callers(new WeightedSemaphore(10));
    acquire('small', 4);
    acquire('huge', 50);
    acquire('another small', 1);
    await settled();
    expect(holders()).toEqual(['small']);
    await release('small');
    expect(holders()).toEqual(['huge']);
    await release('huge');
    expect(holders()).toEqual(['another small']);
  });

  it('grants weights up to exactly its capacity, and frees those that are released', async () => {
    const { acquire, release, holders } = callers(new WeightedSemaphore(10));
    acquire('seven', 7);
    acquire('three', 3);
    acquire('five', 5);
    await settled();
    expect(holders()).toEqual(['seven', 'three']);
    await release('three');
    expect(holders()).toEqual(['seven']);
    await release('seven');
    expect(holders()).toEqual(['five']);
  });

  it('frees a part of a weight, and the rest at the release', async () => {
    const semaphore = new WeightedSemaphore(10);
    const release = await semaphore.acquire(8);
    const { acquire, holders } = callers(semaphore);
    acquire('five', 5);
    acquire('four', 4);
    release(6);
    release(9);
    await settled();
    expect(holders()).toEqual([]);
    release(5);
    await settled();
    expect(holders()).toEqual(['five']);
    release();
    await settled();
    expect(holders()).toEqual(['five', 'four']);
  });

  it('is free again after weights with rounding errors', async () => {
    const semaphore = new WeightedSemaphore(1);
    const releases = await Promise.all([0.1, 0.2, 0.3, 0.15].map((weight) => semaphore.acquire(weight)));
    for (const release of releases) release();
    (await semaphore.acquire(7))();
  });

  it('cancels waiters with the reason of the abort, and no holder', async () => {
    const { acquire, release, controller, cancelled, holders } = callers(new WeightedSemaphore(1));
    for (const name of ['a', 'b', 'c']) acquire(name);
    await settled();
    controller.abort('drain');
    acquire('late');
    await settled();
    expect(cancelled.sort()).toEqual(['b: drain', 'c: drain', 'late: drain']);
    expect(holders()).toEqual(['a']);
    await release('a');
    expect(holders()).toEqual([]);
  });

  it('grants those behind a cancelled one; a second release has no effect', async () => {
    const semaphore = new WeightedSemaphore(3);
    const controller = new AbortController();
    const release = await semaphore.acquire(2);
    const heavy = semaphore.acquire(3, controller.signal);
    const light = semaphore.acquire(1);
    controller.abort();
    await expect(heavy).rejects.toBeInstanceOf(CancelledBeforeStart);
    const other = await light;
    release();
    release();
    const { acquire, holders } = callers(semaphore);
    acquire('three', 3);
    await settled();
    expect(holders()).toEqual([]);
    other();
    await settled();
    expect(holders()).toEqual(['three']);
  });
});
