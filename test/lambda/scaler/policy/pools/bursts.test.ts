/** How many stopped instances the bursts seen are worth. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { itemSchema } from '../../../../../lambda/scaler/memory-schema.ts';
import {
  observeBursts,
  savingOf,
  SIZES,
  stoppedWorth,
  type BurstMemory,
} from '../../../../../lambda/scaler/policy/pools/bursts.ts';

const DAY = 86_400;
const calm = { isBurst: false, total: 1, inService: 1, boot: 165 };
const PRICES = { saving: 600, volumeShare: 0.02, limit: 20 };

/** Days with a burst of a size every so many hours. */
function watched(days: number, everyHours: number, size: number): BurstMemory {
  let memory = observeBursts(undefined, { ...calm, at: 0 });
  for (let at = 3600 * everyHours; at < days * DAY; at += 3600 * everyHours) {
    const burst = { ...calm, isBurst: true, total: 1 + size };
    memory = observeBursts(memory, { ...burst, at });
    memory = observeBursts(memory, { ...burst, total: 1 + Math.ceil(size / 2), at: at + 60 });
    memory = observeBursts(memory, { ...calm, total: 1 + size, inService: 1 + size, at: at + 300 });
  }
  return observeBursts(memory, { ...calm, at: days * DAY });
}

describe('stopped instances', () => {
  it.each([
    ['all while nothing is known', 0.1, 1e6, 20, 20],
    ['none after days without a burst', 3, 1e6, 20, 0],
    ['as many as bursts ask for that come often', 10, 4, 6, 7],
    ['none for a burst each week, which saves less than the volumes cost', 60, 24 * 7, 6, 0],
    ['the limit where bursts ask for more', 10, 4, 40, 20],
  ])('%s', (_what, days, hours, size, expected) => {
    expect(stoppedWorth(watched(days, hours, size), PRICES)).toBe(expected);
  });

  it('a burst counts once, with the most that it asked for within a boot', () => {
    const { weights } = watched(1, 20, 12);
    expect(weights.map((weight) => Math.round(weight))).toEqual(SIZES.map((size) => (size === 12 ? 1 : 0)));
  });

  it('are never more than the limit, and no fewer at a higher saving', () => {
    const memory = fc.record({
      at: fc.constant(0),
      weights: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 18, maxLength: 18 }),
      seconds: fc.double({ min: 0, max: 30 * DAY, noNaN: true }),
    });
    const saving = fc.double({ min: 0, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(memory, saving, saving, fc.integer({ min: 0, max: 50 }), (seen, a, b, limit) => {
        const of = (each: number) => stoppedWorth(seen, { ...PRICES, saving: each, limit });
        expect(of(Math.max(a, b))).toBeGreaterThanOrEqual(of(Math.min(a, b)));
        expect(of(a)).toBeLessThanOrEqual(limit);
      }),
      { numRuns: 200 },
    );
  });

  it('are remembered as they are stored', () => {
    const bursts = observeBursts(watched(2, 5, 300), { ...calm, isBurst: true, total: 9, at: 3 * DAY });
    const pools = {
      ...{ at: 0, handover: 0, coming: 0, boots: 0, bootSeconds: 0, refusals: [], isReturning: false },
      ...{ missingSince: {}, lasting: [], bursts },
    };
    expect(itemSchema.shape.policy.shape.pools.parse(pools)).toEqual(pools);
  });

  it('a resume that takes as long as a boot saves nothing', () => {
    expect(savingOf(165, 165, 6, 0.2)).toBe(0);
    expect(savingOf(165, 50, 6, 0)).toBe(0);
    // (0.2 · 115 / 6) · (57.5 + √(2 · 165 · 6 / 0.2))
    expect(savingOf(165, 50, 6, 0.2)).toBeCloseTo(601.8, 0);
  });
});
