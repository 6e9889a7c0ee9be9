/** Capacity that does not come: the ask neither grows nor outlives the need, and ends no instance at work. */
import { describe, expect, it } from 'vitest';
import { drive, NOW, seen, slo, threshold, TICK, last, repeat } from '../support/looks.ts';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';

/** 5 asked for, 2 there, and more to do than they can. */
const lacking: Partial<Observation> = { visible: 300, inFlight: 2, inService: 2, desired: 5 };

describe.each([
  ['slo', slo],
  ['threshold', { ...threshold, scaleOutCooldownSeconds: 0 }],
] as const)('%s', (_name, settings) => {
  it('asks for no more once what it asked for stays away, and for more as soon as one comes', () => {
    const decisions = drive([...repeat(8, lacking), { ...lacking, pending: 1 }], settings);
    expect(decisions[0]?.reason).toBe('scale-out');
    expect(decisions[7]).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
    expect(last(decisions)).toMatchObject({ reason: 'scale-out', unfulfilled: 0 });
  });

  it('waits for no boot when Auto Scaling itself says that launches fail', () => {
    const [decision] = drive([{ ...lacking, failedLaunches: 1 }], settings);
    expect(decision).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
  });

  it('says so at every tick while a quota of zero gives nothing, so that an alarm sees it', () => {
    const nothing = { visible: 300, inFlight: 0, inService: 0, desired: 1 };
    // Auto Scaling tries again ever more rarely: between two failures nothing tells but what stays missing.
    const looks = Array.from({ length: 60 }, (_, k) => ({
      ...nothing,
      failedLaunches: k % 10 === 0 ? 1 : 0,
    }));
    const shorts = drive(looks, settings).map(({ unfulfilled }) => unfulfilled);
    expect(new Set(shorts)).toEqual(new Set([1]));
  });

  it('is no shortage while instances boot, however long', () => {
    const reasons = drive(repeat(40, { ...lacking, pending: 3 }), settings).map(
      ({ unfulfilled }) => unfulfilled,
    );
    expect(new Set(reasons)).toEqual(new Set([0]));
  });
});

describe('what nobody needs any more', () => {
  const need = (visible: number) => ({ ...lacking, visible, desired: 20 });

  it('is not asked for any longer, and nobody at work is ended', () => {
    const decisions = drive([...repeat(8, need(300)), ...repeat(4, need(0))]);
    const after = last(decisions);
    expect(after.reason).toBe('scale-in');
    expect(after.desired).toBeGreaterThanOrEqual(2);
    expect(after.desired).toBeLessThan(20);
  });

  it('is still asked for when the queue is empty for once', () => {
    const decisions = drive([...repeat(8, need(300)), { ...need(0), inFlight: 0 }]);
    expect(last(decisions).desired).toBe(20);
  });

  it('never falls below what is in service or on its way', () => {
    const decisions = drive(repeat(30, { ...need(0), inFlight: 6, inService: 6, pending: 3 }));
    for (const { desired } of decisions) expect(desired).toBeGreaterThanOrEqual(9);
  });
});

it('a shortage does not pass for long boots', () => {
  const unfulfilled = repeat(60, lacking);
  const decisions = drive([
    ...unfulfilled,
    { ...lacking, pending: 3 },
    { ...lacking, pending: 3 },
    { ...lacking, inService: 5 },
  ]);
  expect(last(decisions).calculation?.bootSeconds).toBeLessThan(2 * slo.bootSeconds);
});

describe('controls', () => {
  const idle = seen({ at: NOW, desired: 4, inService: 4 });
  const busy = seen({ at: NOW, visible: 500, inFlight: 4, desired: 4, inService: 4 });
  const until = NOW + TICK;

  it.each([
    ['a floor raises', idle, { floor: { instances: 6, until } }, 6, 'scale-out'],
    [
      'a floor goes no further than the maximum',
      idle,
      { floor: { instances: 600, until } },
      idle.max,
      'scale-out',
    ],
    [
      'a floor that has ended does nothing',
      idle,
      { floor: { instances: 6, until: NOW } },
      4,
      'scale-in-cooldown',
    ],
    ['a ceiling lowers', busy, { ceiling: { instances: 3, until } }, 3, 'scale-in'],
    [
      'a ceiling wins over a floor',
      busy,
      { ceiling: { instances: 3, until }, floor: { instances: 5, until } },
      3,
      'scale-in',
    ],
    [
      'a ceiling goes no lower than the minimum',
      { ...busy, min: 2 },
      { ceiling: { instances: 0, until } },
      2,
      'scale-in',
    ],
    ['a pause of scaling out holds', busy, { pauseScaleOut: {} }, 4, 'paused'],
    ['a pause that has ended does not', busy, { pauseScaleOut: { until: NOW } }, null, 'scale-out'],
    [
      'a floor is stronger than a pause',
      busy,
      { pauseScaleOut: {}, floor: { instances: 6, until } },
      6,
      'scale-out',
    ],
  ] as const)('%s', (_name, observation, controls, desired, reason) => {
    const decision = decide(observation, {}, slo, controls);
    expect(decision.reason).toBe(reason);
    if (desired !== null) expect(decision.desired).toBe(desired);
  });

  it.each([
    ['does not grow beyond its budget', busy, {}, 4, 'over-budget'],
    ['nor wakes', { ...busy, desired: 0, inService: 0 }, {}, 0, 'over-budget'],
    ['says that somebody has paused it, where both hold', busy, { pauseScaleOut: {} }, 4, 'paused'],
    ['grows to a floor that somebody has set', busy, { floor: { instances: 6, until } }, 6, 'scale-out'],
  ] as const)('over budget %s', (_name, observation, controls, desired, reason) => {
    const decision = decide({ ...observation, overBudget: true }, {}, slo, controls);
    expect(decision).toMatchObject({ desired, reason });
  });

  it('over budget it shrinks as ever', () => {
    let desired = 4;
    let memory = {};
    for (let k = 0; k < 60; k++) {
      const look = { ...idle, at: NOW + k * TICK, desired, inService: desired, overBudget: true };
      ({ memory, desired } = decide(look, memory, slo));
    }
    expect(desired).toBe(0);
  });

  it('a pause of scaling in holds a fleet that nobody needs, and says so', () => {
    let memory = {};
    let reason = '';
    for (let k = 0; k < 60; k++) {
      const decision = decide({ ...idle, at: NOW + k * TICK }, memory, slo, { pauseScaleIn: {} });
      expect(decision.desired).toBe(4);
      ({ memory, reason } = decision);
    }
    expect(reason).toBe('paused');
  });
});
