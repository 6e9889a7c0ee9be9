/** Photos that wait longer than was promised for a percentile. */
import { describe, expect, it } from 'vitest';
import {
  emptyTail,
  meanFor,
  observeTail,
  p95Wait,
  type TailMemory,
} from '../../../../lambda/scaler/policy/tail.ts';

interface Tick {
  arrived: number;
  visible: number;
}
/** Ticks of 30 s, from a memory. */
const ticks = (given: Tick[], wanted = 30, from = emptyTail(), seconds = 30): TailMemory =>
  given.reduce(
    (before, one, k) => observeTail(before, { at: seconds * (k + 1), seconds, ...one }, wanted),
    from,
  );
const total = (counts: number[]) => counts.reduce((sum, count) => sum + count, 0);
const repeat = (length: number, tick: Tick) => Array.from({ length }, () => tick);

describe('waits', () => {
  it('are none of photos that are gone at each tick', () => {
    const { waiting, waits, lesson } = ticks(repeat(100, { arrived: 20, visible: 0 }));
    expect(waiting).toEqual([]);
    expect(p95Wait({ waits })).toBeLessThanOrEqual(1);
    expect(lesson.next).toBeLessThan(1);
  });

  it('follow first in, first out', () => {
    // The 60 of the first tick start in the third one: after 30 to 60 s.
    const { waiting, waits } = ticks([
      { arrived: 60, visible: 60 },
      { arrived: 30, visible: 90 },
      { arrived: 0, visible: 30 },
    ]);
    expect(waiting).toEqual([{ from: 30, to: 60, count: 30 }]);
    expect(total(waits)).toBeCloseTo(60, 6);
    // All 60 after a minute: those of 1.5^10 = 57.7 to 1.5^11 = 86.5 s.
    expect(waits[11]).toBeCloseTo(60, 6);
  });

  it('of a steady queue are its length over its rate', () => {
    // 100 waiting at 1 a second.
    const { waits } = ticks([{ arrived: 100, visible: 100 }, ...repeat(200, { arrived: 30, visible: 100 })]);
    expect(p95Wait({ waits })).toBeGreaterThan(86);
    expect(p95Wait({ waits })).toBeLessThan(130);
  });

  it('are unknown before twenty photos', () => {
    expect(p95Wait(ticks([{ arrived: 19, visible: 0 }]))).toBeUndefined();
    expect(p95Wait(emptyTail())).toBeUndefined();
  });

  it('of photos that were never seen to arrive count from their tick', () => {
    const { waiting } = ticks([{ arrived: 0, visible: 7 }]);
    expect(waiting).toEqual([{ from: 0, to: 30, count: 7 }]);
  });

  it('stay as they are at a second tick of the same instant', () => {
    const before = ticks(repeat(3, { arrived: 5, visible: 9 }));
    expect(observeTail(before, { at: 90, seconds: 0, arrived: 0, visible: 99 }, 30)).toBe(before);
  });

  it('are remembered in bounded pieces', () => {
    const many = Array.from({ length: 300 }, (_, k) => ({ arrived: 2, visible: 2 * k + 2 }));
    const { waiting, waits } = ticks(many);
    expect(waiting.length).toBe(32);
    expect(waits.length).toBe(28);
    expect(total(waiting.map(({ count }) => count))).toBe(600);
  });
});

describe('the price', () => {
  /** An hour of which this share of the photos waits for a minute. */
  const hour = (share: number, seconds = 30) => {
    const arrived = 40 * (seconds / 30);
    const late = Array.from({ length: 3600 / seconds }, (_, k) => {
      const isLate = (k * seconds) % 1200 < 1200 * share;
      return { arrived, visible: isLate ? 80 : 0 };
    });
    return ticks(late, 30, emptyTail(), seconds).lesson.next;
  };

  it('starts at that of a mean of a sixth', () => {
    expect(meanFor(30)).toBe(5);
  });

  it('rises where more than a twentieth waits longer, and falls where none does', () => {
    expect(hour(0.3)).toBeGreaterThan(1.2);
    expect(hour(0)).toBeLessThan(1);
  });

  it('follows within a tenth whether the scaler looks each 5 s or each 30 s', () => {
    expect(Math.abs(Math.log(hour(0.3, 5) / hour(0.3, 30)))).toBeLessThan(0.1);
  });

  it('rises to twice the limit of a mean', () => {
    const days = ticks([{ arrived: 100, visible: 100 }, ...repeat(8640, { arrived: 30, visible: 100 })]);
    expect(days.lesson.next).toBeCloseTo(2 * 3 * Math.sqrt(2), 6);
  });

  it('changes at the next tick', () => {
    const first = ticks([{ arrived: 100, visible: 100 }, ...repeat(20, { arrived: 30, visible: 100 })]);
    const next = observeTail(first, { at: 660, seconds: 30, arrived: 0, visible: 0 }, 30);
    expect(next.factor).toBe(first.lesson.next);
  });
});
