/** The policy `threshold`, case by case. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import type { PolicyMemory } from '../../../../lambda/scaler/policy/decision.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { NOW, seen, threshold } from '../support/observations.ts';

describe('threshold', () => {
  const fleet = { desired: 4, inService: 4, min: 1 };
  it.each<[string, Partial<Observation>, PolicyMemory, number, string]>([
    ['49 waiting need no more', { ...fleet, visible: 49 }, {}, 4, 'steady'],
    ['50 waiting need two more', { ...fleet, visible: 50 }, {}, 6, 'scale-out'],
    ['in flight ones do not count', { ...fleet, visible: 49, inFlight: 4 }, {}, 4, 'steady'],
    [
      '299 s after a scale-out it waits',
      { ...fleet, visible: 50 },
      { lastOutAt: NOW - 299 },
      4,
      'scale-out-cooldown',
    ],
    [
      '300 s after a scale-out it scales out',
      { ...fleet, visible: 50 },
      { lastOutAt: NOW - 300 },
      6,
      'scale-out',
    ],
    [
      'a scale-in starts no cooldown for a scale-out',
      { ...fleet, visible: 50 },
      { lastInAt: NOW - 1 },
      6,
      'scale-out',
    ],
    ['one below the maximum adds one', { ...fleet, visible: 50, max: 5 }, {}, 5, 'scale-out'],
    ['the maximum stops it', { ...fleet, visible: 50, max: 4 }, {}, 4, 'at-max'],
    ['nothing waiting and one idle removes one', { ...fleet, inFlight: 3 }, {}, 3, 'scale-in'],
    ['none idle keeps all', { ...fleet, inFlight: 4 }, {}, 4, 'steady'],
    [
      'pending instances are not idle',
      { desired: 4, inService: 2, pending: 2, inFlight: 2, min: 1 },
      {},
      4,
      'steady',
    ],
    ['one waiting keeps all', { ...fleet, visible: 1 }, {}, 4, 'steady'],
    ['299 s after a scale-out none is removed', fleet, { lastOutAt: NOW - 299 }, 4, 'scale-in-cooldown'],
    ['299 s after a scale-in none is removed', fleet, { lastInAt: NOW - 299 }, 4, 'scale-in-cooldown'],
    ['300 s after both one is removed', fleet, { lastInAt: NOW - 300, lastOutAt: NOW - 300 }, 3, 'scale-in'],
    ['the minimum stops it', { ...fleet, desired: 1, inService: 1 }, {}, 1, 'at-min'],
    ['from zero, 49 wait for ever', { visible: 49 }, {}, 0, 'steady'],
  ])('%s', (_name, observation, memory, desired, reason) => {
    expect(decide(seen(observation), memory, threshold)).toMatchObject({ desired, reason });
  });

  it('starts no cooldown where a limit stopped it', () => {
    const memory = { lastOutAt: NOW - 400, lastInAt: NOW - 500 };
    expect(decide(seen({ ...fleet, visible: 50, max: 4 }), memory, threshold).memory).toEqual(memory);
    expect(decide(seen({ desired: 1, inService: 1, min: 1 }), memory, threshold).memory).toEqual(memory);
  });

  it('remembers when it scaled', () => {
    expect(decide(seen({ ...fleet, visible: 50 }), {}, threshold).memory).toEqual({ lastOutAt: NOW });
    expect(decide(seen(fleet), {}, threshold).memory).toEqual({ lastInAt: NOW });
  });
});
