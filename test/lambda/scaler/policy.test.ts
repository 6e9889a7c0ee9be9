import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decide,
  type Observation,
  type PolicyMemory,
  type PolicySettings,
} from '../../../lambda/scaler/policy.ts';

const NOW = 100_000;
const threshold: PolicySettings = {
  kind: 'threshold',
  scaleOutBacklog: 50,
  scaleOutStep: 2,
  scaleOutCooldownSeconds: 300,
  scaleInStep: 1,
  scaleInCooldownSeconds: 300,
};
const slo: PolicySettings = {
  kind: 'slo',
  targetWaitSeconds: 10,
  serviceSeconds: 6,
  scaleOutCooldownSeconds: 0,
  scaleInHoldSeconds: 90,
};
const seen = (more: Partial<Observation>): Observation => ({
  at: NOW,
  visible: 0,
  inFlight: 0,
  desired: 0,
  inService: 0,
  pending: 0,
  draining: 0,
  min: 0,
  max: 20,
  ...more,
});

describe('threshold', () => {
  const fleet = { desired: 4, inService: 4, min: 1 };
  it.each<[string, Partial<Observation>, PolicyMemory, number, string]>([
    ['49 waiting are left alone', { ...fleet, visible: 49 }, {}, 4, 'steady'],
    ['50 waiting ask for two more', { ...fleet, visible: 50 }, {}, 6, 'scale-out'],
    ['in flight ones do not count', { ...fleet, visible: 49, inFlight: 4 }, {}, 4, 'steady'],
    [
      '299 s after a scale-out it cools',
      { ...fleet, visible: 50 },
      { lastOutAt: NOW - 299 },
      4,
      'cooling-out',
    ],
    ['300 s after it goes on', { ...fleet, visible: 50 }, { lastOutAt: NOW - 300 }, 6, 'scale-out'],
    [
      'a scale-in does not hold back a scale-out',
      { ...fleet, visible: 50 },
      { lastInAt: NOW - 1 },
      6,
      'scale-out',
    ],
    ['one below the maximum adds one', { ...fleet, visible: 50, max: 5 }, {}, 5, 'scale-out'],
    ['the maximum stops it', { ...fleet, visible: 50, max: 4 }, {}, 4, 'at-max'],
    ['nothing waiting and one idle removes one', { ...fleet, inFlight: 3 }, {}, 3, 'scale-in'],
    ['nobody idle keeps all', { ...fleet, inFlight: 4 }, {}, 4, 'steady'],
    [
      'what is only on its way is not idle',
      { desired: 4, inService: 2, pending: 2, inFlight: 2, min: 1 },
      {},
      4,
      'steady',
    ],
    ['one waiting keeps all', { ...fleet, visible: 1 }, {}, 4, 'steady'],
    ['299 s after a scale-out nothing goes', fleet, { lastOutAt: NOW - 299 }, 4, 'cooling-in'],
    ['299 s after a scale-in nothing goes', fleet, { lastInAt: NOW - 299 }, 4, 'cooling-in'],
    ['300 s after both one goes', fleet, { lastInAt: NOW - 300, lastOutAt: NOW - 300 }, 3, 'scale-in'],
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

describe('slo', () => {
  const quiet = (need: number) => ({ needs: [90, 60, 30].map((ago) => ({ at: NOW - ago, need })) });
  it.each<[string, Partial<Observation>, PolicyMemory, number, string]>([
    ['one photo wakes the fleet', { visible: 1 }, {}, 1, 'scale-out'],
    // 60 photos x 6 s = 360 s of work; 360 / (2 x 10 s) = 18.
    ['a burst is sized by its work', { visible: 60 }, {}, 18, 'scale-out'],
    [
      'photos being worked on are work too',
      { visible: 50, inFlight: 10, desired: 10, inService: 10 },
      {},
      18,
      'scale-out',
    ],
    ['capacity on its way counts', { visible: 60, desired: 18, pending: 18 }, {}, 18, 'steady'],
    ['the maximum limits it', { visible: 600 }, {}, 20, 'scale-out'],
    ['at the maximum it says so', { visible: 600, desired: 20, inService: 20 }, {}, 20, 'at-max'],
    ['a cold memory keeps the fleet', { desired: 5, inService: 5 }, {}, 5, 'cooling-in'],
    ['one quiet tick keeps the fleet', { desired: 5, inService: 5 }, quiet(5), 5, 'cooling-in'],
    ['a whole quiet hold time lets it go', { desired: 5, inService: 5 }, quiet(0), 0, 'scale-in'],
    ['only down to the largest need of the hold time', { desired: 5, inService: 5 }, quiet(2), 2, 'scale-in'],
    [
      'never below the photos being worked on',
      { desired: 5, inService: 5, inFlight: 3 },
      quiet(0),
      3,
      'scale-in',
    ],
    ['never below the minimum', { desired: 5, inService: 5, min: 2 }, quiet(0), 2, 'scale-in'],
    [
      'a hold time not yet seen through keeps it',
      { desired: 5 },
      { needs: [{ at: NOW - 60, need: 0 }] },
      5,
      'cooling-in',
    ],
    ['nothing to do at zero', {}, {}, 0, 'steady'],
    ['nothing to do at the minimum', { desired: 2, inService: 2, min: 2 }, {}, 2, 'at-min'],
  ])('%s', (_name, observation, memory, desired, reason) => {
    expect(decide(seen(observation), memory, slo)).toMatchObject({ desired, reason });
  });

  it('waits for its cooldown where there is one', () => {
    const settings = { ...slo, scaleOutCooldownSeconds: 60 };
    const observation = seen({ visible: 60, desired: 5, inService: 5 });
    expect(decide(observation, { lastOutAt: NOW - 59 }, settings).reason).toBe('cooling-out');
    expect(decide(observation, { lastOutAt: NOW - 60 }, settings).reason).toBe('scale-out');
  });

  it('does not forget a need while ticks are missing', () => {
    const before = decide(seen({ visible: 60, desired: 18, inService: 18 }), {}, slo).memory;
    const after = decide(seen({ at: NOW + 200, desired: 18, inService: 18 }), before, slo);
    expect(after).toMatchObject({ desired: 18, reason: 'cooling-in' });
  });

  it('keeps a bounded memory', () => {
    let memory: PolicyMemory = {};
    for (let k = 0; k < 1000; k++)
      memory = decide(seen({ at: NOW + 30 * k, visible: k % 7 }), memory, slo).memory;
    expect(memory.needs?.length).toBeLessThanOrEqual(90 / 30 + 2);
  });
});

describe('limits', () => {
  it.each([
    ['raises a fleet below a new minimum', { desired: 1, min: 3 }, 3, 'scale-out'],
    ['lowers a fleet above a new maximum', { desired: 9, inService: 9, max: 5 }, 5, 'scale-in'],
  ])('%s', (_name, observation, desired, reason) => {
    for (const settings of [slo, threshold]) {
      expect(decide(seen(observation), {}, settings)).toMatchObject({ desired, reason });
    }
  });

  it.each([
    [{ visible: Number.NaN }, 'visible is NaN'],
    [{ inFlight: -1 }, 'inFlight is -1'],
    [{ desired: 1.5 }, 'desired is 1.5'],
    [{ min: 3, max: 2 }, 'minimum 3 exceeds maximum 2'],
  ])('fails for %j', (observation, message) => {
    expect(() => decide(seen(observation), {}, slo)).toThrow(message);
  });
});

describe('any policy', () => {
  const count = fc.integer({ min: 0, max: 40 });
  const observation = fc
    .record({
      visible: fc.integer({ min: 0, max: 500 }),
      inFlight: count,
      inService: count,
      pending: count,
      min: count,
      max: count,
    })
    .map((o) =>
      seen({
        ...o,
        min: Math.min(o.min, o.max),
        max: Math.max(o.min, o.max),
        desired: o.inService + o.pending,
      }),
    );
  const ago = fc.integer({ min: 0, max: 1000 });
  const memory = fc.record(
    {
      lastOutAt: ago.map((a) => NOW - a),
      lastInAt: ago.map((a) => NOW - a),
      needs: fc
        .array(fc.record({ at: ago.map((a) => NOW - a), need: count }), { maxLength: 6 })
        .map((list) => list.sort((a, b) => a.at - b.at)),
    },
    { requiredKeys: [] },
  );
  const settings = fc.constantFrom(slo, threshold);
  const options = { seed: 11, numRuns: 1000 };

  it('stays within the limits, and its reason tells the direction', () => {
    fc.assert(
      fc.property(observation, memory, settings, (o, m, s) => {
        const { desired, reason } = decide(o, m, s);
        expect(desired).toBeGreaterThanOrEqual(o.min);
        expect(desired).toBeLessThanOrEqual(o.max);
        expect(Math.sign(desired - o.desired)).toBe(
          reason === 'scale-out' ? 1 : reason === 'scale-in' ? -1 : 0,
        );
      }),
      options,
    );
  });

  it('never answers more work with less capacity', () => {
    fc.assert(
      fc.property(observation, memory, settings, fc.nat(200), (o, m, s, more) => {
        const heavier = decide({ ...o, visible: o.visible + more }, m, s);
        expect(heavier.desired).toBeGreaterThanOrEqual(decide(o, m, s).desired);
      }),
      options,
    );
  });

  it('never takes capacity from under the photos being worked on, within its limits', () => {
    fc.assert(
      fc.property(observation, memory, (o, m) => {
        fc.pre(o.desired <= o.max);
        expect(decide(o, m, slo).desired).toBeGreaterThanOrEqual(Math.min(o.inFlight, o.desired));
      }),
      options,
    );
  });

  it('has nothing to add to its own answer', () => {
    fc.assert(
      fc.property(observation, memory, settings, (o, m, s) => {
        fc.pre(o.desired >= o.min && o.desired <= o.max);
        const first = decide(o, m, s);
        expect(decide({ ...o, desired: first.desired }, first.memory, s).desired).toBe(first.desired);
      }),
      options,
    );
  });
});
