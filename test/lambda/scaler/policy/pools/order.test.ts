/** In which order the groups are set, and what holds if a call fails on the way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { observePools } from '../../../../../lambda/scaler/policy/pools/observe-pools.ts';
import {
  changesTo,
  memoryAt,
  sizesWith,
  type PoolChange,
  type PoolSizes,
} from '../../../../../lambda/scaler/policy/pools/order.ts';
import type { PoolsMemory } from '../../../../../lambda/scaler/policy/pools/pools.ts';
import { withinLimits } from '../../../../../lambda/scaler/policy/pools/limits.ts';
import { SETTINGS, TwoGroups, type Step } from './model.ts';

const sizes = (spot: number, onDemand: number): PoolSizes => ({ spot, onDemand });
const spot = (desired: number): PoolChange => ({ pool: 'spot', desired });
const onDemand = (desired: number): PoolChange => ({ pool: 'on-demand', desired });

describe('the order of the calls', () => {
  it.each<[string, PoolSizes, PoolSizes, number, PoolChange[]]>([
    ['nothing changes', sizes(2, 1), sizes(2, 1), 8, []],
    ['a scale-out', sizes(2, 1), sizes(3, 2), 8, [spot(3), onDemand(2)]],
    ['a scale-in', sizes(3, 2), sizes(2, 0), 8, [spot(2), onDemand(0)]],
    ['refused launches move: first where they move to', sizes(5, 0), sizes(2, 3), 8, [onDemand(3), spot(2)]],
    [
      'the same at the maximum: first what was never given',
      sizes(8, 0),
      sizes(5, 3),
      8,
      [spot(5), onDemand(3)],
    ],
    ['a hand-over begins', sizes(0, 4), sizes(4, 4), 8, [spot(4)]],
    ['a hand-over ends', sizes(4, 4), sizes(4, 0), 8, [onDemand(0)]],
    ['one ends and the next begins', sizes(2, 4), sizes(4, 2), 8, [spot(4), onDemand(2)]],
    [
      'the same at the maximum: what is replaced makes room',
      sizes(2, 6),
      sizes(4, 4),
      8,
      [onDemand(4), spot(4)],
    ],
    ['a limit was lowered below what there is', sizes(4, 4), sizes(1, 4), 5, [spot(1)]],
  ])('%s', (_name, from, to, max, expected) => {
    expect(changesTo(to, from, { max })).toEqual(expected);
  });

  it('sets both where it is not certain what they are', () => {
    expect(changesTo(sizes(1, 1), sizes(1, 1), { max: 8, isCertain: false })).toHaveLength(2);
  });
});

const step: fc.Arbitrary<Step> = fc.record({
  after: fc.constantFrom(5, 15, 30, 60),
  total: fc.integer({ min: 0, max: 6 }),
  gives: fc.record({ spot: fc.boolean(), onDemand: fc.boolean() }),
  booted: fc.integer({ min: 0, max: 6 }),
  interrupted: fc.constantFrom(0, 0, 0, 2),
  isBurst: fc.boolean(),
  max: fc.constantFrom(6, 7, 9),
});

it('after each call the fleet is within its maximum, and no instance that is needed has ended', () => {
  let tried = 0;
  const property = fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (sequence) => {
    const groups = new TwoGroups();
    for (const one of sequence) {
      const { plan, spot: ofSpot, onDemand: ofOnDemand, now } = groups.step(one);
      const from = sizes(ofSpot.desired, ofOnDemand.desired);
      const limit = Math.max(one.max ?? 0, from.spot + from.onDemand);
      const left = (at: PoolSizes) =>
        Math.min(at.spot, ofSpot.inService + ofSpot.pending) +
        Math.min(at.onDemand, ofOnDemand.inService + ofOnDemand.pending);
      const least = Math.min(left(from), left(plan), one.total);
      let at = from;
      for (const change of changesTo(plan, from, { max: now.seen.max })) {
        at = sizesWith(at, change);
        tried++;
        if (at.spot + at.onDemand > limit || left(at) < least) expect({ at, from, least }).toEqual(plan);
        const { handover } = memoryAt(plan.memory, at, one.total, ofSpot.inService);
        expect(at.spot + at.onDemand - handover).toBeGreaterThanOrEqual(
          Math.min(one.total, at.spot + at.onDemand),
        );
      }
      expect(at).toEqual(sizes(plan.spot, plan.onDemand));
    }
  });
  fc.assert(property, { seed: 26, numRuns: 60 });
  expect(tried).toBeGreaterThan(200);
});

const NONE = { desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 9 };
const memory: PoolsMemory = {
  ...{ at: 1000, handover: 0, coming: 0, refusals: [], isReturning: false, missingSince: {} },
  ...{ lasting: [], boots: 0, bootSeconds: 0 },
};
const seenOf = (ofSpot: object, ofOnDemand: object) => ({
  ...{ at: 1030, stopped: 0, refused: [], booted: [], max: 20 },
  ...{ spot: { ...NONE, ...ofSpot }, onDemand: { ...NONE, ...ofOnDemand } },
});

describe('a plan whose second call failed', () => {
  it('that moved refused launches moves them no second time: they are a hand-over, whichever group gives them', () => {
    const { handover } = memoryAt(memory, sizes(5, 3), 5, 2);
    expect(handover).toBe(3);
    const seen = seenOf({ desired: 5, inService: 2 }, { desired: 3, pending: 3 });
    const market = { ...seen, refused: [{ pool: 'spot' as const, at: 1020 }] };
    const now = observePools(market, { ...memory, handover }, SETTINGS);
    expect([now.spot, now.onDemand, now.view.desired]).toEqual([2, 3, 5]);
  });

  it('that ended what was replaced ends no more at the next tick', () => {
    // Two of six were replaced, and two more were to be launched in the place of others.
    const planned = { ...memory, handover: 2 };
    const { handover } = memoryAt(planned, sizes(2, 4), 6, 2);
    const seen = seenOf({ desired: 2, inService: 2 }, { desired: 4, inService: 4 });
    const now = observePools(seen, { ...planned, handover }, SETTINGS);
    expect([now.onDemand, now.view.desired]).toEqual([4, 6]);
  });
});

describe('limits without a decision', () => {
  const running = (count: number, pending = 0) => ({
    ...NONE,
    ...{ desired: count, inService: count - pending, pending },
  });
  it.each<
    [string, object, object, { min: number; max: number }, 'spot' | 'on-demand', PoolSizes | undefined]
  >([
    ['within them', running(1), running(1), { min: 2, max: 8 }, 'spot', undefined],
    ['at the maximum', running(4), running(4), { min: 2, max: 8 }, 'spot', undefined],
    ['below: Spot grows', running(0), running(1), { min: 3, max: 8 }, 'spot', sizes(2, 1)],
    [
      'below, and Spot is refused or dearer',
      running(0),
      running(1),
      { min: 3, max: 8 },
      'on-demand',
      sizes(0, 3),
    ],
    [
      'below, and Spot has its own maximum',
      { ...running(1), max: 1 },
      running(0),
      { min: 3, max: 8 },
      'spot',
      sizes(1, 2),
    ],
    [
      'above: what is missing goes first',
      { ...running(2), desired: 6 },
      running(4),
      { min: 0, max: 8 },
      'spot',
      sizes(4, 4),
    ],
    [
      'above: what is missing on demand goes before what boots on Spot',
      running(4, 2),
      { ...running(3), desired: 5 },
      { min: 0, max: 8 },
      'spot',
      sizes(4, 4),
    ],
    ['above: then what boots', running(4, 2), running(5), { min: 0, max: 8 }, 'spot', sizes(3, 5)],
    [
      'above: then on demand, down to its minimum',
      running(4),
      { ...running(5), min: 3 },
      { min: 0, max: 6 },
      'spot',
      sizes(3, 3),
    ],
  ])('%s', (_name, ofSpot, ofOnDemand, limits, first, expected) => {
    const pools = { spot: ofSpot, onDemand: ofOnDemand } as Parameters<typeof withinLimits>[0];
    expect(withinLimits(pools, limits, first)).toEqual(expected);
  });
});
