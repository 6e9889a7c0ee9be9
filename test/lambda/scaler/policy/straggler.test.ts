/** Launches that are late beside others that came into service. */
import { describe, expect, it } from 'vitest';
import { decide, withoutScaling } from '../../../../lambda/scaler/policy/decide.ts';
import type { InstanceLaunch } from '../../../../lambda/scaler/policy/observation.ts';
import { NOW, seen, slo } from '../support/observations.ts';

const launches = (count: number, age: number, seconds?: number): InstanceLaunch[] =>
  Array.from({ length: count }, (_, k) => ({
    id: `${age}-${k}`,
    instance: `i-${age}-${k}`,
    startedAt: NOW - age,
    outcome: seconds === undefined ? 'under-way' : 'in-service',
    ...(seconds !== undefined && { endedAt: NOW - age + seconds }),
  }));
const fleet = (all: InstanceLaunch[]) =>
  seen({
    ...{ desired: 20, inService: 16, pending: 4, visible: 500, inFlight: 16 },
    launches: all,
  });
const replaced = (...all: InstanceLaunch[][]) => decide(fleet(all.flat()), {}, slo).replaces?.length ?? 0;

describe('a late launch', () => {
  it.each<[string, InstanceLaunch[][], number]>([
    [
      'is replaced after 1.5 boot times beside others that all took one',
      [launches(4, 136), launches(16, 137, 90)],
      4,
    ],
    ['is not replaced before', [launches(4, 135), launches(16, 137, 90)], 0],
    [
      'is not replaced before 1.5 boot times beside others that were stopped instances',
      [launches(4, 135), launches(16, 137, 20)],
      0,
    ],
    [
      'is replaced as late beyond the others as three times their spread',
      [launches(4, 151), launches(8, 152, 70), launches(8, 152, 90)],
      4,
    ],
    ['is not replaced before', [launches(4, 150), launches(8, 152, 70), launches(8, 152, 90)], 0],
    [
      'is replaced after two boot times beside others that boot at any speed',
      [launches(4, 181), launches(8, 182, 20), launches(8, 182, 90)],
      4,
    ],
    ['is not replaced before', [launches(4, 180), launches(8, 182, 20), launches(8, 182, 90)], 0],
    [
      'is not replaced while the slowest of the others took nearly as long',
      [launches(4, 181), launches(16, 300, 121)],
      0,
    ],
    [
      'is not replaced if none has come into service since it started',
      [launches(4, 181), launches(16, 300, 110)],
      0,
    ],
    ['is replaced for one in four successes at most', [launches(4, 181), launches(11, 182, 90)], 2],
  ])('%s', (_what, all, expected) => {
    expect(replaced(...all)).toBe(expected);
  });

  it('is replaced once, and counts as launched then', () => {
    const all = [...launches(4, 181), ...launches(16, 182, 90)];
    const first = decide(fleet(all), {}, slo);
    expect(first).toMatchObject({ desired: 20, replaces: ['i-181-0', 'i-181-1', 'i-181-2', 'i-181-3'] });
    expect(first.memory.slo?.capacity.launches).toEqual([{ at: NOW, count: 4 }]);
    const again = decide({ ...fleet(all), at: NOW + 30 }, first.memory, slo);
    expect(again).not.toHaveProperty('replaces');
    // Where it could not be carried out, the next tick tries again.
    const failed = withoutScaling(first, {});
    expect(decide({ ...fleet(all), at: NOW + 30 }, failed, slo).replaces).toHaveLength(4);
  });
});
