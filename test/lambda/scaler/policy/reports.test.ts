/** What instances report about themselves: believed within bounds, and never more than a share of the sum. */
import { describe, expect, it } from 'vitest';
import type { InstanceReport } from '../../../../lambda/scaler/policy/plausible.ts';
import { believe, type Belief } from '../../../../lambda/scaler/policy/reports.ts';
import { AT, busy, drive, last, TICK, withOne, type Counters, type Tick } from '../support/reports.ts';

describe('what honest instances report', () => {
  it('is the sum of what they did since the first tick', () => {
    const [first, second, third] = drive([
      { a: [10, 60], b: [5, 30] },
      { a: [14, 84], b: [5, 30] },
      { a: [15, 90], b: [8, 48], c: [2, 12] },
    ]);
    expect(first?.reported).toEqual({ completed: 0, busySeconds: 0 });
    expect(second?.reported).toEqual({ completed: 4, busySeconds: 24 });
    // One that is new has counted from zero.
    expect(third?.reported).toEqual({ completed: 10, busySeconds: 60 });
    expect(third?.disbelieved).toEqual([]);
  });

  it('counts what an instance reported before it left', () => {
    const reports = (a: number): InstanceReport[] => [{ instance: 'a', completed: a, busySeconds: 6 * a }];
    const input = { backlog: 0, serviceSeconds: 6 };
    const first = believe(
      { ...input, at: AT, reporters: [{ instance: 'a' }], reports: reports(3) },
      undefined,
    );
    const gone = believe({ ...input, at: AT + TICK, reporters: [], reports: reports(7) }, first.memory);
    expect(gone.reported).toEqual({ completed: 4, busySeconds: 24 });
    expect(gone.memory.instances).toEqual([]);
  });

  it.each([
    [
      'a photo that took longer than a tick',
      [
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 85],
      ],
    ],
    [
      'a photo that is reported one tick after its busy time',
      [
        [0, 0],
        [0, 30],
        [5, 30],
      ],
    ],
    [
      'a faster instance after another workload',
      [
        [0, 0],
        [5, 30],
        [20, 60],
      ],
    ],
  ] as [string, [number, number][]][])('is believed: %s', (_name, counters) => {
    const beliefs = drive(counters.map((one) => ({ a: one })));
    expect(beliefs.flatMap(({ disbelieved }) => disbelieved)).toEqual([]);
    expect(last(beliefs).reported?.completed).toBe(last(counters)[0]);
  });

  it('of two kinds of instances is the sum of both', () => {
    const slow = ['a', 'b', 'c'];
    const ticks = busy(20, slow).map((tick, k): Tick => ({
      ...tick,
      d: [15 * k, 30 * k],
      e: [15 * k, 30 * k],
      f: [15 * k, 30 * k],
    }));
    const types = { d: 'g5.xlarge', e: 'g5.xlarge', f: 'g5.xlarge' };
    expect(last(drive(ticks, { types })).reported).toEqual({ completed: 19 * 60, busySeconds: 19 * 180 });
  });

  it('counts from anew after a pause, and after a clock was set back', () => {
    const { memory } = last(drive(busy(3, ['a'])));
    const reports: InstanceReport[] = [{ instance: 'a', completed: 1000, busySeconds: 6000 }];
    for (const at of [AT + 1e6, AT - 1e6]) {
      const next = believe(
        { at, backlog: 0, reporters: [{ instance: 'a' }], reports, serviceSeconds: 6 },
        memory,
      );
      expect(next).toMatchObject({ reported: { completed: 10, busySeconds: 60 }, disbelieved: [] });
    }
  });
});

describe('one plausible liar among three', () => {
  const honest = busy(60, ['a', 'b']);
  const sums = (counters: (k: number) => Counters) => {
    const { reported } = last(drive(withOne(honest, 'liar', counters)));
    return {
      photos: (reported?.completed ?? 0) / (59 * 5),
      service: (reported?.busySeconds ?? 0) / (reported?.completed ?? 1),
    };
  };

  it.each<[string, (k: number) => Counters, number, number]>([
    ['that reports what the others do', (k) => [5 * k, 30 * k], 3, 6],
    ['with ten times as many photos', (k) => [50 * k, 30 * k], 4.25, 6.1],
    ['with as many as are possible', (k) => [600 * k, 30 * k], 4.25, 6.1],
    ['that was busy for nothing', (k) => [0, 30 * k], 2, 6.35],
    ['that needs ten times as long', (k) => [k / 2, 30 * k], 2.2, 6.6],
  ])('%s', (_name, counters, photos, service) => {
    const found = sums(counters);
    expect(found.photos).toBeLessThanOrEqual(photos);
    expect(found.service).toBeLessThanOrEqual(service);
  });

  it('that nothing compares with is as fast as the service time that was learned', () => {
    const idle = Array.from({ length: 20 }, (): Tick => ({ a: [0, 0], b: [0, 0] }));
    const { reported } = last(drive(withOne(idle, 'liar', (k) => [50 * k, 30 * k])));
    expect(reported?.completed).toBeLessThanOrEqual(20 * 6);
    expect(reported?.busySeconds).toBeCloseTo(6 * (reported?.completed ?? 0), 6);
  });

  it('does not speak for those that report nothing; where most do, the queue counts', () => {
    const sumBeside = (silent: number) => {
      const reporters = Array.from({ length: 3 + silent }, (_, k) => ({ instance: `i-${k}` }));
      const reports = (k: number) =>
        reporters.slice(0, 3).map(({ instance }) => {
          const photos = instance === 'i-0' ? 10 * k : 0;
          return { instance, completed: photos, busySeconds: photos > 0 ? TICK * k : 0 };
        });
      let belief: Belief | undefined;
      for (let k = 0; k < 20; k++) {
        const input = { at: AT + k * TICK, backlog: 0, reporters, reports: reports(k), serviceSeconds: 6 };
        belief = believe(input, belief?.memory);
      }
      return belief?.reported?.completed;
    };
    expect(sumBeside(3)).toBe(sumBeside(0));
    expect(sumBeside(4)).toBeUndefined();
  });

  it('cannot hide that the queue fell: what left it was finished', () => {
    const ticks = withOne(busy(20, ['a', 'b']), 'fast', (k) => [50 * k, 30 * k]);
    const [before, ...after] = drive(ticks, { backlog: 0 });
    const { memory } = last([before as Belief, ...after]);
    const reports = ['a', 'b', 'fast'].map((instance) => {
      const each = instance === 'fast' ? 50 : 5;
      return { instance, completed: 20 * each, busySeconds: 600 };
    });
    const reporters = reports.map(({ instance }) => ({ instance, type: 'g4dn.xlarge' }));
    const input = { at: AT + 20 * TICK, reporters, reports, serviceSeconds: 6 };
    const fell = believe({ ...input, backlog: 0 }, { ...memory, backlog: 60 });
    expect((fell.reported?.completed ?? 0) - memory.completed).toBeCloseTo(60, 6);
  });
});
