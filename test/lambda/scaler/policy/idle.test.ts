/** What has been idle at each recent tick, and since when the queue is empty. */
import { describe, expect, it } from 'vitest';
import {
  emptySinceOf,
  idleByWork,
  idleInstances,
  idleOver,
  isUnbroken,
  recordIdle,
  ticksFor,
  withoutRemoved,
} from '../../../../lambda/scaler/policy/idle.ts';

const counts = (...given: [at: number, count: number][]) => given.map(([at, count]) => ({ at, count }));

it.each([
  [undefined, 30, 30, false],
  [0, 75, 30, true],
  [0, 76, 30, false],
  [0, 1e9, Infinity, true],
])('from %s to %d with ticks of %d s: unbroken %s', (before, now, tickSeconds, unbroken) => {
  expect(isUnbroken(before, now, tickSeconds)).toBe(unbroken);
});

it.each([
  [0, 5, 2, 3],
  [0, 2, 5, 0],
  [1, 5, 2, 0],
])('%d visible, %d in service, %d in flight: %d idle', (visible, inService, inFlight, idle) => {
  expect(idleInstances(visible, inService, inFlight)).toBe(idle);
});

it.each([
  // Eight in flight of a busy instance: two could do the ten.
  [0, 5, 10, 8, 3],
  [6, 5, 10, 8, 3],
  [7, 5, 10, 8, 2],
  [400, 5, 40, 8, 0],
  [0, 5, 0, 8, 5],
])(
  '%d visible, %d in service, %d in flight of which %d each: %d idle',
  (visible, inService, inFlight, held, idle) => {
    expect(idleInstances(visible, inService, inFlight, held)).toBe(idle);
  },
);

it.each([
  // 7 in service, 4.5 busy on average: two and a half less 0.3.
  ['are idle for a whole one and a part', 20, 30, 135, 0.3, 2],
  ['are not where the part is small', 20, 30, 144, 0.3, 1],
  ['are not where what waits takes over a second', 24, 30, 135, 0.3, 0],
  ['are none where all are busy', 0, 30, 215, 0.3, 0],
  ['are unknown without a report', 0, 30, undefined, 0.3, 0],
  ['are unknown where photos are long', 0, 30, 135, 3.1, 0],
  ['are unknown at a second tick of an instant', 0, 0, 0, 0.3, 0],
])('by their work, instances %s', (_name, visible, seconds, busySeconds, service, idle) => {
  const work = { seconds, ...(busySeconds === undefined ? {} : { busySeconds }) };
  expect(idleByWork({ visible, inService: 7 }, work, service)).toBe(idle);
});

it.each([
  [30, 30, 1],
  [44, 30, 1],
  [46, 30, 2],
  [300, 30, 10],
  [0, 30, 1],
  [86_400, 1, 120],
  [300, Infinity, 1],
])('%d s are covered by ticks of %d s: %d', (seconds, tickSeconds, ticks) => {
  expect(ticksFor(seconds, tickSeconds)).toBe(ticks);
});

describe('recorded counts', () => {
  it.each([
    ['begin with one', counts(), counts([30, 3]), 2],
    ['grow up to the number of ticks', counts([0, 1]), counts([0, 1], [30, 3]), 2],
    ['drop the oldest beyond it', counts([-30, 2], [0, 1]), counts([0, 1], [30, 3]), 2],
    ['drop more when fewer ticks are needed', counts([-60, 4], [-30, 2], [0, 1]), counts([30, 3]), 1],
    [
      'drop counts of a clock that was set back',
      counts([0, 1], [90, 5], [120, 6]),
      counts([0, 1], [30, 3]),
      9,
    ],
    [
      'take the smaller of two at one instant',
      counts([-30, 7], [0, 1], [30, 5]),
      counts([-30, 7], [0, 1], [30, 3]),
      9,
    ],
    [
      'stay while there are fewer than ticks',
      counts([-60, 4], [-30, 2], [0, 1]),
      counts([-60, 4], [-30, 2], [0, 1], [30, 3]),
      6,
    ],
    ['keep the smaller of two at one instant', counts([0, 1], [30, 2]), counts([0, 1], [30, 2]), 9],
  ])('%s', (_name, before, after, ticks) => {
    const given = structuredClone(before);
    expect(recordIdle(before, { at: 30, count: 3 }, ticks)).toEqual(after);
    expect(before).toEqual(given);
  });
});

it.each([
  ['the mean of all ticks', counts([0, 2], [30, 3], [60, 4]), 3, 3],
  ['a fraction is rounded', counts([0, 1], [30, 2], [60, 2]), 3, 2],
  ['no more than at the latest tick', counts([0, 4], [30, 4], [60, 1]), 3, 1],
  ['of what a removal left, whole instances', counts([0, 1], [30, 1], [60, 0.9]), 3, 0],
  ['none with too few ticks', counts([0, 4], [30, 2]), 3, 0],
  ['none over a missed tick', counts([0, 4], [30, 2], [106, 3]), 3, 0],
  ['the mean over one late tick', counts([0, 4], [30, 2], [105, 3]), 3, 3],
  ['none without a tick', counts(), 0, 0],
])('idle over a time: %s', (_name, idle, ticks, mean) => {
  expect(idleOver(idle, ticks, 30)).toBe(mean);
});

it.each([
  ['are not idle any more', 1, 1.5, 0],
  ['leave none where as many were removed as were idle', 3, 0, 0],
])('removed instances %s, on average', (_name, removed, first, second) => {
  expect(withoutRemoved(counts([0, 4], [30, 1]), removed)).toEqual(counts([0, first], [30, second]));
});

it.each<[string, number, number | undefined, number | undefined, number | undefined]>([
  ['not with a backlog', 3, 570, 100, undefined],
  ['from the first empty tick', 0, 570, undefined, 600],
  ['since the first of several', 0, 570, 400, 400],
  ['from now after a missed tick', 0, 500, 400, 600],
  ['from now at the first tick of all', 0, undefined, undefined, 600],
  ['from now after a clock was set back', 0, 570, 900, 600],
])('the queue is empty %s', (_name, backlog, at, emptySince, since) => {
  expect(emptySinceOf({ at: 600, backlog, tickSeconds: 30 }, { at, emptySince })).toBe(since);
});
