/** Decisions with a bulk lane. */
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../../lambda/scaler/policy/observation.ts';
import { drive, last, repeat } from '../../support/observations.ts';

const bulk = (visible: number, inFlight = 0) => ({ bulk: { visible, inFlight } });
const idleFleet = { inService: 3, reported: { completed: 0, busySeconds: 0 } };
/** Work on bulk photos of 6 s: a report for each tick. */
const working = (ticks: number, instances: number): Partial<Observation>[] =>
  Array.from({ length: ticks }, (_, k) => {
    const done = 5 * instances * k;
    const work = { completed: done, busySeconds: 6 * done };
    return {
      ...{ inService: instances, ...bulk(400 - done, instances) },
      reported: { ...work, bulkCompleted: work.completed, bulkBusySeconds: work.busySeconds },
    };
  });

describe('a fleet with a bulk lane', () => {
  it('stays at zero until the deadline of a small album nears, and then has one instance', () => {
    const decisions = drive(repeat(90, bulk(20)));
    const first = decisions.findIndex(({ desired }) => desired > 0);
    // An hour less a fifth, a boot, and the shortest time for which one is bought.
    expect(first * 30).toBeGreaterThanOrEqual(3600 - 720 - 90 - 360 - 30);
    expect(first * 30).toBeLessThanOrEqual(3600 - 720 - 90 - 360);
    expect(decisions[first]).toMatchObject({ desired: 1, reason: 'bulk-deadline' });
    expect(last(decisions).desired).toBe(1);
  });

  it('has for a large album as many instances as its work, evenly, takes at once', () => {
    const [first] = drive([bulk(1500)]);
    // 1,500 photos of 6 s and a tenth, in an hour less a fifth and a boot.
    expect(first).toMatchObject({ desired: Math.floor((1.1 * 9000) / (2880 - 90)), reason: 'bulk-deadline' });
  });

  it('never has more than its maximum', () => {
    expect(drive([{ ...bulk(1_000_000), max: 7 }])[0]).toMatchObject({ desired: 7 });
  });

  it('keeps instances that work on bulk photos, and ends them with the album', () => {
    const decisions = drive([{ desired: 2, inService: 2, visible: 1 }, ...working(30, 2)]);
    expect(decisions.every(({ desired }) => desired >= 2)).toBe(true);
    const album = [{ desired: 2, inService: 2, visible: 1 }, ...working(30, 2)];
    const { reported } = last(album);
    const after = repeat(20, { inService: 2, ...bulk(0), ...(reported && { reported }) });
    expect(last(drive([...album, ...after])).desired).toBe(0);
  });

  it('keeps no instance for photos that have time and that none works on', () => {
    const idle = repeat(30, { ...idleFleet, ...bulk(0) });
    expect(last(drive([{ ...idleFleet, desired: 3 }, ...idle])).desired).toBe(0);
  });

  it('measures arrivals and service times of interactive photos alone', () => {
    const album = drive([{ desired: 2, inService: 2, visible: 1 }, ...working(20, 2)]);
    const none = drive([
      { desired: 2, inService: 2, visible: 1 },
      ...working(20, 2).map(({ inService }) => ({ inService, reported: { completed: 0, busySeconds: 0 } })),
    ]);
    const of = (all: typeof album) => last(all).calculation;
    expect(of(album)?.rate).toBe(of(none)?.rate);
    expect(of(album)?.serviceSeconds).toBe(6);
    expect(of(album)?.bulk?.serviceSeconds).toBeCloseTo(6, 9);
  });

  it('refuses a count that cannot be', () => {
    expect(() => drive([bulk(-1)])).toThrow('bulk visible is -1: expected a whole number from 0 to');
  });
});
