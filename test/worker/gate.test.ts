/** Who is let through when, and how the time of those who are within is counted. */
import { describe, expect, it } from 'vitest';
import { BusyTime } from '../../worker/telemetry/busy-time.ts';
import { CalledAway, Gate } from '../../worker/photo/gate.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('a gate', () => {
  /** Enters with a name; the names of those within, and a way out for each. */
  function visitors(gate: Gate) {
    const within = new Map<string, () => void>();
    const away = new AbortController();
    const called: string[] = [];
    const enter = (name: string, weight?: number) =>
      void gate.enter(weight, away.signal).then(
        (leave) => within.set(name, leave),
        (error: unknown) => {
          if (error instanceof CalledAway) called.push(name);
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
    const { enter, leave, names } = visitors(new Gate(2));
    for (const name of ['a', 'b', 'c', 'd']) enter(name);
    await settled();
    expect(names()).toEqual(['a', 'b']);
    await leave('b');
    expect(names()).toEqual(['a', 'c']);
  });

  it('lets who is heavier than all the room go alone, and nobody past them', async () => {
    const { enter, leave, names } = visitors(new Gate(10));
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
    const gate = new Gate(1);
    const leaves = await Promise.all([0.1, 0.2, 0.3, 0.15].map((weight) => gate.enter(weight)));
    for (const leave of leaves) leave();
    (await gate.enter(7))();
  });

  it('calls away those who wait, and not those within', async () => {
    const { enter, leave, away, called, names } = visitors(new Gate(1));
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
    const gate = new Gate(3);
    const away = new AbortController();
    const leave = await gate.enter(2);
    const heavy = gate.enter(3, away.signal);
    const light = gate.enter(1);
    away.abort();
    await expect(heavy).rejects.toBeInstanceOf(CalledAway);
    (await light)();
    leave();
    leave();
    (await gate.enter(3))();
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
