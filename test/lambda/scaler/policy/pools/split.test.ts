/** The split between the pools, step by step. */
import { describe, expect, it } from 'vitest';
import { lastedUntil, lastingWith, MOST_LASTING } from '../../../../../lambda/scaler/policy/pools/lasting.ts';
import { spotBootOf } from '../../../../../lambda/scaler/policy/pools/observe-pools.ts';
import {
  isClosed,
  rememberRefusals,
  UNAVAILABLE_SECONDS,
} from '../../../../../lambda/scaler/policy/pools/refusals.ts';
import { handoverSeconds } from '../../../../../lambda/scaler/policy/pools/split.ts';
import { SETTINGS, TwoGroups, type Step } from './model.ts';

const both = { spot: true, onDemand: true };
const noSpot = { spot: false, onDemand: true };
const NONE_STOPPED = { ...SETTINGS, fastTier: 0 };
const tick = (changes: Partial<Step>): Step => ({ after: 30, total: 0, gives: both, max: 20, ...changes });
const sizes = (groups: TwoGroups, changes: Partial<Step>) => {
  const { plan } = groups.step(tick(changes));
  return [plan.spot, plan.onDemand];
};

describe('a Spot shortage', () => {
  it('moves what is missing to on-demand at the next tick, and only that', () => {
    const groups = new TwoGroups(NONE_STOPPED);
    sizes(groups, { total: 2 });
    sizes(groups, { total: 2 });
    expect(sizes(groups, { total: 5 })).toEqual([5, 0]);
    expect(sizes(groups, { total: 5, gives: noSpot })).toEqual([2, 3]);
    // What is needed next is not tried on Spot for a while.
    expect(sizes(groups, { total: 6, gives: noSpot })).toEqual([2, 4]);
  });

  it('ends with one launch to try, then one at a tick, each of which takes the place of an on-demand instance', () => {
    const groups = new TwoGroups(NONE_STOPPED);
    sizes(groups, { total: 3 });
    expect(sizes(groups, { total: 3, gives: noSpot })).toEqual([0, 3]);
    const way: number[][] = [];
    for (let k = 0; k < 10; k++) way.push(sizes(groups, { total: 3 }));
    // Refused 15 s before the tick and remembered for 180 s; the instances then have lasted for a boot of Spot.
    expect(way).toEqual([...Array.from({ length: 5 }, () => [0, 3]), [1, 3], [2, 3], [3, 2], [3, 1], [3, 0]]);
  });

  it('leaves the fleet where it is when the try is refused', () => {
    const groups = new TwoGroups(NONE_STOPPED);
    sizes(groups, { total: 3 });
    const way = Array.from({ length: 20 }, () => sizes(groups, { total: 3, gives: noSpot }));
    const tries = way.filter(([spot]) => spot === 1);
    expect(tries).toEqual([
      [1, 3],
      [1, 3],
    ]);
    expect(way.every(([, onDemand]) => onDemand === 3)).toBe(true);
  });

  it('that no launch reports shows by instances that are missing for a minute', () => {
    const groups = new TwoGroups(NONE_STOPPED);
    sizes(groups, { total: 2 });
    // Auto Scaling shows neither a pending instance nor a failed activity.
    const silent = (total: number) => {
      groups.at += 30;
      return sizes(groups, { total, after: 0 });
    };
    expect(silent(2)).toEqual([2, 0]);
    expect(silent(2)).toEqual([2, 0]);
    expect(silent(2)).toEqual([0, 2]);
  });

  it('in both markets leaves what is missing on Spot, which Auto Scaling goes on trying', () => {
    const groups = new TwoGroups(NONE_STOPPED);
    const none = { spot: false, onDemand: false };
    sizes(groups, { total: 2 });
    sizes(groups, { total: 2, gives: none });
    const { plan } = groups.step(tick({ total: 2, gives: none }));
    expect(plan.spot + plan.onDemand).toBe(2);
  });
});

describe('the fast tier', () => {
  it('resumes first in a burst; what it has not, boots on Spot', () => {
    const groups = new TwoGroups();
    sizes(groups, { total: 1, isBurst: false });
    sizes(groups, { total: 1, isBurst: false });
    expect(sizes(groups, { total: 8 })).toEqual([4, 4]);
  });

  it('is not used where nothing waits', () => {
    const groups = new TwoGroups();
    expect(sizes(groups, { total: 3, isBurst: false })).toEqual([3, 0]);
  });

  it('is handed over once the burst has lasted for a boot of Spot at half the price, and resumes again then', () => {
    const groups = new TwoGroups();
    expect(sizes(groups, { total: 4 })).toEqual([0, 4]);
    const way = Array.from({ length: 6 }, () => sizes(groups, { total: 4 }));
    expect(way).toEqual([
      [0, 4],
      [0, 4],
      [0, 4],
      [4, 4],
      [4, 4],
      [4, 0],
    ]);
    expect(groups.stopped).toBe(4);
  });

  it('takes the place of lost Spot instances until they are replaced', () => {
    const groups = new TwoGroups();
    for (let k = 0; k < 3; k++) sizes(groups, { total: 3, isBurst: false });
    const { plan } = groups.step(tick({ total: 3, interrupted: 2, booted: 0 }));
    expect([plan.spot, plan.onDemand, plan.memory.handover]).toEqual([3, 2, 2]);
    sizes(groups, { total: 3 });
    expect(sizes(groups, { total: 3 })).toEqual([3, 0]);
  });

  it('keeps to the limit while it is handed over', () => {
    const groups = new TwoGroups();
    const way = Array.from({ length: 14 }, () => sizes(groups, { total: 4, max: 5 }));
    expect(Math.max(...way.map(([spot = 0, onDemand = 0]) => spot + onDemand))).toBe(5);
    expect(way.at(-1)).toEqual([4, 0]);
  });
});

describe('a hand-over', () => {
  it('turns into what is needed when the need grows, instead of a launch more', () => {
    const groups = new TwoGroups();
    for (let k = 0; k < 5; k++) sizes(groups, { total: 4 });
    const { plan } = groups.step(tick({ total: 6, booted: 0, canOverlap: false }));
    expect([plan.spot, plan.onDemand, plan.memory.handover]).toEqual([4, 4, 2]);
  });

  it('ends with the need: instances in service stay, those that boot are cancelled', () => {
    const groups = new TwoGroups();
    for (let k = 0; k < 5; k++) sizes(groups, { total: 4 });
    const { plan } = groups.step(tick({ total: 1, booted: 0 }));
    expect([plan.spot, plan.onDemand, plan.memory.handover]).toEqual([1, 1, 1]);
  });

  it('pays after a boot of Spot at half the price, sooner where Spot is cheaper, never where it is dearer', () => {
    expect(handoverSeconds(0.5, 120)).toBe(120);
    expect(handoverSeconds(0.2, 120)).toBe(30);
    expect(handoverSeconds(1, 120)).toBe(Infinity);
    expect(spotBootOf({ boots: 0, bootSeconds: 0 }, 120)).toBe(120);
    expect(spotBootOf({ boots: 3, bootSeconds: 600 }, 120)).toBe(180);
  });
});

describe('refusals', () => {
  const one = { pool: 'spot' as const, at: 100, type: 'g5.xlarge', zone: 'a' };
  it('close a market once every type in every zone is refused', () => {
    const types = ['g5.xlarge', 'g6.xlarge'];
    const some = rememberRefusals([], [one], 100);
    expect(isClosed(some, 'spot', types, ['a'])).toBe(false);
    expect(isClosed(some, 'spot', ['g5.xlarge'], ['a'])).toBe(true);
    expect(isClosed(some, 'spot')).toBe(true);
    expect(isClosed(some, 'on-demand')).toBe(false);
    const all = rememberRefusals(some, [{ ...one, type: 'g6.xlarge' }], 110);
    expect(isClosed(all, 'spot', types, ['a'])).toBe(true);
    expect(isClosed(all, 'spot', types, ['a', 'b'])).toBe(false);
    expect(isClosed(rememberRefusals([], [{ pool: 'spot', at: 1 }], 1), 'spot', types, ['a'])).toBe(true);
  });

  it('expire, and are over when the market gives an instance', () => {
    const market = { pool: 'spot' as const, at: 100 };
    const known = rememberRefusals([], [market, one], 100);
    expect(known).toHaveLength(2);
    expect(rememberRefusals(known, [], 100 + UNAVAILABLE_SECONDS)).toEqual([]);
    expect(rememberRefusals(known, [], 130, 120)).toEqual([{ ...one, at: undefined, until: 280 }]);
  });
});

describe('what has lasted', () => {
  it('is the oldest part; what is removed is the newest', () => {
    const two = lastingWith([], 2, 0);
    const five = lastingWith(two, 5, 100);
    expect([lastedUntil(five, 50), lastedUntil(five, 100)]).toEqual([2, 5]);
    expect(lastingWith(five, 3, 150)).toEqual([
      { at: 0, count: 2 },
      { at: 100, count: 1 },
    ]);
    expect(lastingWith(five, 0, 200)).toEqual([]);
  });

  it('is bounded, and never older than it is', () => {
    let lasting = lastingWith([], 0, 0);
    for (let k = 1; k <= 100; k++) lasting = lastingWith(lasting, k, k);
    expect(lasting).toHaveLength(MOST_LASTING);
    expect(lastedUntil(lasting, Infinity)).toBe(100);
    expect(lastedUntil(lasting, 50)).toBeLessThanOrEqual(50);
  });
});
