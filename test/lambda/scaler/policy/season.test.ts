/** The memory of the week: rises that come again, and how far they are followed. */
import { describe, expect, it } from 'vitest';
import {
  emptySeason,
  observeSeason,
  riseWithin,
  trustOf,
  type SeasonMemory,
} from '../../../../lambda/scaler/policy/season.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;
const NINE = 9 * 3600;
const TICK = 30;
const BUCKET = 900;

/** Photos/s at a time, observed tick by tick. */
function watch(
  rate: (at: number) => number,
  from: number,
  to: number,
  memory = emptySeason(from),
): SeasonMemory {
  for (let at = from + TICK; at <= to; at += TICK) {
    memory = observeSeason(memory, at, rate(at - TICK) * TICK, TICK);
  }
  return memory;
}
const office = (at: number) => (at % DAY >= NINE && at % DAY < NINE + 3600 ? 2 : 0.1);

/** A memory in bucket 10 with some rates. */
const remembered = (rates: Record<number, number>, more: Partial<SeasonMemory> = {}): SeasonMemory => ({
  ...emptySeason(10 * BUCKET),
  rates: Array.from({ length: 672 }, (_, k) => rates[k] ?? null),
  ...more,
});
const bucket = (index: number, seconds: number, peak: number, part = { photos: 0, seconds: 0 }) => ({
  index,
  seconds,
  peak,
  part,
});

describe('a rise that comes each week', () => {
  const week = watch(office, 0, WEEK);

  it('is predicted a boot ahead, and neither earlier nor where there was none', () => {
    expect(riseWithin(week, WEEK + NINE - 120, 120)).toBeGreaterThan(1);
    expect(riseWithin(week, WEEK + NINE - 130, 120)).toBe(0);
    expect(riseWithin(week, WEEK + NINE + 1800, 120)).toBe(0);
    expect(riseWithin(watch(office, 0, DAY), WEEK - DAY + NINE - 60, 120)).toBe(0);
  });

  it('is followed the more the more often it came', () => {
    expect(trustOf(watch(office, WEEK, 2 * WEEK, week))).toBe(1);
    expect(trustOf(week)).toBeLessThan(1);
  });

  it('is no longer followed when it does not come', () => {
    const quiet = watch(() => 0.1, WEEK, 2 * WEEK, week);
    expect(trustOf(quiet)).toBe(0);
    expect(riseWithin(quiet, 2 * WEEK + NINE - 60, 120)).toBeLessThan(0.2);
  });
});

describe('a bucket of the week', () => {
  it.each([
    [0, 0],
    [899, 0],
    [900, 1],
    [WEEK - 1, 671],
    [WEEK, 0],
    [-1, 671],
  ])('at %d s is the one of index %d', (at, index) => {
    expect(emptySeason(at)).toEqual({
      rates: [],
      now: bucket(index, 0, 0),
      errors: { forecast: 0.25, none: 1 },
    });
  });

  it('has the rate of its busiest five minutes', () => {
    const parts: [photos: number, seconds: number][] = [
      [30, 150],
      [90, 150],
      [60, 299],
      [6, 1],
    ];
    const now = parts.reduce(
      (memory, [photos, seconds]) => observeSeason(memory, 10 * BUCKET, photos, seconds),
      emptySeason(10 * BUCKET),
    ).now;
    expect(now).toEqual(bucket(10, 600, 0.4));
    const more = observeSeason({ ...emptySeason(10 * BUCKET), now }, 10 * BUCKET, 5, 30).now;
    expect(more).toEqual(bucket(10, 630, 0.4, { photos: 5, seconds: 30 }));
  });

  it.each([
    ['of which 80 % were observed is learned', 720, 0.4],
    ['of which less was observed is not', 719, null],
  ])('%s', (_name, seconds, rate) => {
    const memory = { ...emptySeason(10 * BUCKET), now: bucket(10, seconds, 0.4) };
    const after = observeSeason(memory, 11 * BUCKET, 5, 30);
    expect(after.now).toEqual(bucket(11, 0, 0));
    expect(after.rates[10] ?? null).toBe(rate);
    expect(after.rates).toHaveLength(rate === null ? 0 : 672);
  });

  it('has half of its rate from the latest week, with four digits', () => {
    const memory = remembered({ 10: 0.1 }, { now: bucket(10, 900, 1 / 3) });
    expect(observeSeason(memory, 11 * BUCKET, 0, 30).rates[10]).toBe(0.2167);
    expect(memory.rates[10]).toBe(0.1);
  });
});

describe('a rise', () => {
  it.each<[string, Record<number, number>, boolean]>([
    // From 0.2 by 4 x sqrt((0.2 + rate) / 300): 0.2 + 0.19 at 0.5.
    ['to two and a half times the rate before', { 10: 0.2, 11: 0.5 }, true],
    ['to less', { 10: 0.2, 11: 0.499 }, false],
    ['within the noise of the counts', { 10: 0.02, 11: 0.06 }, false],
    ['just within it', { 10: 0.02, 11: 0.09 }, false],
    ['beyond it', { 10: 0.02, 11: 0.11 }, true],
    ['out of nothing', { 10: 0, 11: 0.06 }, true],
    ['out of nothing, within the noise', { 10: 0, 11: 0.05 }, false],
    ['from a bucket that was never observed', { 11: 0.5 }, false],
    ['to a bucket that was never observed', { 10: 0.2 }, false],
  ])('%s', (_name, rates, isRise) => {
    const memory = remembered(rates, { now: bucket(10, 900, 0.2) });
    const { foreseen } = observeSeason(memory, 11 * BUCKET, 0, 30);
    const before = observeSeason(memory, 11 * BUCKET, 0, 30).rates[10];
    expect(foreseen).toEqual(isRise ? { rate: rates[11], before: rates[10] } : undefined);
    expect(before).toBeDefined();
  });

  it('into the first bucket of the week is one from the last', () => {
    const memory = remembered({ 671: 0.2, 0: 2 }, { now: bucket(671, 900, 0.2) });
    expect(observeSeason(memory, WEEK, 0, 30).foreseen).toEqual({ rate: 2, before: 0.2 });
  });
});

describe('errors', () => {
  const after = (peak: number, errors = { forecast: 0.5, none: 2 }) =>
    observeSeason(
      remembered({}, { now: bucket(10, 900, peak), foreseen: { rate: 2, before: 0.4 }, errors }),
      11 * BUCKET,
      0,
      30,
    );

  it.each([
    // Shares of the larger of both rates: |2 - 4| / 4 and |0.4 - 4| / 4.
    ['of a rise to more', 4, 0.4 + 0.5, 1.6 + 0.9],
    // |2 - 1| / 2 and |0.4 - 1| / 2.
    ['of a rise to less', 1, 0.4 + 0.5, 1.6 + 0.3],
  ])('%s fade and add up', (_name, peak, forecast, none) => {
    expect(after(peak).errors.forecast).toBeCloseTo(forecast, 9);
    expect(after(peak).errors.none).toBeCloseTo(none, 9);
    expect(after(peak)).not.toHaveProperty('foreseen');
  });

  it('stay without a prediction, and without the bucket', () => {
    const errors = { forecast: 0.5, none: 1 };
    const unpredicted = remembered({}, { now: bucket(10, 900, 4), errors });
    expect(observeSeason(unpredicted, 11 * BUCKET, 0, 30).errors).toEqual(errors);
    const missed = { ...unpredicted, now: bucket(10, 700, 4), foreseen: { rate: 2, before: 0.4 } };
    expect(observeSeason(missed, 11 * BUCKET, 0, 30).errors).toEqual(errors);
  });

  it.each([
    // (1 - 0.25) / 0.8.
    [{ forecast: 0.25, none: 1 }, 0.9375],
    [{ forecast: 0.2, none: 1 }, 1],
    [{ forecast: 0, none: 1 }, 1],
    [{ forecast: 0.6, none: 1 }, 0.5],
    [{ forecast: 2, none: 1 }, 0],
    [{ forecast: 0, none: 0 }, 1],
  ])('%j are trusted by %d', (errors, trust) => {
    expect(trustOf(remembered({}, { errors }))).toBeCloseTo(trust, 9);
  });
});

describe('a prediction', () => {
  // 0.4 + 0.5 x (2 - 0.4).
  const errors = { forecast: 0.6, none: 1 };
  const rates = { 10: 0.4, 11: 2, 12: 0.1, 13: 3 };
  const at = 10 * BUCKET;

  it.each([
    ['within the time ahead', at + 600, 300, 1.2],
    ['not beyond it', at + 599, 300, 0],
    ['the highest of several', at, 3 * BUCKET, 0.1 + 0.5 * 2.9],
    ['of those within the time ahead', at, 3 * BUCKET - 1, 1.2],
    ['none where there is no rise', at + BUCKET, 300, 0],
  ])('%s', (_name, now, seconds, rate) => {
    expect(riseWithin(remembered(rates, { errors }), now, seconds)).toBeCloseTo(rate, 9);
  });

  it.each([
    ['for five minutes', 299, 1.2],
    ['no longer', 300, 0],
  ])('that is due counts %s', (_name, seconds, rate) => {
    const memory = remembered({}, { errors, foreseen: { rate: 2, before: 0.4 } });
    expect(riseWithin(memory, at + seconds, 60)).toBeCloseTo(rate, 9);
  });

  it('that is due does not hide a higher one ahead', () => {
    const memory = remembered(rates, { errors, foreseen: { rate: 1, before: 0.4 } });
    expect(riseWithin(memory, at, BUCKET)).toBeCloseTo(1.2, 9);
    expect(riseWithin({ ...memory, foreseen: { rate: 9, before: 0.4 } }, at, BUCKET)).toBeCloseTo(4.7, 9);
  });

  it('goes on into the next week', () => {
    const memory = remembered({ 671: 0.4, 0: 2 }, { errors });
    expect(riseWithin(memory, WEEK - 60, 120)).toBeCloseTo(1.2, 9);
  });
});
