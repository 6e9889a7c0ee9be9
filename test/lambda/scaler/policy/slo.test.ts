/** The `slo` rule, driven look by look. The arithmetic of its first steps is docs/scaling.md's worked example. */
import { describe, expect, it } from 'vitest';
import { decide, withoutScaling } from '../../../../lambda/scaler/policy/decide.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import type { SloSettings } from '../../../../contract/policy.ts';
import { drive, last, NOW, repeat, seen, slo, TICK } from '../support/looks.ts';

type Looks = Partial<Observation>[];
/** A fleet that is busy and keeps up: as many photos come as are done. */
const busy = (instances: number, ticks: number, more: Partial<Observation> = {}): Looks =>
  Array.from({ length: ticks }, (_, k) => ({
    inFlight: instances,
    inService: instances,
    desired: instances,
    reported: { completed: k * instances * 5, busySeconds: k * instances * TICK },
    ...more,
  }));

describe('slo', () => {
  it.each<[string, Looks, number, string]>([
    ['nothing to do at zero', [{}], 0, 'steady'],
    ['one photo wakes the fleet', [{ visible: 1 }], 1, 'scale-out'],
    // 300 x sqrt(0.12 x 6 / (13 x 90)) = 300 x 0.0248 = 7.4.
    ['a first burst is sized by the whole backlog', [{ visible: 300 }], 8, 'scale-out'],
    ['a thousand ask for more than the maximum', [{ visible: 1000 }], 20, 'scale-out'],
    ['at the maximum it says so', [{ visible: 1000, desired: 20, inService: 20 }], 20, 'at-max'],
    [
      'capacity on its way counts',
      [{ visible: 300 }, { visible: 300, pending: 8 }, { visible: 300, pending: 8 }],
      8,
      'steady',
    ],
    ['more that come ask for more', [{ visible: 300 }, { visible: 600, pending: 8 }], 20, 'scale-out'],
    ['a fleet that keeps up stays', busy(5, 40), 5, 'steady'],
    [
      'an empty queue at one look lets nothing go',
      [...busy(5, 40), { inService: 5, desired: 5 }],
      5,
      'scale-in-cooldown',
    ],
    [
      'nor one seen again before the hold time is over',
      [...busy(5, 40), ...repeat(2, { inService: 5, reported: { completed: 1000, busySeconds: 6000 } })],
      5,
      'scale-in-cooldown',
    ],
    ['at the minimum it stays', repeat(30, { inService: 2, desired: 2, min: 2 }), 2, 'at-min'],
    ['the last instance goes after its time', repeat(11, { inService: 1, desired: 1 }), 0, 'scale-in'],
    ['and not before', repeat(10, { inService: 1, desired: 1 }), 1, 'steady'],
  ])('%s', (_name, looks, desired, reason) => {
    expect(last(drive(looks))).toMatchObject({ desired, reason });
  });

  it('lets go what stayed idle, and keeps what works', () => {
    const looks = [...busy(6, 40), ...repeat(20, { inFlight: 2, inService: 6, desired: 6 })];
    // An idle instance is kept for a third of a boot: here for three looks.
    const decisions = drive(looks, { ...slo, bootSeconds: 300 });
    const first = decisions.findIndex(({ reason }) => reason === 'scale-in');
    expect(first).toBeGreaterThanOrEqual(42);
    // 2 photos in flight at each look: 4 of 6 were idle.
    expect(decisions[first]?.desired).toBeGreaterThanOrEqual(2);
    expect(decisions[first]?.desired).toBeLessThan(6);
  });

  it('waits for its cooldowns where there are any', () => {
    const settings: SloSettings = { ...slo, scaleOutCooldownSeconds: 60, scaleInCooldownSeconds: 60 };
    const growing = seen({ visible: 300, desired: 1, inService: 1 });
    expect(decide(growing, { lastOutAt: NOW - 59 }, settings).reason).toBe('scale-out-cooldown');
    expect(decide(growing, { lastOutAt: NOW - 60 }, settings).reason).toBe('scale-out');
    const idle = drive(repeat(8, { inService: 4, desired: 4, min: 1 }), {
      ...settings,
      emptyHoldSeconds: 600,
    });
    const at = NOW + 8 * TICK;
    const look = seen({ at, inService: 4, desired: 4, min: 1 });
    const memory = last(idle).memory;
    const short = { ...settings, emptyHoldSeconds: 60 };
    expect(decide(look, { ...memory, lastInAt: at - 59 }, short).reason).toBe('scale-in-cooldown');
    expect(decide(look, { ...memory, lastInAt: at - 60 }, short).reason).toBe('scale-in');
  });

  it.each([0.03, 0.12, 0.5])('asks for more the dearer a wait is: %d', (priceOfWaiting) => {
    const needed = (price: number) =>
      decide(seen({ visible: 100 }), {}, { ...slo, priceOfWaiting: price }).needed ?? 0;
    expect(needed(priceOfWaiting * 4)).toBeGreaterThan(needed(priceOfWaiting));
  });
});

describe('slo measures', () => {
  it('the time for a photo, from what workers report', () => {
    const looks = Array.from({ length: 80 }, (_, k) => ({
      inFlight: 4,
      inService: 4,
      desired: 4,
      // 4 instances busy for 30 s on 10 photos: 12 s each.
      reported: { completed: k * 10, busySeconds: k * 120 },
    }));
    const { calculation } = last(drive(looks));
    expect(calculation?.serviceSeconds).toBeCloseTo(12, 0);
    // 10 photos in 30 s, as many as were done.
    expect(calculation?.rate).toBeCloseTo(1 / 3, 1);
  });

  it('the time of a boot, from what was asked for and when it was in service', () => {
    const three = { visible: 20, desired: 3, max: 3 };
    const boots = Array.from({ length: 12 }, () => [
      ...repeat(7, { ...three, pending: 3 }),
      { ...three, inService: 3 },
      { visible: 20, desired: 0, max: 0 },
    ]).flat();
    // In service seven looks after it was asked for.
    expect(last(drive(boots)).calculation?.bootSeconds).toBeGreaterThan(190);
    expect(last(drive(boots)).calculation?.bootSeconds).toBeLessThan(211);
  });

  it('the mean wait, and raises the price of waiting while it is too long', () => {
    const waiting = Array.from({ length: 240 }, (_, k) => ({
      visible: 40,
      inFlight: 4,
      inService: 4,
      desired: 4,
      max: 4,
      reported: { completed: k * 20, busySeconds: k * 120 },
    }));
    const [early, late] = [drive(waiting.slice(0, 20)), drive(waiting)].map((d) => last(d).calculation);
    // Little's law: 40 waiting at 20 in 30 s is 60 s.
    expect(late?.meanWait).toBeGreaterThan(50);
    expect(late?.meanWait).toBeLessThan(61);
    expect(late?.price).toBeGreaterThan(2 * (early?.price ?? Infinity));
  });

  it('goes on without reports, from the counts alone', () => {
    const looks = repeat(60, { inFlight: 5, inService: 5, desired: 5 });
    const { calculation, desired } = last(drive(looks));
    // 5 in flight at 6 s each: 25 in 30 s.
    expect(calculation?.rate).toBeCloseTo(5 / 6, 1);
    expect(desired).toBeGreaterThanOrEqual(5);
  });

  it('counts on no instance that should be there long since, and says so', () => {
    const looks: Looks = [{ visible: 50 }, ...repeat(7, { visible: 50, pending: 2 })];
    const decisions = drive(looks, { ...slo, priceOfWaiting: 0.12 });
    expect(decisions[5]?.calculation?.late).toBe(0);
    expect(last(decisions).calculation?.late).toBeGreaterThan(0);
  });
});

describe('slo doubts', () => {
  const working = busy(5, 20, { visible: 30 });
  const reported = last(working).reported as { completed: number; busySeconds: number };
  const vanished = { visible: 0, inFlight: 0, inService: 5, desired: 5, reported };

  it('a backlog that is gone though nobody has done it', () => {
    expect(last(drive([...working, vanished]))).toMatchObject({ desired: 5, reason: 'inconsistent-metrics' });
  });

  it('for as long as the empty hold time, then takes it as true', () => {
    const reasons = drive([...working, ...repeat(4, vanished)]).map(({ reason }) => reason);
    expect(reasons.slice(-4)).toEqual([
      'inconsistent-metrics',
      'inconsistent-metrics',
      'scale-in-cooldown',
      'scale-in-cooldown',
    ]);
  });

  it('nothing when the count comes back', () => {
    const back = { ...last(working), reported };
    const decisions = drive([...working, vanished, back]);
    expect(last(decisions)).toMatchObject({ desired: 5, reason: 'steady' });
    expect(last(decisions).memory.slo?.inconsistentSince).toBeUndefined();
  });

  it('a sudden zero, without reports too', () => {
    const silent = repeat(10, { visible: 30, inFlight: 5, inService: 5, desired: 5 });
    const gone = { visible: 0, inFlight: 0, inService: 5, desired: 5 };
    expect(last(drive([...silent, gone]))).toMatchObject({ desired: 5, reason: 'inconsistent-metrics' });
  });
});

describe('slo remembers', () => {
  it('no scaling that could not be carried out', () => {
    const before = {};
    const decision = decide(seen({ visible: 300 }), before, slo);
    const memory = withoutScaling(decision, before);
    expect(memory.lastOutAt).toBeUndefined();
    expect(memory.slo?.capacity.launches).toEqual([]);
    expect(decide(seen({ at: NOW + TICK, visible: 300 }), memory, slo).reason).toBe('scale-out');
  });

  it('not what it saw before a long pause', () => {
    const decisions = drive(busy(5, 40));
    const later = seen({ at: NOW + 40 * TICK + 3600, desired: 5, inService: 5 });
    // One look at an empty queue is no hold time, however long ago the last one was.
    expect(decide(later, last(decisions).memory, slo).desired).toBe(5);
  });
});

it('the worked example of docs/scaling.md comes to what is written there', () => {
  const at = { inFlight: 3, inService: 3, desired: 3 };
  const report = (k: number) => ({ completed: 15 * k, busySeconds: 90 * k });
  // 15 photos each 30 s come all the time; in the last two minutes nothing is finished, so that 60 pile up.
  const steady = Array.from({ length: 240 }, (_, k) => ({ ...at, reported: report(k) }));
  const stuck = [15, 30, 45, 60].map((visible) => ({ ...at, visible, reported: report(239) }));
  const { needed, calculation } = last(drive([...steady, ...stuck]));
  expect(calculation?.rate).toBeCloseTo(0.5, 1);
  expect(calculation?.serviceSeconds).toBeCloseTo(6, 3);
  expect(calculation?.bootSeconds).toBeCloseTo(90, 3);
  expect(calculation?.price).toBeCloseTo(0.12, 3);
  expect(calculation?.load).toBeCloseTo(3, 1);
  expect(calculation?.queuedThen).toBeGreaterThan(58);
  expect(calculation?.queuedThen).toBeLessThan(62);
  expect(needed).toBe(5);
});
