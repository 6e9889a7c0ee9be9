/** Cost and busy time between two ticks: over gaps, midnights and clocks that are set back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costPerHour, observeLedger, overBudget, type Ledger } from '../../../lambda/scaler/ledger.ts';

const ON_DEMAND = { onDemandBaseCapacity: 0, spotPercentage: 0 };
const PRICES = { hourlyPrices: { 'g4dn.xlarge': 0.5, 'g5.xlarge': 1 }, ...ON_DEMAND };
const MIDNIGHT = 20_000 * 86_400;
const reading = (at: number, instances: number, busySeconds?: number) => ({
  at,
  instances,
  inService: instances,
  types: { 'g4dn.xlarge': instances },
  ...(busySeconds !== undefined && { reported: { completed: 0, busySeconds } }),
});
/** The last ledger and figures after some ticks. */
const after = (readings: ReturnType<typeof reading>[], start?: Ledger) =>
  readings.reduce<{ before: Ledger | undefined; figures?: ReturnType<typeof observeLedger>['figures'] }>(
    ({ before }, seen) => {
      const { ledger, figures } = observeLedger(seen, before, PRICES);
      return { before: ledger, figures };
    },
    { before: start },
  );

describe('the cost of an hour', () => {
  it.each<[string, Partial<Parameters<typeof costPerHour>[0]>, number]>([
    ['no instances', { instances: 0 }, 0],
    ['each by its type', { instances: 3, types: { 'g4dn.xlarge': 2, 'g5.xlarge': 1 } }, 2],
    ['a type without a price costs as much as the dearest', { instances: 1, types: { 'g9.xlarge': 1 } }, 1],
    ['and so does an instance of unknown type', { instances: 3, types: { 'g4dn.xlarge': 1 } }, 2.5],
    ['no types at all', { instances: 2 }, 2],
    [
      'each by its market, where the pools are known',
      {
        instances: 4,
        types: { 'g4dn.xlarge': 2, 'g5.xlarge': 1 },
        typesByPool: { spot: { 'g4dn.xlarge': 2 }, 'on-demand': { 'g5.xlarge': 1 } },
      },
      0.5 + 1 + 1,
    ],
  ])('%s', (_name, given, cost) => {
    expect(costPerHour({ at: 0, instances: 0, inService: 0, ...given }, PRICES)).toBe(cost);
  });

  it('counts Spot at the share of its pool', () => {
    const types = { spot: { 'g5.xlarge': 2 }, 'on-demand': { 'g5.xlarge': 1 } };
    const seen = { at: 0, instances: 3, inService: 3, types: { 'g5.xlarge': 3 }, typesByPool: types };
    expect(costPerHour(seen, { ...PRICES, spotPriceShare: 0.25 })).toBe(1.5);
  });

  it('is 0 without prices', () =>
    expect(costPerHour({ at: 0, instances: 4, inService: 4 }, { hourlyPrices: {}, ...ON_DEMAND })).toBe(0));

  it.each([
    // 70 of 100 Spot: of one none is, of two one, of ten seven.
    [1, 1],
    [2, 1.5],
    [10, 6.5],
  ])(
    'of %d with 70 per cent Spot is USD %d: rounded towards on-demand, as Auto Scaling does',
    (instances, cost) => {
      const prices = { ...PRICES, spotPercentage: 70 };
      const types = { 'g5.xlarge': instances };
      expect(costPerHour({ at: 0, instances, inService: instances, types }, prices)).toBe(cost);
    },
  );

  it('has the on-demand base at any share', () => {
    const prices = { ...PRICES, onDemandBaseCapacity: 2, spotPercentage: 100 };
    expect(costPerHour({ at: 0, instances: 4, inService: 4, types: { 'g5.xlarge': 4 } }, prices)).toBe(3);
  });
});

describe('the spending of a day', () => {
  it('starts at 0, and grows by the instances of the tick before', () => {
    expect(after([reading(MIDNIGHT, 4)]).figures).toEqual({ perHour: 2, spentToday: 0 });
    expect(after([reading(MIDNIGHT, 4), reading(MIDNIGHT + 1800, 0)]).figures?.spentToday).toBe(1);
  });

  it('continues over a gap', () => {
    expect(after([reading(MIDNIGHT, 4), reading(MIDNIGHT + 6 * 3600, 4)]).figures?.spentToday).toBe(12);
  });

  it('starts again at midnight UTC, with the part of the new day', () => {
    const readings = [reading(MIDNIGHT - 7200, 4), reading(MIDNIGHT - 3600, 4), reading(MIDNIGHT + 900, 4)];
    expect(after(readings.slice(0, 2)).figures?.spentToday).toBe(2);
    expect(after(readings).figures?.spentToday).toBe(0.5);
  });

  it.each<[string, number[], number]>([
    ['within a day', [0, 3600, 600], 2],
    ['and counts no time twice', [0, 3600, 600, 3600, 7200], 4],
    ['over midnight, where the new day stays', [-3600, 1800, -1, 3600], 2],
    ['by more than an hour: the sum continues from there', [0, 7200, 600, 4200], 6],
  ])('does not fall when a clock is set back, %s', (_how, times, spent) => {
    expect(after(times.map((time) => reading(MIDNIGHT + time, 4))).figures?.spentToday).toBeCloseTo(spent, 9);
  });

  it('does not depend on the number of ticks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 86_399 }), { maxLength: 40 }), (times) => {
        const at = [0, ...times.sort((a, b) => a - b), 86_399].map((time) => reading(MIDNIGHT + time, 4));
        expect(after(at).figures?.spentToday).toBeCloseTo((2 * 86_399) / 3600, 6);
      }),
      { seed: 20_261_125, numRuns: 100 },
    );
  });
});

describe('a second tick', () => {
  it('at the same instant counts its own instances from there', () => {
    const times = [reading(MIDNIGHT, 4), reading(MIDNIGHT, 2), reading(MIDNIGHT + 3600, 2)];
    expect(after(times).figures?.spentToday).toBe(1);
  });

  it.each([
    ['an hour back changes nothing', MIDNIGHT + 1800, { at: MIDNIGHT + 5400, spent: 3, day: 20_000 }],
    [
      'more than an hour back starts from there',
      MIDNIGHT + 1799,
      { at: MIDNIGHT + 1799, spent: 3, day: 20_000 },
    ],
    [
      'more than an hour back keeps the sum of another day',
      MIDNIGHT - 1,
      { at: MIDNIGHT - 1, spent: 3, day: 19_999 },
    ],
  ])('%s', (_name, at, ledger) => {
    const before = after([reading(MIDNIGHT, 4), reading(MIDNIGHT + 5400, 4)]).before;
    expect(after([reading(at, 4)], before).before).toMatchObject(ledger);
  });

  it('has no busy share where it is unknown', () => {
    expect(after([reading(MIDNIGHT, 4), reading(MIDNIGHT + 30, 4)]).figures).not.toHaveProperty('busy');
  });
});

describe('the busy share', () => {
  it.each<[string, ReturnType<typeof reading>[], number | undefined]>([
    ['unknown at the first tick', [reading(1000, 2, 5)], undefined],
    ['half of the time of two instances', [reading(1000, 2, 5), reading(1030, 2, 35)], 0.5],
    ['1 at most, with work from before the tick', [reading(1000, 2, 5), reading(1030, 2, 500)], 1],
    ['unknown with the second report only', [reading(1000, 2), reading(1030, 2, 5)], undefined],
    ['unknown at a second tick of the same instant', [reading(1000, 2, 5), reading(1000, 2, 9)], undefined],
    ['unknown without reports', [reading(1000, 2), reading(1030, 2)], undefined],
    ['unknown without an instance in service', [reading(1000, 0, 5), reading(1030, 2, 5)], undefined],
    ['0 for idle instances', [reading(1000, 2, 5), reading(1030, 2, 5)], 0],
    ['0 when counters start again', [reading(1000, 2, 500), reading(1030, 2, 5)], 0],
  ])('%s', (_name, readings, busy) => expect(after(readings).figures?.busy).toBe(busy));
});

describe('the brake', () => {
  it.each([
    [{ dailyLimit: 10, brake: true }, 9.99, false],
    [{ dailyLimit: 10, brake: true }, 10, true],
    [{ dailyLimit: 10, brake: false }, 100, false],
    [{ dailyLimit: null, brake: true }, 1e9, false],
  ])('of %j after USD %d: %s', (given, spent, on) =>
    expect(overBudget({ ...PRICES, ...given }, spent)).toBe(on),
  );
});
