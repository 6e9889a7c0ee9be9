/** The price of waiting follows the measured mean wait. */
import { describe, expect, it } from 'vitest';
import {
  adaptPrice,
  emptyPrice,
  meanWait,
  observeWaits,
  type PriceMemory,
} from '../../../../lambda/scaler/policy/price.ts';

const memory = (more: Partial<PriceMemory>): PriceMemory => ({ ...emptyPrice(), ...more });

it.each([
  [{ waited: 100, photos: 5 }, 20],
  [{ waited: 0, photos: 10 }, 0],
  [{ waited: 100, photos: 4.9 }, undefined],
])('%j is a mean wait of %d s', (given, wait) => {
  expect(meanWait(memory(given))).toBe(wait);
});

describe('waits', () => {
  it('add the mean of both ticks over the seconds between, and the photos that arrived', () => {
    const before = memory({ waited: 1000, photos: 50, visible: 10, factor: 2 });
    const kept = Math.exp(-72 / 7200);
    // (10 + 30) / 2 x 72 s.
    expect(observeWaits(before, { seconds: 72, arrived: 8, visible: 30 })).toEqual({
      factor: 2,
      waited: 1000 * kept + 1440,
      photos: 50 * kept + 8,
      visible: 30,
    });
  });

  it('stay as they are at a second tick of the same instant', () => {
    const before = memory({ waited: 1000, photos: 50, visible: 10 });
    expect(observeWaits(before, { seconds: 0, arrived: 8, visible: 30 })).toBe(before);
  });
});

describe('the factor', () => {
  /** 10 photos that waited so long on average. */
  const waiting = (seconds: number, factor = 1.5) => memory({ waited: 10 * seconds, photos: 10, factor });

  it.each([
    ['at the target it nearly stays', 10, 3600, 1.5 * 1.01],
    ['at e times the target it rises by e in an hour', 10 * Math.E - 0.1, 1800, 1.5 * Math.exp(0.5)],
    ['at more it rises no faster', 10_000, 1800, 1.5 * Math.exp(0.5)],
    ['at an e-th of the target it falls by e in an hour', 10 / Math.E - 0.1, 360, 1.5 * Math.exp(-0.1)],
    ['without waits it falls no faster', 0, 360, 1.5 * Math.exp(-0.1)],
    ['it never falls below the start', 0, 7200, 1],
    ['it never rises above three times the start', 10_000, 7200, 3],
  ])('%s', (_name, wait, seconds, factor) => {
    expect(adaptPrice(waiting(wait), seconds, 10).factor).toBeCloseTo(factor, 8);
  });

  it('keeps the waits', () => {
    expect(adaptPrice(waiting(40), 30, 10)).toMatchObject({ waited: 400, photos: 10, visible: 0 });
  });

  it.each([
    ['with too few photos', memory({ waited: 400, photos: 4 }), 30],
    ['at a second tick of the same instant', waiting(40), 0],
  ])('stays %s', (_name, before, seconds) => {
    expect(adaptPrice(before, seconds, 10)).toBe(before);
  });
});
