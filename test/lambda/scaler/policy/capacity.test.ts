/** Capacity on its way: launches matched with what the group shows, boots measured, lateness. */
import { describe, expect, it } from 'vitest';
import {
  bootOf,
  comingOf,
  emptyCapacity,
  lateOf,
  observeCapacity,
  secondsWithinBoot,
  withDesired,
  type CapacityMemory,
} from '../../../../lambda/scaler/policy/capacity.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { NOW, seen } from '../support/observations.ts';

type Launches = [secondsAgo: number, count: number][];
const memory = (launches: Launches, more: Partial<CapacityMemory> = {}): CapacityMemory => ({
  ...emptyCapacity(),
  launches: launches.map(([ago, count]) => ({ at: NOW - ago, count })),
  ...more,
});
const launchesOf = ({ launches }: CapacityMemory) => launches.map(({ at, count }) => [NOW - at, count]);

it.each([
  [0, 0, 120],
  // (9 x 100 + 120) / 10.
  [9, 900, 102],
])('%d boots of %d s together, guess 120 s: %d s', (boots, bootSeconds, seconds) => {
  expect(bootOf({ ...emptyCapacity(), boots, bootSeconds }, 120)).toBe(seconds);
});

describe('launches that the group shows', () => {
  it.each<[string, Partial<Observation>, Launches, Partial<CapacityMemory>, Launches]>([
    [
      'stay while they boot',
      { desired: 5, inService: 2 },
      [
        [60, 1],
        [30, 2],
      ],
      { inService: 2 },
      [
        [60, 1],
        [30, 2],
      ],
    ],
    [
      'the oldest is the first in service',
      { desired: 5, inService: 3 },
      [
        [60, 1],
        [30, 2],
      ],
      { inService: 2 },
      [[30, 2]],
    ],
    [
      'in part',
      { desired: 5, inService: 4 },
      [
        [60, 1],
        [30, 2],
      ],
      { inService: 2 },
      [[30, 1]],
    ],
    [
      'what is unknown was requested now',
      { desired: 6, inService: 2 },
      [[60, 1]],
      { inService: 2 },
      [
        [60, 1],
        [0, 3],
      ],
    ],
    ['a lost instance is replaced now', { desired: 3, inService: 2 }, [], { inService: 3 }, [[0, 1]]],
    [
      'a smaller desired capacity drops the oldest',
      { desired: 3, inService: 2 },
      [
        [60, 1],
        [30, 2],
      ],
      { inService: 2 },
      [[30, 1]],
    ],
    [
      'those of a clock that was set back go',
      { desired: 4, inService: 2 },
      [
        [60, 1],
        [-1, 1],
      ],
      { inService: 2 },
      [
        [60, 1],
        [0, 1],
      ],
    ],
    ['more in service than desired has none', { desired: 2, inService: 3 }, [[60, 1]], { inService: 2 }, []],
    [
      'unfulfilled ones count as requested now',
      { desired: 5, inService: 2, unfulfilled: 2 },
      [
        [60, 1],
        [30, 2],
      ],
      { inService: 2 },
      [
        [60, 1],
        [0, 2],
      ],
    ],
    [
      'no more than are on their way',
      { desired: 3, inService: 2, unfulfilled: 9 },
      [[60, 1]],
      { inService: 2 },
      [[0, 1]],
    ],
  ])('%s', (_name, observed, launches, more, after) => {
    const given = memory(launches, more);
    const copy = structuredClone(given);
    expect(launchesOf(observeCapacity(seen(observed), given))).toEqual(after);
    expect(given).toEqual(copy);
  });
});

describe('a measured boot', () => {
  const fading = Math.exp(-2 / 20);

  it('is from the request to the service, once for each instance', () => {
    const before = memory(
      [
        [100, 2],
        [30, 1],
      ],
      { inService: 1, boots: 4, bootSeconds: 480 },
    );
    const after = observeCapacity(seen({ desired: 4, inService: 3 }), before);
    expect(after.inService).toBe(3);
    expect(after.boots).toBeCloseTo(4 * fading + 2, 9);
    expect(after.bootSeconds).toBeCloseTo(480 * fading + 200, 9);
  });

  it('is none where the desired capacity fell, or no more are in service', () => {
    const before = memory([[100, 2]], { inService: 3, boots: 4, bootSeconds: 480 });
    const after = observeCapacity(seen({ desired: 3, inService: 3 }), before);
    expect(after).toMatchObject({ launches: [], boots: 4, bootSeconds: 480 });
  });

  it('counts only as many as came into service', () => {
    const before = memory([[100, 3]], { inService: 1 });
    const after = observeCapacity(seen({ desired: 2, inService: 2 }), before);
    expect(after).toMatchObject({ launches: [], boots: 1, bootSeconds: 100 });
  });
});

describe('after the desired capacity was set', () => {
  it.each<[string, number, Partial<Observation>, Launches, Launches]>([
    [
      'more are launched now',
      7,
      {},
      [[60, 2]],
      [
        [60, 2],
        [0, 2],
      ],
    ],
    [
      'fewer cancel the newest launches',
      3,
      {},
      [
        [60, 1],
        [30, 1],
      ],
      [],
    ],
    [
      'idle instances go first',
      4,
      { inFlight: 2 },
      [
        [60, 1],
        [30, 1],
      ],
      [
        [60, 1],
        [30, 1],
      ],
    ],
    [
      'then the newest',
      3,
      { inFlight: 2 },
      [
        [60, 1],
        [30, 1],
      ],
      [[60, 1]],
    ],
    [
      'in part',
      4,
      {},
      [
        [60, 1],
        [30, 2],
      ],
      [
        [60, 1],
        [30, 1],
      ],
    ],
  ])('%s', (_name, desired, observed, launches, after) => {
    const given = memory(launches);
    const look = seen({ desired: 5, inService: 3, inFlight: 3, ...observed });
    expect(launchesOf(withDesired(given, look, desired))).toEqual(after);
    expect(launchesOf(given)).toEqual(launches);
  });

  it('merges the oldest of more than 32 launches', () => {
    const launches = Array.from({ length: 32 }, (_, k): [number, number] => [320 - 10 * k, k + 1]);
    const after = withDesired(memory(launches), seen({ desired: 5, inService: 3, inFlight: 3 }), 6);
    expect(after.launches).toHaveLength(32);
    expect(launchesOf(after).slice(0, 2)).toEqual([
      [310, 3],
      [300, 3],
    ]);
    expect(launchesOf(after).at(-1)).toEqual([0, 1]);
  });
});

it.each<[string, number, Launches, number]>([
  ['in service all the time', 3, [], 270],
  ['on its way from when it is ready', 0, [[30, 2]], 60],
  ['one that needs a tenth of a boot still', 0, [[100, 1]], 81],
  ['one as late as two boots', 0, [[180, 1]], 81],
  ['none later than that', 0, [[181, 1]], 0],
  ['a fresh one nothing', 0, [[0, 4]], 0],
])('offers instance-seconds within a boot of 90 s: %s', (_name, inService, launches, seconds) => {
  expect(secondsWithinBoot(memory(launches), seen({ inService }), 90)).toBeCloseTo(seconds, 9);
});

it.each<[string, Launches, number, [number, number][]]>([
  [
    'soonest first',
    [
      [10, 1],
      [60, 2],
    ],
    9,
    [
      [2, 30],
      [1, 80],
    ],
  ],
  ['after a boot soon', [[100, 1]], 9, [[1, 9]]],
  [
    'not when too late',
    [
      [181, 1],
      [180, 2],
    ],
    9,
    [[2, 9]],
  ],
  [
    'newest beyond the expected left out',
    [
      [60, 2],
      [30, 2],
    ],
    3,
    [
      [2, 30],
      [1, 60],
    ],
  ],
  ['none expected', [[60, 2]], 0, []],
])('coming: %s', (_name, launches, expected, coming) => {
  const found = comingOf(memory(launches), NOW, 90, expected);
  expect(found.map(({ count, readyAt }) => [count, readyAt - NOW])).toEqual(coming);
});

it('late is what was requested more than two boots ago', () => {
  expect(
    lateOf(
      memory([
        [181, 2],
        [180, 4],
        [500, 1],
      ]),
      NOW,
      90,
    ),
  ).toBe(3);
});
