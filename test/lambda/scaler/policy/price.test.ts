/** The price of waiting follows what was waited. */
import { describe, expect, it } from 'vitest';
import {
  emptyPrice,
  factorLimits,
  learnFactor,
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
  const before = memory({ waited: 1000, photos: 50, visible: 10, factor: 2 });

  it('add the mean of both ticks over the seconds between, and the photos that arrived', () => {
    const kept = Math.exp(-72 / 7200);
    // (10 + 30) / 2 x 72 s.
    expect(observeWaits(before, { seconds: 72, arrived: 8, visible: 30 }, 10)).toMatchObject({
      waited: 1000 * kept + 1440,
      photos: 50 * kept + 8,
      visible: 30,
    });
  });

  it('change the price of the next tick', () => {
    const after = observeWaits(before, { seconds: 72, arrived: 8, visible: 30 }, 10);
    expect(after.factor).toBe(2);
    expect(after.lesson?.next).toBeGreaterThan(2);
    expect(observeWaits(after, { seconds: 30, arrived: 0, visible: 0 }, 10).factor).toBe(after.lesson?.next);
  });

  it('stay as they are at a second tick of the same instant', () => {
    expect(observeWaits(before, { seconds: 0, arrived: 8, visible: 30 }, 10)).toBe(before);
  });
});

describe('the factor', () => {
  const limits = { least: 0.1, most: 10 };
  const day = { next: 1, photos: 10_000, seconds: 86_400 };
  const after = (excess: number, seconds = 30, arrived = 10, lesson = day) =>
    learnFactor(lesson, { seconds, arrived, excess }, limits);
  /** One day with this excess of each photo, in ticks of so many seconds. */
  const walk = (excess: number, seconds: number, from = day) => {
    let lesson = from;
    for (let at = 0; at < 86_400; at += seconds) {
      const arrived = seconds / 8.64;
      lesson = learnFactor(lesson, { seconds, arrived, excess: arrived * excess }, limits);
    }
    return lesson.next;
  };

  it('rises and falls by one and a half times the share of the photos in excess', () => {
    const photos = 10_000 * Math.exp(-30 / 86_400) + 10;
    expect(after(50).next).toBeCloseTo(Math.exp((1.5 * 50) / photos), 9);
    expect(after(-50).next).toBeCloseTo(Math.exp((-1.5 * 50) / photos), 9);
  });

  it('stays while no photo arrives and none waits, however long', () => {
    expect(after(0, 900, 0, { ...day, next: 1.7 }).next).toBe(1.7);
  });

  it('is the same, within a fiftieth, whether the scaler looks each 5 s or each minute', () => {
    for (const excess of [0.5, -0.5]) {
      const [often, seldom] = [walk(excess, 5), walk(excess, 60)];
      expect(Math.abs(Math.log(often / seldom))).toBeLessThan(0.02);
    }
  });

  it('changes by no more than e in five minutes', () => {
    expect(after(1e6).next).toBeCloseTo(Math.exp(30 / 300), 9);
    expect(after(-1e6).next).toBeCloseTo(Math.exp(-30 / 300), 9);
  });

  it('takes the photos of the first two hours for a part of them', () => {
    const hour = { next: 1, photos: 1000, seconds: 3600 };
    const kept = Math.exp(-30 / 86_400);
    const two = ((1000 * kept + 10) * 7200) / (3600 * kept + 30);
    expect(after(20, 30, 10, hour).next).toBeCloseTo(Math.exp((1.5 * 20) / two), 9);
  });

  it('stays with fewer than five photos, and within its limits', () => {
    expect(after(3, 30, 1, { next: 1, photos: 3, seconds: 900 }).next).toBe(1);
    expect(after(1e6, 30, 10, { ...day, next: 9.99 }).next).toBe(10);
    expect(after(-1e6, 30, 10, { ...day, next: 0.1001 }).next).toBe(0.1);
  });

  it('of a backlog that no capacity can shorten rises to its limit and is back within two days', () => {
    const stuck = walk(50, 60);
    expect(stuck).toBe(10);
    const later = walk(-0.9, 60, { ...day, next: stuck });
    expect(walk(-0.9, 60, { ...day, next: later })).toBeLessThan(1);
  });
});

it.each([
  // At 10 s it only rises.
  [10, 1, 3],
  // 4.5^-1.5, 3 x sqrt(4.5).
  [45, 0.1048, 6.364],
  // Down to the price of 10 s.
  [2.5, 0.125, 6],
])('a target of %d s lets the price move from %d to %d times its start', (target, least, most) => {
  expect(factorLimits(target).least).toBeCloseTo(least, 4);
  expect(factorLimits(target).most).toBeCloseTo(most, 3);
});
