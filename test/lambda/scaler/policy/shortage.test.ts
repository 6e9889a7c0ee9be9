/** Capacity that is not given: the desired capacity does not grow, shrinks to the need, and ends no instance at work. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import {
  observeShortage,
  observeSurplus,
  unfulfilledOf,
  withoutSurplus,
  type ShortageMemory,
} from '../../../../lambda/scaler/policy/shortage.ts';
import { drive, last, NOW, repeat, seen, slo, threshold, TICK } from '../support/observations.ts';

/** 5 requested, 2 in service, and more to do than they can. */
const lacking: Partial<Observation> = { visible: 300, inFlight: 2, inService: 2, desired: 5 };
const before: ShortageMemory = { at: NOW - TICK, since: NOW - 60, given: 2, confirmed: false };

it.each([
  [5, 2, 1, 2],
  [5, 2, 3, 0],
  [2, 3, 0, 0],
])('of %d desired, %d in service and %d pending: %d unfulfilled', (desired, inService, pending, count) => {
  expect(unfulfilledOf(seen({ desired, inService, pending }))).toBe(count);
});

describe('a shortage', () => {
  it.each<[string, Partial<Observation>, Partial<ShortageMemory>, Partial<ShortageMemory>]>([
    ['continues while none is given', {}, {}, { at: NOW, since: NOW - 60, given: 2, confirmed: false }],
    ['is confirmed after its patience', {}, { since: NOW - 90 }, { since: NOW - 90, confirmed: true }],
    ['and not before', {}, { since: NOW - 89 }, { since: NOW - 89, confirmed: false }],
    ['stays confirmed', {}, { confirmed: true }, { since: NOW - 60, confirmed: true }],
    ['is confirmed by a failed launch', { failedLaunches: 1 }, {}, { since: NOW - 60, confirmed: true }],
    ['and by no launch that failed', { failedLaunches: 0 }, {}, { confirmed: false }],
    [
      'starts again when one is given',
      { pending: 1 },
      { confirmed: true },
      { since: NOW, given: 3, confirmed: false },
    ],
    ['continues when one is lost', { inService: 1 }, {}, { since: NOW - 60, given: 1 }],
    [
      'continues from its very start',
      {},
      { at: NOW + 30, since: NOW, confirmed: true },
      { since: NOW, confirmed: true },
    ],
    [
      'starts again after a clock was set back',
      {},
      { since: NOW + 1, confirmed: true },
      { since: NOW, confirmed: false },
    ],
  ])('%s', (_name, observed, memory, after) => {
    const was = { ...before, ...memory };
    expect(observeShortage(seen({ ...lacking, ...observed }), was, 90)).toMatchObject(after);
  });

  it('starts with this tick', () => {
    expect(observeShortage(seen(lacking), undefined, 90)).toEqual({
      at: NOW,
      since: NOW,
      given: 2,
      confirmed: false,
    });
    expect(observeShortage(seen(lacking), undefined, 0)?.confirmed).toBe(true);
  });

  it('ends when all is given', () => {
    expect(
      observeShortage(seen({ ...lacking, pending: 3 }), { ...before, confirmed: true }, 90),
    ).toBeUndefined();
  });

  it('learns nothing at a second tick of the same instant', () => {
    const was = { ...before, at: NOW };
    expect(observeShortage(seen({ ...lacking, failedLaunches: 1 }), was, 90)).toBe(was);
  });

  it('keeps the surplus', () => {
    const surplus = { since: NOW - 60, most: 3 };
    expect(observeShortage(seen(lacking), { ...before, surplus }, 90)?.surplus).toEqual(surplus);
  });
});

describe('a surplus', () => {
  const surplus = { since: NOW - 60, most: 3 };

  it.each<[string, ShortageMemory['surplus'], number | undefined, ShortageMemory['surplus']]>([
    ['starts where less is needed than desired', undefined, 4, { since: before.at, most: 4 }],
    ['has the most that was needed', surplus, 4, { since: NOW - 60, most: 4 }],
    ['keeps the most that was needed', surplus, 1, { since: NOW - 60, most: 3 }],
    ['ends where all is needed', surplus, 5, undefined],
    ['ends where the need is unknown', surplus, undefined, undefined],
  ])('%s', (_name, was, needed, after) => {
    expect(observeSurplus({ ...before, ...(was ? { surplus: was } : {}) }, 5, needed).surplus).toEqual(after);
  });

  it.each<[string, Partial<Observation>, Partial<ShortageMemory>, number]>([
    ['after the hold time only the need stays', {}, { surplus }, 3],
    ['not before the hold time', {}, { surplus: { ...surplus, since: NOW - 59 } }, Infinity],
    ['not in a shortage that is not confirmed', {}, { surplus, confirmed: false }, Infinity],
    ['not without one', {}, {}, Infinity],
    ['what is in service and pending stays', { inService: 3, pending: 1 }, { surplus }, 4],
    ['the minimum stays', { min: 4 }, { surplus }, 4],
  ])('%s', (_name, observed, memory, useful) => {
    const look = seen({ ...lacking, ...observed });
    expect(withoutSurplus(look, { ...before, confirmed: true, ...memory }, 60)).toBe(useful);
  });
});

describe.each([
  ['slo', slo],
  ['threshold', { ...threshold, scaleOutCooldownSeconds: 0 }],
] as const)('under %s', (_name, settings) => {
  it('the fleet does not grow in a shortage, and does as soon as one instance is given', () => {
    const decisions = drive([...repeat(8, lacking), { ...lacking, pending: 1 }], settings);
    expect(decisions[0]?.reason).toBe('scale-out');
    expect(decisions[7]).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
    expect(last(decisions)).toMatchObject({ reason: 'scale-out', unfulfilled: 0 });
  });

  it('a failed launch confirms it at once', () => {
    const [decision] = drive([{ ...lacking, failedLaunches: 1 }], settings);
    expect(decision).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
  });

  it('is reported at every tick while a quota of zero gives nothing, so that an alarm sees it', () => {
    const nothing = { visible: 300, inFlight: 0, inService: 0, desired: 1 };
    // Auto Scaling retries at a slowing pace: between two failures only the missing instances show.
    const observed = Array.from({ length: 60 }, (_, k) => ({
      ...nothing,
      failedLaunches: k % 10 === 0 ? 1 : 0,
    }));
    const counts = drive(observed, settings).map(({ unfulfilled }) => unfulfilled);
    expect(new Set(counts)).toEqual(new Set([1]));
  });

  it('is none while instances boot, however long', () => {
    const counts = drive(repeat(40, { ...lacking, pending: 3 }), settings).map(
      ({ unfulfilled }) => unfulfilled,
    );
    expect(new Set(counts)).toEqual(new Set([0]));
  });
});

it.each([
  ['threshold: 120 s', threshold, 120],
  ['slo: its boot time', slo, 90],
] as const)('the patience is that of %s', (_name, settings, seconds) => {
  const ticks = seconds / TICK;
  const reasons = drive(repeat(ticks + 1, { ...lacking, desired: 20 }), { ...settings }).map(
    ({ unfulfilled }) => unfulfilled,
  );
  expect(reasons.slice(-2)).toEqual([0, 18]);
});

describe('instances that are no longer needed', () => {
  const need = (visible: number) => ({ ...lacking, visible, desired: 20 });

  it('are no longer requested, and none at work is ended', () => {
    const decisions = drive([...repeat(8, need(300)), ...repeat(4, need(0))], {
      ...slo,
      priceOfWaiting: 0.12,
    });
    const after = last(decisions);
    expect(after).toMatchObject({ reason: 'scale-in', desired: 10, memory: { lastInAt: NOW + 11 * TICK } });
    expect(after.memory.slo?.idle.every(({ count }) => count === 0)).toBe(true);
    expect(after.memory.slo?.capacity.launches.reduce((sum, { count }) => sum + count, 0)).toBe(8);
  });

  it('are still requested for the hold time', () => {
    const decisions = drive([{ ...need(300), failedLaunches: 1 }, ...repeat(2, need(300))]);
    // 60 s are two ticks.
    expect(decisions.map(({ desired }) => desired)).toEqual([20, 20, 10]);
  });

  it('a second tick of the same instant removes no more', () => {
    const decisions = drive([...repeat(8, need(300)), ...repeat(4, need(0))]);
    const { memory, desired } = last(decisions);
    const look = seen({ ...need(0), at: NOW + 11 * TICK, desired });
    expect(decide(look, memory, slo).desired).toBe(desired);
    // What was set meanwhile does not show yet.
    expect(decide({ ...look, desired: 20 }, memory, slo).desired).toBe(20);
  });

  it('are removed once', () => {
    const { memory, desired } = last(drive([...repeat(8, need(300)), ...repeat(4, need(0))]));
    const next = decide(seen({ ...need(0), at: NOW + 12 * TICK, desired }), memory, slo);
    expect(next.desired).toBe(desired);
    expect(next.reason).not.toBe('scale-in');
  });

  it('never fall below what is in service or pending', () => {
    const decisions = drive(repeat(30, { ...need(0), inFlight: 6, inService: 6, pending: 3 }));
    for (const { desired } of decisions) expect(desired).toBeGreaterThanOrEqual(9);
  });
});

it('a shortage is not measured as a long boot', () => {
  const decisions = drive([
    ...repeat(60, lacking),
    { ...lacking, pending: 3 },
    { ...lacking, pending: 3 },
    { ...lacking, inService: 5 },
  ]);
  expect(last(decisions).calculation?.bootSeconds).toBeLessThan(2 * slo.bootSeconds);
});
