/** Fleets of more instances than are read: the sample stands for all, whatever order AWS lists them in. */
import { describe, expect, it } from 'vitest';
import { MOST_REPORTERS, sampleOf } from '../../../../lambda/scaler/policy/reporters.ts';
import { believe, type Belief } from '../../../../lambda/scaler/policy/reports.ts';
import { draws } from '../../../../sim/random.ts';
import { AT, TICK } from '../support/reports.ts';

const SERVICE = 6;
/** Photos of an instance in a tick. */
const EACH = TICK / SERVICE;

/** Ticks of instances that have worked for hours, listed in another order each time; only what is asked for is read. */
function driven(fleets: number[][], backlogs: number[] = []): Belief[] {
  const draw = draws(1, 'trace-order');
  let drawn = 0;
  let memory: Belief['memory'] | undefined;
  return fleets.map((fleet, k) => {
    const order = new Map(fleet.map((id) => [id, draw(drawn++)]));
    const reporters = [...fleet]
      .sort((a, b) => order.get(a)! - order.get(b)!)
      .map((id) => ({ instance: `i-${id}` }));
    const listed = sampleOf(reporters, memory).map(({ instance }) => instance);
    const asked = new Set([...listed, ...(memory?.instances ?? []).map(({ instance }) => instance)]);
    const reports = [...asked].map((instance) => ({
      instance,
      completed: EACH * (1000 + k),
      busySeconds: TICK * (1000 + k),
    }));
    const backlog = backlogs[k] ?? 0;
    const belief = believe(
      { at: AT + k * TICK, backlog, reporters, reports, serviceSeconds: SERVICE },
      memory,
    );
    ({ memory } = belief);
    return belief;
  });
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, k) => first + k);

describe('a fleet of which a sample is read', () => {
  it('has finished what all its instances have, and none is disbelieved', () => {
    const beliefs = driven(Array.from({ length: 4 }, () => from(0, 3000)));
    expect(beliefs.map(({ reported }) => reported?.completed)).toEqual([0, 15_000, 30_000, 45_000]);
    expect(beliefs.at(-1)?.reported?.busySeconds).toBe(3 * 3000 * TICK);
    expect(beliefs.flatMap(({ disbelieved }) => disbelieved)).toEqual([]);
    expect(beliefs.at(-1)?.memory.instances).toHaveLength(MOST_REPORTERS);
  });

  it('goes on as it shrinks: instances that take the place of others may have worked for hours', () => {
    const beliefs = driven([
      from(0, 3000),
      from(0, 3000),
      from(200, 2800),
      from(800, 2200),
      from(1500, 1500),
    ]);
    expect(beliefs.flatMap(({ disbelieved }) => disbelieved)).toEqual([]);
    const done = beliefs.map(({ reported }) => reported?.completed ?? NaN);
    const ofTick = done.slice(1).map((sum, k) => sum - done[k]!);
    const expected = [3000, 2800, 2200, 1500].map((size) => size * EACH);
    ofTick.forEach((photos, k) => {
      // Those that left report their last photos too.
      expect(photos).toBeGreaterThan(0.95 * expected[k]!);
      expect(photos).toBeLessThan(1.8 * expected[k]!);
    });
  });

  it('is unknown for a tick in which most of those that are read are others', () => {
    const beliefs = driven([from(0, 3000), from(0, 3000), from(2600, 400), from(2600, 400)]);
    expect(beliefs.map(({ reported }) => reported === undefined)).toEqual([false, false, true, false]);
    expect(beliefs.flatMap(({ disbelieved }) => disbelieved)).toEqual([]);
  });

  it('counts the first photos of an instance that is new in a fleet that is read as a whole', () => {
    const reports = [{ instance: 'i-1', completed: 2, busySeconds: 12 }];
    const input = { backlog: 0, serviceSeconds: SERVICE };
    const first = believe({ ...input, at: AT, reporters: [], reports: [] }, undefined);
    const next = believe(
      { ...input, at: AT + TICK, reporters: [{ instance: 'i-1' }], reports },
      first.memory,
    );
    expect(next.reported?.completed).toBe(2);
  });
});
