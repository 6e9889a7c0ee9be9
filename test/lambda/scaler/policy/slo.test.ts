/** The `slo` policy tick by tick. The arithmetic of its first steps is the worked example of docs/scaling.md. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../lambda/scaler/policy/decide.ts';
import { emptySlo } from '../../../../lambda/scaler/policy/slo.ts';
import type { Observation } from '../../../../lambda/scaler/policy/observation.ts';
import { drive, last, NOW, repeat, seen, slo, TICK } from '../support/observations.ts';

type Observed = Partial<Observation>[];
/** A fleet that is busy and keeps up: as many photos arrive as are finished. */
const busy = (instances: number, ticks: number, more: Partial<Observation> = {}): Observed =>
  Array.from({ length: ticks }, (_, k) => ({
    inFlight: instances,
    inService: instances,
    desired: instances,
    reported: { completed: k * instances * 5, busySeconds: k * instances * TICK },
    ...more,
  }));

describe('slo', () => {
  it.each<[string, Observed, number, string]>([
    ['without work at zero stays', [{}], 0, 'steady'],
    ['starts for one photo', [{ visible: 1 }], 1, 'scale-out'],
    ['and for one that is in flight', [{ inFlight: 1 }], 1, 'scale-out'],
    // 300 x sqrt(0.12 x 6 / (13 x 90)) = 300 x 0.0248 = 7.4.
    ['sizes a first burst by the whole backlog', [{ visible: 300 }], 8, 'scale-out'],
    ['is limited by the maximum', [{ visible: 1000 }], 20, 'scale-out'],
    ['at the maximum says so', [{ visible: 1000, desired: 20, inService: 20 }], 20, 'at-max'],
    [
      'counts capacity on its way',
      [{ visible: 300 }, { visible: 300, pending: 8 }, { visible: 300, pending: 8 }],
      8,
      'steady',
    ],
    ['grows for more', [{ visible: 300 }, { visible: 600, pending: 8 }], 20, 'scale-out'],
    ['keeps a fleet that keeps up', busy(5, 40), 5, 'steady'],
    [
      'removes nothing for one empty queue',
      [...busy(5, 40), { inService: 5, desired: 5 }],
      5,
      'scale-in-cooldown',
    ],
    [
      'nor for one that is empty for less than the hold time',
      [...busy(5, 40), ...repeat(2, { inService: 5, reported: { completed: 977, busySeconds: 6000 } })],
      5,
      'scale-in-cooldown',
    ],
    [
      'removes what is idle at once where workers have finished all that left it',
      [...busy(5, 40), { inService: 5, desired: 5, reported: { completed: 980, busySeconds: 5880 } }],
      1,
      'scale-in',
    ],
    ['stays at the minimum', repeat(30, { inService: 2, desired: 2, min: 2 }), 2, 'at-min'],
    ['removes the last instance after its time', repeat(11, { inService: 1, desired: 1 }), 0, 'scale-in'],
    ['and not before', repeat(10, { inService: 1, desired: 1 }), 1, 'steady'],
    ['does not start again without work', repeat(20, { desired: 0 }), 0, 'steady'],
  ])('%s', (_name, observed, desired, reason) => {
    expect(last(drive(observed))).toMatchObject({ desired, reason });
  });

  it('removes what stayed idle for a third of a boot, and keeps what works', () => {
    const observed = [...busy(6, 40), ...repeat(20, { inFlight: 2, inService: 6, desired: 6 })];
    const decisions = drive(observed, { ...slo, bootSeconds: 300 });
    const first = decisions.findIndex(({ reason }) => reason === 'scale-in');
    // Three ticks: 100 s.
    expect(first).toBeGreaterThanOrEqual(42);
    const decision = decisions[first];
    expect(decision?.desired).toBeGreaterThanOrEqual(2);
    expect(decision?.desired).toBeLessThan(6);
    // What was removed is no longer idle.
    const removed = 6 - (decision?.desired ?? 0);
    expect(last(decision?.memory.slo?.idle ?? [])).toEqual({ at: NOW + first * TICK, count: 4 - removed });
    expect(decision?.memory.lastInAt).toBe(NOW + first * TICK);
  });

  it('after a scale-out measures idle times again, and expects the launch', () => {
    const { memory } = last(
      drive([
        { inService: 1, desired: 1 },
        { visible: 300, inService: 1, desired: 1 },
      ]),
    );
    expect(memory.lastOutAt).toBe(NOW + TICK);
    expect(memory.slo?.idle).toEqual([]);
    expect(memory.slo?.capacity.launches.map(({ at }) => at)).toEqual([NOW + TICK]);
  });

  it('that holds, remembers no scaling', () => {
    const { reason, memory } = last(drive(busy(5, 3)));
    expect(reason).toBe('steady');
    expect(memory).not.toHaveProperty('lastOutAt');
    expect(memory).not.toHaveProperty('lastInAt');
    expect(memory.slo).not.toHaveProperty('emptySince');
    expect(memory.slo?.idle).toHaveLength(1);
    expect(emptySlo().idle).toEqual([]);
  });

  it.each([0.03, 0.12, 0.5])('needs more at a higher price of waiting than %d', (priceOfWaiting) => {
    const needed = (price: number) =>
      decide(seen({ visible: 100 }), {}, { ...slo, priceOfWaiting: price }).needed ?? 0;
    expect(needed(priceOfWaiting * 4)).toBeGreaterThan(needed(priceOfWaiting));
  });
});

describe('slo measures', () => {
  it('service time and arrivals, from what workers report', () => {
    const observed = Array.from({ length: 80 }, (_, k) => ({
      inFlight: 4,
      inService: 4,
      desired: 4,
      // 4 instances busy for 30 s on 10 photos: 12 s each.
      reported: { completed: k * 10, busySeconds: k * 120 },
    }));
    const { calculation } = last(drive(observed));
    expect(calculation?.serviceSeconds).toBeCloseTo(12, 0);
    expect(calculation?.rate).toBeCloseTo(1 / 3, 1);
    expect(calculation?.load).toBeCloseTo(12 / 3, 0);
  });

  it('the boot time, from requests to service', () => {
    const three = { visible: 20, desired: 3, max: 3 };
    const boots = Array.from({ length: 12 }, () => [
      ...repeat(7, { ...three, pending: 3 }),
      { ...three, inService: 3 },
      { visible: 20, desired: 0, max: 0 },
    ]).flat();
    // In service seven ticks after the request.
    const { calculation } = last(drive(boots));
    expect(calculation?.bootSeconds).toBeGreaterThan(190);
    expect(calculation?.bootSeconds).toBeLessThan(211);
  });

  it('the mean wait, and raises the price of waiting while it is above the target', () => {
    const waiting = Array.from({ length: 240 }, (_, k) => ({
      visible: 40,
      inFlight: 4,
      inService: 4,
      desired: 4,
      max: 4,
      reported: { completed: k * 20, busySeconds: k * 120 },
    }));
    const [early, late] = [drive(waiting.slice(0, 2)), drive(waiting)].map((d) => last(d).calculation);
    // Little's law: 40 waiting at 20 in 30 s is 60 s.
    expect(late?.meanWait).toBeGreaterThan(50);
    expect(late?.meanWait).toBeLessThan(61);
    expect(late?.price).toBeGreaterThan(2 * (early?.price ?? Infinity));
    expect(last(drive([{}])).calculation?.meanWait).toBeNull();
  });

  it('arrivals without reports, from the counts alone', () => {
    const { calculation, desired } = last(drive(repeat(60, { inFlight: 5, inService: 5, desired: 5 })));
    // 5 in flight at 6 s each: 25 in 30 s.
    expect(calculation?.rate).toBeCloseTo(5 / 6, 1);
    expect(desired).toBeGreaterThanOrEqual(5);
  });

  it('instances that should be in service by now', () => {
    const observed: Observed = [{ visible: 50 }, ...repeat(7, { visible: 50, pending: 2 })];
    const decisions = drive(observed, { ...slo, priceOfWaiting: 0.12 });
    expect(decisions[5]?.calculation?.late).toBe(0);
    expect(last(decisions).calculation?.late).toBeGreaterThan(0);
  });
});

describe('slo with counts that contradict each other', () => {
  const working = busy(5, 20, { visible: 30 });
  const reported = last(working).reported as { completed: number; busySeconds: number };
  const vanished = { visible: 0, inFlight: 0, inService: 5, desired: 5, reported };

  it('holds while they do, up to the hold time', () => {
    const decisions = drive([...working, ...repeat(4, vanished)]).slice(-4);
    expect(decisions.map(({ reason, desired }) => [reason, desired])).toEqual([
      ['inconsistent-metrics', 5],
      ['inconsistent-metrics', 5],
      ['scale-in-cooldown', 5],
      ['scale-in-cooldown', 5],
    ]);
    // It learned nothing meanwhile, but for the capacity.
    const { slo: memory } = last(decisions.slice(0, 2)).memory;
    expect(memory).toMatchObject({ flow: { at: NOW + 19 * TICK }, inconsistentSince: NOW + 20 * TICK });
    expect(last(decisions).memory.slo).not.toHaveProperty('inconsistentSince');
  });

  it('goes on when they agree again', () => {
    const back = { ...last(working), reported };
    const decision = last(drive([...working, vanished, back]));
    expect(decision).toMatchObject({ desired: 5, reason: 'steady' });
    expect(decision.memory.slo?.inconsistentSince).toBeUndefined();
  });

  it('holds for a sudden zero without reports', () => {
    const silent = repeat(10, { visible: 30, inFlight: 5, inService: 5, desired: 5 });
    const gone = { visible: 0, inFlight: 0, inService: 5, desired: 5 };
    expect(last(drive([...silent, gone]))).toMatchObject({ desired: 5, reason: 'inconsistent-metrics' });
  });

  it('measures the hold time from an earlier clock, once the clock was set back', () => {
    const decision = last(drive([...working, vanished]));
    const slo_ = { ...decision.memory.slo!, inconsistentSince: NOW + 99 * TICK };
    const look = seen({ at: NOW + 21 * TICK, ...vanished });
    expect(decide(look, { slo: slo_ }, slo).memory.slo?.inconsistentSince).toBe(NOW + 21 * TICK);
  });
});

it('slo forgets an empty queue over a long pause', () => {
  const decisions = drive([
    ...busy(5, 40),
    { inService: 5, desired: 5, reported: { completed: 1000, busySeconds: 6000 } },
  ]);
  const later = seen({ at: NOW + 40 * TICK + 3600, desired: 5, inService: 5 });
  const decision = decide(later, last(decisions).memory, slo);
  expect(decision.desired).toBe(5);
  expect(decision.memory.slo?.emptySince).toBe(later.at);
});

describe('a second tick at the same instant', () => {
  it('changes no estimate', () => {
    const { memory, desired } = last(
      drive([...busy(5, 20), { visible: 300, inFlight: 5, inService: 5, desired: 5 }]),
    );
    const look = seen({ at: NOW + 20 * TICK, visible: 300, inFlight: 5, inService: 5, desired });
    const again = decide(look, memory, slo);
    expect(again.desired).toBe(desired);
    for (const part of ['flow', 'rate', 'capacity', 'price'] as const) {
      expect(again.memory.slo?.[part]).toEqual(memory.slo?.[part]);
    }
  });
});

it('at a second tick of the same instant the launch is still expected', () => {
  const cooling = { ...slo, scaleOutCooldownSeconds: 60 };
  const first = decide(seen({ visible: 300, inService: 1, desired: 1 }), {}, cooling);
  // The desired capacity that was set does not show yet.
  const second = decide(seen({ visible: 300, inService: 1, desired: 1 }), first.memory, cooling);
  expect(second.reason).toBe('scale-out-cooldown');
  expect(second.memory.slo?.capacity).toEqual(first.memory.slo?.capacity);
  expect(second.memory.slo?.capacity.launches).toEqual([{ at: NOW, count: first.desired - 1 }]);
});

describe('a rate that is known from elsewhere', () => {
  const ready = { ...slo, readyForRate: 0.5 };

  it('keeps the fleet ready for it', () => {
    // 0.5 photos/s x 6 s.
    expect(decide(seen({}), {}, ready)).toMatchObject({ desired: 3, needed: 3, reason: 'scale-out' });
  });

  it('keeps it awake', () => {
    const look = { desired: 3, inService: 3 };
    expect(last(drive(repeat(40, look), ready))).toMatchObject({ desired: 3, needed: 3 });
    expect(last(drive(repeat(40, look), { ...slo, readyForRate: 0 })).desired).toBe(0);
  });
});

describe('forecast', () => {
  const settings = { ...slo, kind: 'forecast' } as const;

  it('remembers the week, and slo does not', () => {
    const observed = [{}, { visible: 6 }];
    expect(last(drive(observed, settings)).memory.slo?.season?.now.part).toEqual({ photos: 6, seconds: 30 });
    expect(last(drive(observed)).memory.slo).not.toHaveProperty('season');
  });

  it('learns nothing over a gap', () => {
    const { memory } = last(drive([{}, { visible: 6 }], settings));
    const after = decide(seen({ at: NOW + 3600 }), memory, settings);
    expect(after.memory.slo?.season).toEqual(memory.slo?.season);
  });

  it('is ready a boot and a tick ahead of a rise', () => {
    const quarter = 900 * Math.ceil(NOW / 900);
    const index = (quarter / 900) % 672;
    const rates = Array.from({ length: 672 }, (_, k) => (k === index ? 0.99 : 0.1));
    const { memory } = last(drive([{}], settings));
    const season = { ...memory.slo!.season!, rates, errors: { forecast: 0, none: 1 } };
    const at = (time: number) =>
      decide(seen({ at: time }), { slo: { ...memory.slo!, season } }, settings).needed;
    // 0.99 photos/s x 6 s, 90 s of boot and 30 s of tick ahead.
    expect(at(quarter - 120)).toBe(6);
    expect(at(quarter - 121)).toBe(0);
  });
});

it('the worked example of docs/scaling.md has the numbers written there', () => {
  const at = { inFlight: 3, inService: 3, desired: 3 };
  const report = (k: number) => ({ completed: 180 * k, busySeconds: 90 * k });
  // 180 photos arrive in 30 s; in the last two and a half minutes none is finished, so that 900 wait.
  const steady = Array.from({ length: 240 }, (_, k) => ({ ...at, reported: report(k) }));
  const stuck = [180, 360, 540, 720, 900].map((visible) => ({ ...at, visible, reported: report(239) }));
  const { needed, calculation } = last(drive([...steady, ...stuck], { ...slo, serviceSeconds: 0.5 }));
  expect(calculation?.rate).toBeCloseTo(6, 1);
  expect(calculation?.serviceSeconds).toBeCloseTo(0.5, 3);
  expect(calculation?.bootSeconds).toBeCloseTo(90, 3);
  expect(calculation?.price).toBeCloseTo(0.01, 2);
  expect(calculation?.load).toBeCloseTo(3, 1);
  expect(calculation?.queuedThen).toBeGreaterThan(890);
  expect(calculation?.queuedThen).toBeLessThan(910);
  expect(needed).toBe(5);
});
