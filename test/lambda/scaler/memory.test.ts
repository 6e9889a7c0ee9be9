/** The scaler's stored item: it returns what was stored, and a damaged one is discarded. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyMemory, fromItem, toItem } from '../../../lambda/scaler/memory.ts';
import { emptyRate } from '../../../lambda/scaler/policy/rate.ts';
import { emptySlo } from '../../../lambda/scaler/policy/slo.ts';
import { REASONS } from '../../../contract/reasons.ts';
import { decide } from '../../../lambda/scaler/policy/decide.ts';
import type { MemoryState } from '../../../lambda/scaler/ports.ts';
import { slo } from './support/observations.ts';

const count = fc.option(fc.nat(), { nil: null });
const at = fc.integer({ min: 0, max: 2_000_000_000 });
const always = {
  at,
  reason: fc.constantFrom(...REASONS),
  needed: count,
  visible: count,
  inFlight: count,
  desired: count,
  inService: count,
  pending: count,
  draining: count,
  min: count,
  max: count,
};
const optional = { unfulfilled: fc.nat(), completed: fc.nat() };
const record = fc.record(
  { ...always, ...optional },
  { requiredKeys: Object.keys(always) as (keyof typeof always)[] },
);
const state: fc.Arbitrary<MemoryState> = fc.record({
  controls: fc.constant({}),
  // The memory of the slo policy is tested in policy/properties.test.ts.
  policy: fc.record({ lastOutAt: at, lastInAt: at }, { requiredKeys: [] }),
  recent: fc.array(record, { maxLength: 60 }),
});
const ledger = { at: 5, perHour: 2, day: 0, spent: 7, inService: 4, busySeconds: null };

describe('the item', () => {
  it('returns what was stored', () => {
    fc.assert(
      fc.property(state, (given) => {
        expect(fromItem(JSON.parse(JSON.stringify(toItem(given))))).toEqual(given);
      }),
      { seed: 20_261_123, numRuns: 200 },
    );
  });

  it('holds no number that DynamoDB refuses, after a burst out of nothing and after a quiet month', () => {
    const numbers = (value: unknown): number[] =>
      typeof value === 'number'
        ? [value]
        : typeof value === 'object' && value !== null
          ? Object.values(value).flatMap(numbers)
          : [];
    let memory = {};
    const tiny: number[] = [];
    const observe = (at: number, visible: number) => {
      const count = {
        visible,
        inFlight: 0,
        desired: 0,
        inService: 0,
        pending: 0,
        draining: 0,
        min: 0,
        max: 5,
      };
      ({ memory } = decide({ at, ...count }, memory, slo));
      tiny.push(...numbers(memory).filter((one) => one !== 0 && Math.abs(one) < 1e-130));
      const stored = numbers(toItem({ policy: memory, recent: [] }));
      expect(stored.filter((one) => one !== 0 && (Math.abs(one) < 1e-130 || Math.abs(one) > 1e125))).toEqual(
        [],
      );
    };
    for (let k = 0; k < 300; k++) observe(k * 5, 0);
    for (let k = 300; k < 330; k++) observe(k * 5, 5000);
    for (let day = 1; day <= 30; day++) observe(1650 + day * 86_400, 0);
    // The case does occur.
    expect(tiny.length).toBeGreaterThan(0);
  });

  it('keeps the ledger when the rest is damaged', () => {
    const item = toItem({ policy: {}, recent: [], ledger });
    expect(fromItem(item)).toEqual({ ...emptyMemory(), ledger });
    expect(fromItem({ ...item, version: 99 }).ledger).toEqual(ledger);
    expect(fromItem({ ...item, ledger: { ...ledger, spent: -1 } }).ledger).toBeUndefined();
  });

  const good = toItem({ policy: { lastOutAt: 5 }, recent: [] });
  it.each<[string, unknown, boolean]>([
    ['that does not exist', undefined, false],
    ['with a lease and nothing else', { id: 'scaler', leaseOwner: 'a', leaseUntil: 5 }, false],
    ['of another version', { ...good, version: 99 }, true],
    [
      'with a negative rate',
      { ...good, policy: { slo: { ...emptySlo(), rate: { ...emptyRate(), mean: -1 } } } },
      true,
    ],
    [
      'with more idle counts than are ever stored',
      {
        ...good,
        policy: { slo: { ...emptySlo(), idle: Array.from({ length: 999 }, () => ({ at: 1, count: 1 })) } },
      },
      true,
    ],
    ['with a time that is no number', { ...good, policy: { lastOutAt: 'yesterday' } }, true],
    ['with an unknown reason', { ...good, recent: [{ at: 5, reason: 'whim' }] }, true],
    ['that is no object', 'scaler', false],
    ['that is null', null, false],
  ])('%s is no memory', (_name, item, logged) => {
    const said: string[] = [];
    expect(fromItem(item, (why) => said.push(why))).toEqual(emptyMemory());
    expect(said.length > 0).toBe(logged);
  });

  it('leaves out the attributes of the table', () => {
    expect(fromItem({ id: 'scaler', leaseOwner: 'a', leaseUntil: 9, ...good })).toEqual({
      policy: { lastOutAt: 5 },
      recent: [],
      controls: {},
    });
  });

  it('keeps the controls when the rest is damaged', () => {
    const item = { ...good, version: 99, controls: { pauseScaleIn: { until: 9 } } };
    expect(fromItem(item)).toEqual({ ...emptyMemory(), controls: { pauseScaleIn: { until: 9 } } });
  });
});

it.each<[unknown, RegExp]>([
  [{ floor: { instances: 3 } }, /floor.until/],
  [{ ceiling: { instances: -1, until: 5 } }, /ceiling.instances/],
  [{ pauseScalein: {} }, /pauseScalein/],
  ['off', /expected object/],
])('controls %j are an error', (controls, why) => {
  expect(() => fromItem({ controls })).toThrow(why);
});

it.each<[string, unknown, string[]]>([
  ['a damaged ledger', { ledger: { at: 'noon' } }, [expect.stringMatching(/^ledger: .*at/s) as string]],
  ['another version alone', { version: 99 }, [expect.stringContaining('version') as string]],
  ['a policy alone', { policy: {} }, [expect.stringContaining('version') as string]],
  ['recent ticks alone', { recent: [] }, [expect.stringContaining('version') as string]],
  ['null', null, []],
])('%s is discarded with its reason', (_name, item, reasons) => {
  const said: string[] = [];
  expect({ ...fromItem(item, (why) => said.push(why)), lostSpending: undefined }).toEqual({
    ...emptyMemory(),
    lostSpending: undefined,
  });
  expect(said).toEqual(reasons);
});
