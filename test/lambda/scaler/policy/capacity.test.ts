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

/** Instances by the seconds since they were requested. */
type Launches = Record<number, number>;
const memory = (launches: Launches, more: Partial<CapacityMemory> = {}): CapacityMemory => ({
  ...emptyCapacity(),
  launches: Object.entries(launches)
    .map(([ago, count]) => ({ at: NOW - Number(ago), count }))
    .sort((a, b) => a.at - b.at),
  ...more,
});
const launchesOf = ({ launches }: CapacityMemory): Launches => {
  expect(launches).toEqual([...launches].sort((a, b) => a.at - b.at));
  return Object.fromEntries(launches.map(({ at, count }) => [NOW - at, count]));
};

it.each([
  [0, 0, 120],
  // (9 x 100 + 120) / 10.
  [9, 900, 102],
])('%d boots of %d s together, guess 120 s: %d s', (boots, bootSeconds, seconds) => {
  expect(bootOf({ ...emptyCapacity(), boots, bootSeconds }, 120)).toBe(seconds);
});

describe('launches that the group shows', () => {
  const two = { 60: 1, 30: 2 };
  it.each<[string, Partial<Observation>, Launches, Launches]>([
    ['stay while they boot', { desired: 5, inService: 2 }, two, two],
    ['the oldest is the first in service', { desired: 5, inService: 3 }, two, { 30: 2 }],
    ['in part', { desired: 5, inService: 4 }, two, { 30: 1 }],
    ['all', { desired: 5, inService: 5 }, two, {}],
    ['unknown ones were requested now', { desired: 6, inService: 2 }, { 60: 1 }, { 60: 1, 0: 3 }],
    ['a lost instance is replaced now', { desired: 2, inService: 1 }, {}, { 0: 1 }],
    ['a smaller desired capacity drops the oldest', { desired: 3, inService: 2 }, two, { 30: 1 }],
    [
      'those of a clock that was set back go',
      { desired: 4, inService: 2 },
      { 60: 1, [-1]: 1 },
      { 60: 1, 0: 1 },
    ],
    ['those of this instant stay', { desired: 3, inService: 2 }, { 0: 1 }, { 0: 1 }],
    ['more in service than desired has none', { desired: 2, inService: 3 }, { 60: 1 }, {}],
    [
      'unfulfilled ones count as requested now',
      { desired: 5, inService: 2, unfulfilled: 2 },
      two,
      { 60: 1, 0: 2 },
    ],
    [
      'more than the launches that are known',
      { desired: 5, inService: 2, unfulfilled: 3 },
      { 60: 1 },
      { 0: 3 },
    ],
    ['no more than are on their way', { desired: 3, inService: 2, unfulfilled: 9 }, { 60: 1 }, { 0: 1 }],
  ])('%s', (_name, observed, launches, after) => {
    const given = memory(launches, { inService: 2 });
    const copy = structuredClone(given);
    expect(launchesOf(observeCapacity(seen(observed), given))).toEqual(after);
    expect(given).toEqual(copy);
  });
});

describe('a measured boot', () => {
  const fading = Math.exp(-2 / 20);
  const measured = { boots: 4, bootSeconds: 480 };

  it('is from the request to the service, once for each instance', () => {
    const before = memory({ 100: 2, 30: 1 }, { inService: 1, ...measured });
    const after = observeCapacity(seen({ desired: 4, inService: 3 }), before);
    expect(after.inService).toBe(3);
    expect(after.boots).toBeCloseTo(4 * fading + 2, 9);
    expect(after.bootSeconds).toBeCloseTo(480 * fading + 200, 9);
  });

  it('is that of each launch', () => {
    const after = observeCapacity(
      seen({ desired: 3, inService: 3 }),
      memory({ 100: 1, 30: 1 }, { inService: 1 }),
    );
    const once = Math.exp(-1 / 20);
    expect(after.boots).toBeCloseTo(once + 1, 9);
    expect(after.bootSeconds).toBeCloseTo(100 * once + 30, 9);
  });

  it.each([
    ['where the desired capacity fell', { desired: 3, inService: 3 }],
    ['where fewer are in service', { desired: 2, inService: 2 }],
  ])('is none %s', (_name, observed) => {
    const after = observeCapacity(seen(observed), memory({ 100: 2 }, { inService: 3, ...measured }));
    expect(after).toMatchObject({ launches: [], ...measured });
  });

  it('is none of the launches that a smaller desired capacity cancelled', () => {
    const before = memory({ 100: 1, 30: 2 }, { inService: 1 });
    const after = observeCapacity(seen({ desired: 3, inService: 2 }), before);
    expect(after).toMatchObject({ boots: 1, bootSeconds: 100 });
  });

  it('counts only as many as came into service', () => {
    const after = observeCapacity(seen({ desired: 2, inService: 2 }), memory({ 100: 3 }, { inService: 1 }));
    expect(after).toMatchObject({ launches: [], boots: 1, bootSeconds: 100 });
  });
});

describe('after the desired capacity was set', () => {
  const two = { 60: 1, 30: 1 };
  it.each<[string, number, Partial<Observation>, Launches, Launches]>([
    ['more are launched now', 7, {}, { 60: 2 }, { 60: 2, 0: 2 }],
    ['the same leaves all', 5, {}, two, two],
    ['fewer cancel the newest launches', 4, {}, two, { 60: 1 }],
    ['then the older ones', 3, {}, two, {}],
    ['idle instances go first', 4, { inFlight: 2 }, two, two],
    ['then the newest launches', 3, { inFlight: 2 }, two, { 60: 1 }],
    ['in part', 4, {}, { 60: 1, 30: 2 }, { 60: 1, 30: 1 }],
    ['more in flight than in service is no idle one', 4, { inFlight: 9 }, two, { 60: 1 }],
  ])('%s', (_name, desired, observed, launches, after) => {
    const given = memory(launches);
    const look = seen({ desired: 5, inService: 3, inFlight: 3, ...observed });
    expect(launchesOf(withDesired(given, look, desired))).toEqual(after);
    expect(launchesOf(given)).toEqual(launches);
  });

  it('merges the oldest of more than 32 launches', () => {
    const launches = Object.fromEntries(Array.from({ length: 32 }, (_, k) => [320 - 10 * k, k + 1]));
    const look = seen({ desired: 5, inService: 3, inFlight: 3 });
    const { 320: oldest = 0, 310: older = 0, ...rest } = launches;
    expect(launchesOf(withDesired(memory(launches), look, 6))).toEqual({
      ...rest,
      310: oldest + older,
      0: 1,
    });
    expect(launchesOf(withDesired(memory(launches), look, 5))).toEqual(launches);
  });
});

it.each<[string, number, Launches, number]>([
  ['in service all the time', 3, {}, 270],
  ['on its way from when it is ready', 0, { 30: 2 }, 60],
  ['one that needs a tenth of a boot still', 0, { 100: 1 }, 81],
  ['one as late as two boots', 0, { 180: 1 }, 81],
  ['none later than that', 0, { 181: 1, 30: 1 }, 30],
  ['a fresh one nothing', 0, { 0: 4 }, 0],
])('offers instance-seconds within a boot of 90 s: %s', (_name, inService, launches, seconds) => {
  expect(secondsWithinBoot(memory(launches), seen({ inService }), 90)).toBeCloseTo(seconds, 9);
});

it.each<[string, Launches, number, string]>([
  ['soonest first', { 60: 2, 10: 1 }, 9, '2 in 30 s, 1 in 80 s'],
  ['a boot after its request, which may be over', { 100: 1 }, 9, '1 in -10 s'],
  ['not when too late', { 181: 1, 180: 2 }, 9, '2 in -90 s'],
  ['newest beyond the expected left out', { 60: 2, 30: 2 }, 3, '2 in 30 s, 1 in 60 s'],
  ['as many as expected', { 60: 2, 30: 2 }, 2, '2 in 30 s'],
  ['none expected', { 60: 2 }, 0, ''],
])('coming: %s', (_name, launches, expected, coming) => {
  const found = comingOf(memory(launches), NOW, 90, expected);
  expect(found.map(({ count, readyAt }) => `${count} in ${readyAt - NOW} s`).join(', ')).toBe(coming);
});

it('late is what was requested more than two boots ago', () => {
  expect(lateOf(memory({ 500: 1, 181: 2, 180: 4 }), NOW, 90)).toBe(3);
});
