/** What holds for every policy: limits, the operator's controls, the budget, and the check of observations. */
import { describe, expect, it } from 'vitest';
import { decide, withoutScaling } from '../../../../lambda/scaler/policy/decide.ts';
import { controlsAt } from '../../../../lambda/scaler/policy/controls.ts';
import type { PolicyMemory } from '../../../../lambda/scaler/policy/decision.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { drive, last, NOW, repeat, seen, slo, threshold, TICK } from '../support/observations.ts';

describe('limits that were changed', () => {
  it.each<[string, Partial<Observation>, number, string, PolicyMemory]>([
    ['raise a fleet below the minimum', { desired: 1, min: 3 }, 3, 'scale-out', { lastOutAt: NOW }],
    [
      'lower a fleet above the maximum',
      { desired: 9, inService: 9, max: 5 },
      5,
      'scale-in',
      { lastInAt: NOW },
    ],
  ])('%s', (_name, observation, desired, reason, memory) => {
    for (const settings of [slo, threshold]) {
      expect(decide(seen(observation), {}, settings)).toMatchObject({ desired, reason, memory });
    }
  });

  it.each<[Partial<Observation>, string]>([
    [{ visible: Number.NaN }, 'visible is NaN'],
    [{ inFlight: -1 }, 'inFlight is -1'],
    [{ desired: 1.5 }, 'desired is 1.5'],
    [{ min: 3, max: 2 }, 'minimum 3 exceeds maximum 2'],
    [{ tickSeconds: 0 }, 'tickSeconds is 0'],
    [{ reported: { completed: -1, busySeconds: 0 } }, 'completed is -1'],
    [{ reported: { completed: 0, busySeconds: Infinity } }, 'busySeconds is Infinity'],
    [{ at: NaN }, 'at is NaN: expected epoch seconds'],
    [{ pending: -1 }, 'pending is -1: expected a whole number from 0 to 1000000000'],
    [{ draining: 0.5 }, 'draining is 0.5'],
    [{ inService: Infinity }, 'inService is Infinity'],
    [{ max: -1 }, 'max is -1'],
    [{ tickSeconds: NaN }, 'tickSeconds is NaN: expected more than 0'],
    [{ reported: { completed: 0, busySeconds: -1 } }, 'busySeconds is -1: expected at least 0'],
  ])('fails for %j', (observation, message) => {
    expect(() => decide(seen(observation), {}, slo)).toThrow(message);
  });
});

describe('controls', () => {
  const idle = seen({ at: NOW, desired: 4, inService: 4 });
  const busy = seen({ at: NOW, visible: 500, inFlight: 4, desired: 4, inService: 4 });
  const until = NOW + TICK;

  it.each([
    ['a floor raises', idle, { floor: { instances: 6, until } }, 6, 'scale-out'],
    ['a floor stops at the maximum', idle, { floor: { instances: 600, until } }, idle.max, 'scale-out'],
    [
      'a floor that has expired does nothing',
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
      'a ceiling stops at the minimum',
      { ...busy, min: 2 },
      { ceiling: { instances: 0, until } },
      2,
      'scale-in',
    ],
    ['a pause of scale-out holds', busy, { pauseScaleOut: {} }, 4, 'paused'],
    ['a pause that has expired does not', busy, { pauseScaleOut: { until: NOW } }, null, 'scale-out'],
    [
      'a floor overrides a pause',
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
    ['does not start from zero', { ...busy, desired: 0, inService: 0 }, {}, 0, 'over-budget'],
    ['gives the pause as the reason, where both hold', busy, { pauseScaleOut: {} }, 4, 'paused'],
    ['grows to a floor', busy, { floor: { instances: 6, until } }, 6, 'scale-out'],
  ] as const)('over budget %s', (_name, observation, controls, desired, reason) => {
    const decision = decide({ ...observation, overBudget: true }, {}, slo, controls);
    expect(decision).toMatchObject({ desired, reason });
  });

  it('over budget it shrinks as usual', () => {
    let desired = 4;
    let memory = {};
    for (let k = 0; k < 60; k++) {
      const look = { ...idle, at: NOW + k * TICK, desired, inService: desired, overBudget: true };
      ({ memory, desired } = decide(look, memory, slo));
    }
    expect(desired).toBe(0);
  });

  it('a pause of scale-in holds a fleet without work', () => {
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

it('controls hold until they expire; one without an end holds until it is removed', () => {
  const controls = {
    pauseScaleOut: {},
    pauseScaleIn: { until: NOW + 1 },
    dryRun: { until: NOW },
    floor: { instances: 3, until: NOW - 1 },
    ceiling: undefined,
  };
  expect(controlsAt(controls, NOW)).toEqual({ pauseScaleOut: {}, pauseScaleIn: { until: NOW + 1 } });
});

it('a pause is no reason for a size that is right', () => {
  const five = (k: number) => ({
    inFlight: 5,
    inService: 5,
    desired: 5,
    reported: { completed: 25 * k, busySeconds: 150 * k },
  });
  const { memory } = last(drive(Array.from({ length: 40 }, (_, k) => five(k))));
  const look = seen({ at: NOW + 40 * TICK, ...five(40) });
  expect(decide(look, memory, slo).reason).toBe('steady');
  expect(decide(look, memory, slo, { pauseScaleOut: {} }).reason).toBe('steady');
  expect(decide(look, memory, slo, { pauseScaleIn: {} }).reason).toBe('steady');
});

describe('a limit of a control is no limit of the group', () => {
  const idle = repeat(30, { desired: 4, inService: 4 });

  it('at the minimum of the group the reason is at-min, with a pause as well', () => {
    const memory = last(drive(idle)).memory;
    const look = seen({ at: NOW + 30 * TICK, desired: 4, inService: 4, min: 4 });
    expect(decide(look, memory, slo).reason).toBe('at-min');
    expect(decide(look, memory, slo, { pauseScaleIn: {} }).reason).toBe('at-min');
    expect(decide({ ...look, min: 3 }, memory, slo, { pauseScaleIn: {} }).reason).toBe('paused');
  });

  it('at the maximum of the group the reason is at-max, with a pause as well', () => {
    const look = seen({ visible: 500, inFlight: 4, desired: 4, inService: 4, max: 4 });
    expect(decide({ ...look, overBudget: true }, {}, slo, { pauseScaleOut: {} }).reason).toBe('at-max');
    expect(decide({ ...look, max: 5 }, {}, slo, { pauseScaleOut: {} }).reason).toBe('paused');
  });
});

describe('a decision that could not be carried out', () => {
  it('leaves what was learned, and no scaling', () => {
    const before = { lastOutAt: NOW - 900, lastInAt: NOW - 600 };
    const decision = decide(seen({ visible: 300 }), before, slo);
    const memory = withoutScaling(decision, before);
    expect(decision.memory.lastOutAt).toBe(NOW);
    expect(memory).toMatchObject(before);
    expect(memory.slo?.flow).toMatchObject({ at: NOW, backlog: 300 });
    expect(memory.slo?.capacity.launches).toEqual([]);
    expect(decide(seen({ at: NOW + TICK, visible: 300 }), memory, slo).reason).toBe('scale-out');
  });

  it('expects the capacity that was on its way before', () => {
    const first = decide(seen({ visible: 300 }), {}, slo);
    const look = seen({ at: NOW + TICK, visible: 900, desired: first.desired, pending: first.desired });
    const second = decide(look, first.memory, slo);
    expect(second.desired).toBeGreaterThan(first.desired);
    expect(withoutScaling(second, first.memory).slo?.capacity).toEqual(first.memory.slo?.capacity);
  });

  it('under a policy without estimates', () => {
    const decision = decide(seen({ visible: 50 }), { lastInAt: 5 }, threshold);
    expect(withoutScaling(decision, { lastInAt: 5 })).toEqual({ lastInAt: 5, lastOutAt: undefined });
  });
});
