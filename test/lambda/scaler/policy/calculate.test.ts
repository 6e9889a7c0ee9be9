/** Instances needed and kept, from a memory with known estimates. */
import { describe, expect, it } from 'vitest';
import { calculate } from '../../../../lambda/scaler/policy/calculate.ts';
import { learn, type Learned } from '../../../../lambda/scaler/policy/learn.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { marginAt } from '../../../../lambda/scaler/policy/sizing.ts';
import { emptySleep } from '../../../../lambda/scaler/policy/sleep.ts';
import { emptySlo } from '../../../../lambda/scaler/policy/slo.ts';
import { emptyTail } from '../../../../lambda/scaler/policy/tail.ts';
import { NOW, seen, slo } from '../support/observations.ts';

/** Photos of 6 s, boots of 90 s, 1.005 photos/s over a mean of 0.1, nothing on its way. */
const learned: Learned = {
  ...emptySlo(),
  flow: { at: NOW, backlog: 0, inFlight: 0, reported: null, carried: 0, completed: 0, busySeconds: 0 },
  rate: {
    levels: [{ weight: 1, photos: 100, seconds: 95 }],
    mean: 0.1,
    observed: 3600,
    ended: 0,
    watched: 0,
    burst: 0,
  },
};
const calm: Learned = {
  ...learned,
  rate: { ...learned.rate, levels: [{ weight: 1, photos: 0, seconds: 1e9 }] },
};
const emptyFor = (seconds: number): Partial<Learned> => ({
  emptySince: NOW - seconds,
  sleep: { ...emptySleep(), emptyAt: NOW - seconds, looks: 2 },
});
const result = (observed: Partial<Observation>, memory: Partial<Learned> = {}, settings = {}) =>
  calculate(seen(observed), { ...learned, ...memory }, { ...slo, ...settings });

it('has the numbers of the formulas', () => {
  const { calculation, needed, kept, idle } = result({ visible: 0, inFlight: 9, inService: 9, desired: 9 });
  // 0.905 above the mean fades with e^(-t/600): for half of a boot, and over one.
  const load = 6 * (0.1 + 0.905 * Math.exp(-45 / 600));
  const arriving = 9 + 0.905 * 600 * (1 - Math.exp(-90 / 600));
  expect(calculation).toEqual({
    rate: expect.closeTo(1.005, 9) as number,
    serviceSeconds: 6,
    bootSeconds: 90,
    // 9 instances finish 135 photos.
    queuedThen: 0,
    price: 0.12,
    meanWait: null,
    late: 0,
    load: expect.closeTo(load, 9) as number,
    batch: 1,
    // √(2 · 1.005 · 10 · √(0.12 · 6 / (13 · 90))).
    mostBelow: expect.closeTo(Math.sqrt(20.1 * Math.sqrt(0.72 / 1170)), 2) as number,
    keepSeconds: 300,
  });
  expect(arriving).toBeLessThan(135);
  // 5.77 rounded up; 1.005 x 6 + √(6.03 x 6 / 150) rounded up.
  expect([needed, kept, idle]).toEqual([6, 7, 0]);
});

it('adds what a queue needs', () => {
  const { calculation, needed, kept } = result({ visible: 100, inService: 0, desired: 5 });
  const queued = 100 + 9 + 0.905 * 600 * (1 - Math.exp(-0.15));
  expect(calculation.queuedThen).toBeCloseTo(queued, 9);
  const sum = queued * Math.sqrt((0.12 * 6) / (13 * 90));
  expect(needed).toBe(Math.ceil(calculation.load + sum));
  expect(kept).toBe(Math.ceil(6.03 + Math.sqrt(6.03 / 25) + sum));
});

it.each([
  // By the price it would be -0.63; √(2 · 6 · 10 · 0.00207) = 0.498 is less.
  ['as the target lets a queue stand', 6, {}, -0.498],
  // √(2 · 6 · 5 · 0.00348): for a mean of a sixth of 30 s.
  ['as a percentile does', 6, { p95WaitSeconds: 30 }, -0.457],
  ['by the price where that is less', 60, {}, (1 / 12) ** 0.4 - 1],
])('a fleet is smaller than the load, %s', (_name, rate, settings, margin) => {
  const memory = { rate: { ...learned.rate, levels: [{ weight: 1, photos: rate * 1e6, seconds: 1e6 }] } };
  const { mostBelow, price } = result({}, memory, { serviceSeconds: 0.5, ...settings }).calculation;
  expect(marginAt(price, 1, mostBelow)).toBeCloseTo(margin, 3);
});

it('has the price of its settings, or that of the target times the factor', () => {
  expect(result({}, { price: { ...learned.price, factor: 2 } }).calculation.price).toBeCloseTo(0.24, 9);
  expect(result({}, {}, { priceOfWaiting: 0.5 }).calculation.price).toBe(0.5);
});

describe('an empty queue', () => {
  const one = { desired: 1, inService: 1 };
  it.each<[string, Partial<Observation>, Partial<Learned>, object, number, number, number]>([
    ['of a fleet at work needs what arrives', { desired: 9, inService: 9 }, {}, {}, 6, 7, 0],
    ['of a fleet at zero needs none', { desired: 0 }, {}, {}, 0, 9, 0],
    ['for less than the sleep time keeps one', one, { ...calm, ...emptyFor(299) }, {}, 1, 1, 299],
    ['does not sleep above a minimum', { ...one, min: 1 }, { ...calm, ...emptyFor(300) }, {}, 1, 1, 300],
    ['for the sleep time keeps none', one, { ...calm, ...emptyFor(300) }, {}, 0, 0, 300],
    ['wakes for a rate from elsewhere', one, { ...calm, ...emptyFor(300) }, { readyForRate: 0.5 }, 3, 4, 300],
    [
      'a backlog does not sleep, at any sleep time',
      { ...one, inFlight: 1 },
      calm,
      { sleepAfterSeconds: 0 },
      1,
      1,
      0,
    ],
  ])('%s', (_name, observed, memory, settings, needed, kept, emptySeconds) => {
    expect(result(observed, memory, settings)).toMatchObject({ needed, kept, emptySeconds });
  });
});

it.each([
  // For a mean of a sixth of 30 s: 0.12 x 2^1.5; for the mean of 10 s: 0.12, or four times that.
  ['the percentile', 1, 0.12 * 2 ** 1.5],
  ['the mean', 4, 0.48],
])('has the higher price of two promises: %s', (_name, factor, price) => {
  const memory = { price: { ...learned.price, factor }, tail: emptyTail() };
  expect(result({}, memory, { p95WaitSeconds: 30 }).calculation.price).toBeCloseTo(price, 9);
});

it('waits for the boot that ends a sleep leave no price behind', () => {
  const lesson = { next: 2, photos: 100, seconds: 3600 };
  const tail = { ...emptyTail(), factor: 2, lesson, waits: [7] };
  const before = { ...emptySlo(), price: { ...learned.price, factor: 2, lesson }, tail };
  const flow = { seconds: 30, arrived: 0, vanished: 0, memory: learned.flow! };
  const after = (observed: Partial<Observation>) =>
    learn(seen(observed), before, flow, before.capacity, { ...slo, p95WaitSeconds: 30 });
  const factorsOf = ({ price, tail }: Learned) => [price.factor, tail?.factor, tail?.lesson.next];
  const asleep = after({ desired: 0, inService: 0 });
  expect(factorsOf(asleep)).toEqual([1, 1, 1]);
  expect(asleep.tail?.waits[0]).toBeCloseTo(7, 2);
  expect(factorsOf(after({ desired: 1, inService: 1 }))).toEqual([2, 2, 2]);
});

it.each([
  ['by workers that finished all that left it', 3, 0, undefined, true],
  ['not where more left it than they finished', 3, 1, undefined, undefined],
  ['for as long as it stays empty', 0, 0, true, true],
  ['not by its staying empty', 0, 0, undefined, undefined],
])('an empty queue is confirmed %s', (_name, backlog, vanished, isEmptyConfirmed, confirmed) => {
  const at = { ...learned.flow!, at: NOW - 30, backlog };
  const before = { ...emptySlo(), flow: at, ...(isEmptyConfirmed ? { isEmptyConfirmed } : {}) };
  const flow = { seconds: 30, arrived: 0, vanished, memory: learned.flow! };
  const work = { reported: { completed: 9, busySeconds: 9 } };
  const now = (more: Partial<Observation>) => learn(seen(more), before, flow, before.capacity, slo);
  expect(now(work).isEmptyConfirmed).toBe(confirmed);
  expect(now({ ...work, visible: 1 }).isEmptyConfirmed).toBeUndefined();
  if (backlog > 0) expect(now({}).isEmptyConfirmed).toBeUndefined();
});
