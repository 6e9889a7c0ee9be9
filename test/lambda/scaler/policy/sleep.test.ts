/** Which gaps are seen, and how long the last instance is kept after them. */
import { describe, expect, it } from 'vitest';
import {
  emptySleep,
  GAP_BINS,
  gapEdge,
  isSleepTime,
  keepSeconds,
  observeGaps,
  wakeUpOf,
  type SleepLook,
  type SleepMemory,
} from '../../../../lambda/scaler/policy/sleep.ts';

const look = (at: number, more: Partial<SleepLook> = {}): SleepLook => ({
  ...{ at, before: at - 30, seconds: 30, isBroken: false, isConfirmed: false },
  ...{ visible: 0, inFlight: 0, arrived: 0, inService: 1, desired: 1 },
  ...more,
});
/** Gaps of these lengths, each ended by one photo; the fleet stays awake. */
function after(...gaps: number[]): SleepMemory {
  let memory = emptySleep();
  let at = 0;
  for (const gap of [...gaps, 1]) {
    memory = observeGaps(memory, look(at, { inFlight: 1, arrived: 1 }));
    memory = observeGaps(memory, look(at + 1));
    at += 1 + gap;
  }
  return memory;
}
const many = (count: number, ...gaps: number[]) => Array.from({ length: count }, () => gaps).flat();
const wakeUp = { cost: 100, photos: 0 };

describe('the keep time', () => {
  it('is the cost of a wake-up while fewer than three gaps are known', () => {
    expect(keepSeconds(emptySleep(), wakeUp)).toBe(100);
    expect(keepSeconds(after(1e4, 1e4), wakeUp)).toBe(100);
  });

  it('is none where photos come hours apart', () => {
    expect(keepSeconds(after(...many(20, 9000)), wakeUp)).toBe(0);
  });

  it('covers gaps that are shorter than a wake-up is dear, and no longer ones', () => {
    const keep = keepSeconds(after(...many(30, 20, 20, 20, 5000)), wakeUp);
    expect(keep).toBeGreaterThanOrEqual(20);
    expect(keep).toBeLessThan(30);
  });

  it('does not cover gaps that cost as much as a wake-up', () => {
    expect(keepSeconds(after(...many(30, 95, 95, 95, 5000)), wakeUp)).toBe(0);
  });

  it('is none where it saves less than a tenth', () => {
    // Gaps of 80 to 113 s, 97 on average, against a wake-up of 100 s.
    expect(keepSeconds(after(...many(30, 95)), wakeUp)).toBe(0);
    expect(keepSeconds(after(...many(30, 95)), { ...wakeUp, cost: 110 })).toBeGreaterThan(95);
  });

  it('is shorter where a wake-up serves many photos', () => {
    const memory = after(...many(30, 40, 40, 40, 40, 5000));
    expect(keepSeconds(memory, wakeUp)).toBeGreaterThanOrEqual(40);
    expect(keepSeconds(memory, { cost: 100, photos: 4 })).toBe(0);
  });

  it('follows a change within some fifty gaps', () => {
    expect(keepSeconds(after(...many(200, 20), ...many(120, 4000)), wakeUp)).toBe(0);
    expect(keepSeconds(after(...many(200, 4000), ...many(120, 20)), wakeUp)).toBeGreaterThanOrEqual(20);
  });
});

describe('a gap', () => {
  it('is in the bin of its length, of which there are few', () => {
    const { gaps } = after(20, 1e9);
    expect(gaps).toHaveLength(GAP_BINS);
    expect(gaps[GAP_BINS - 1]).toBeGreaterThan(0.9);
    const bin = gaps.findIndex((weight) => weight > 0);
    expect([gapEdge(bin - 1) < 20, gapEdge(bin) >= 20]).toEqual([true, true]);
  });

  it('is not known over a pause, a clock that was set back, or a second look at the same instant', () => {
    const empty = observeGaps(emptySleep(), look(100));
    const photo = { inFlight: 1, arrived: 1 };
    expect(observeGaps(empty, look(5000, { ...photo, isBroken: true })).gaps).toEqual([]);
    expect(observeGaps(empty, look(50, photo)).gaps).toEqual([]);
    expect(observeGaps(empty, look(200, { ...photo, before: 200 }))).toBe(empty);
  });

  it('ends with a photo that came and went between two looks', () => {
    const memory = observeGaps(observeGaps(emptySleep(), look(0)), look(30, { arrived: 1 }));
    expect(memory).toMatchObject({ emptyAt: 30, looks: 1 });
    expect(memory.gaps.some((weight) => weight > 0)).toBe(true);
  });
});

describe('the last instance goes', () => {
  it('after two looks at an empty queue, or one where workers finished all that left it', () => {
    const first = observeGaps(emptySleep(), look(0));
    expect(isSleepTime(first, 0, 0)).toBe(false);
    expect(isSleepTime(observeGaps(first, look(5)), 5, 0)).toBe(true);
    expect(isSleepTime(observeGaps(emptySleep(), look(0, { isConfirmed: true })), 0, 0)).toBe(true);
  });

  it('not before its keep time, nor after a pause', () => {
    const memory = observeGaps(observeGaps(emptySleep(), look(0)), look(30));
    expect([isSleepTime(memory, 30, 60), isSleepTime(memory, 60, 60)]).toEqual([false, true]);
    expect(isSleepTime(observeGaps(memory, look(5000, { isBroken: true })), 5000, 60)).toBe(false);
  });
});

it('a wake-up costs its boot and the waits for it, and serves what comes meanwhile', () => {
  expect(wakeUpOf(emptySleep(), 90, 0.1)).toEqual({ cost: 99, photos: 0 });
  let memory = observeGaps(emptySleep(), look(0, { visible: 2, desired: 0, inService: 0 }));
  memory = observeGaps(memory, look(30, { visible: 5, arrived: 3, inService: 0 }));
  memory = observeGaps(memory, look(90, { seconds: 60, inFlight: 1, visible: 4 }));
  // 5 photos waited for 30 s, 4 for 60 s; with the one boot of the first guess.
  expect(memory.woken).toEqual({ count: 1, photos: 4, waited: 390 });
  expect(wakeUpOf(memory, 90, 0.1)).toEqual({ cost: 90 + (0.1 * (390 + 90)) / 2, photos: 2 });
});
