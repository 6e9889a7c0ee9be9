/** Who is let through when, and how the time of those who are within is counted. */
import { describe, expect, it } from 'vitest';
import { BusyTime } from '../../worker/telemetry/work-report.ts';
import { CancelledBeforeStart, WeightedSemaphore } from '../../worker/photo/weighted-semaphore.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  /** Enters with a name; the names of those within, and a way out for each. */
  function visitors(gate: WeightedSemaphore) {
    const within = new Map<string, () => void>();
    const away = new AbortController();
    const called: string[] = [];
    const enter = (name: string, weight?: number) =>
      void gate.acquire(weight, away.signal).then(
        (leave) => within.set(name, leave),
        (error: unknown) => {
          if (error instanceof CancelledBeforeStart) called.push(name);
        },
      );
    const leave = async (name: string) => {
      within.get(name)?.();
      within.delete(name);
      await settled();
    };
    return { enter, leave, away, called, names: () => [...within.keys()] };
  }

  it('lets through as many as there is room for, in their order', async () => {
    const { enter, leave, names } = visitors(new WeightedSemaphore(2));
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    await settled();
    expect(names()).toEqual(['a', 'b']);
    await leave('b');
    expect(names()).toEqual(['a', 'c']);
  });

  it('lets who is heavier than all the room go alone, and nobody past them', async () => {
    const { enter, leave, names } = visitors(new WeightedSemaphore(10));
    enter('small', 4);
    enter('huge', 50);
    enter('small too', 1);
    await settled();
    expect(names()).toEqual(['small']);
    await leave('small');
    expect(names()).toEqual(['huge']);
    await leave('huge');
    expect(names()).toEqual(['small too']);
  });

  it('is empty again after weights that do not add up exactly', async () => {
    const gate = new WeightedSemaphore(1);
    const leaves = await Promise.all([0.1, 0.2, 0.3, 0.15].map((weight) => gate.acquire(weight)));
    for (const leave of leaves) leave();
    (await gate.acquire(7))();
  });

  it('calls away those who wait, and not those within', async () => {
    const { enter, leave, away, called, names } = visitors(new WeightedSemaphore(1));
    for (const name of ['a', 'b', 'c']) enter(name);
    await settled();
    away.abort('the end');
    enter('late');
    await settled();
    expect(called.sort()).toEqual(['b', 'c', 'late']);
    expect(names()).toEqual(['a']);
    await leave('a');
    expect(names()).toEqual([]);
  });

  it('has room again for those behind one who was called away', async () => {
    const gate = new WeightedSemaphore(3);
    const away = new AbortController();
    const leave = await gate.acquire(2);
    const heavy = gate.acquire(3, away.signal);
    const light = gate.acquire(1);
    away.abort();
    await expect(heavy).rejects.toBeInstanceOf(CancelledBeforeStart);
    (await light)();
    leave();
    leave();
    (await gate.acquire(3))();
  });
});

describe('busy time', () => {
  it('counts seconds with at least one photo once', () => {
    let at = 0;
    const busy = new BusyTime(() => at * 1000);
    const first = busy.start();
    at = 2;
    const second = busy.start();
    at = 3;
    const told = [first()];
    at = 7;
    told.push(second());
    at = 10;
    const third = busy.start();
    at = 11;
    told.push(third());
    expect(told).toEqual([3, 4, 1]);
  });
});
