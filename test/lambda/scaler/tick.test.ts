/** One tick over ports: the order of its steps, what it sets, stores and publishes. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Polls } from '../../../lambda/scaler/context.ts';
import { RECENT } from '../../../lambda/scaler/record.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
import { fakePorts, type FakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

let ports: FakePorts;
let now: number;

beforeEach(() => {
  now = 20 * 86_400;
  ports = fakePorts();
});

const run = () => tick(ports, slo, { owner: 'run-1', now: () => now, tickSeconds: 30 });
const recent = () => (ports.memory.item?.recent ?? []) as { reason: string; at: number }[];
const policy = () => ports.memory.item?.policy as { lastOutAt?: number };

describe('a tick', () => {
  it('opens, observes, decides, acts, saves and publishes, in this order', async () => {
    ports.counts.counts = { visible: 8, inFlight: 0 };
    await run();
    expect(ports.calls).toEqual([
      // The lease lasts 10 s longer than until the next tick.
      ['memory.open', 'run-1', now, 40],
      ['counts.read'],
      ['fleet.read'],
      ['counts.hasPhoto'],
      // The instances that it lists.
      ['work.read'],
      ['fleet.setDesired', 1],
      ['memory.save', 'run-1'],
      ['metrics.publish', 'scale-out'],
    ]);
  });

  it('has a poll, which reads the queue alone and asks for a tick where it needs a larger fleet', async () => {
    ports.counts.counts = { visible: 8, inFlight: 0 };
    const { poll } = await run();
    ports.calls.length = 0;
    now += 5;
    // The first instance was requested for these.
    expect(await poll?.()).toBe(false);
    ports.counts.counts = { visible: 300, inFlight: 0 };
    expect(await poll?.()).toBe(true);
    expect(ports.calls).toEqual([['counts.read'], ['counts.read']]);
  });

  it('a poll that asks for a tick hands it what the last one before saw, once', async () => {
    const polls: Polls = {};
    const settings = { owner: 'run-1', now: () => now, tickSeconds: 30, polls };
    ports.counts.counts = { visible: 8, inFlight: 0 };
    const { poll } = await tick(ports, slo, settings);
    now += 5;
    expect(await poll?.()).toBe(false);
    expect(polls).toEqual({});
    const calm = { at: now, visible: 8, inFlight: 0 };
    now += 5;
    ports.counts.counts = { visible: 300, inFlight: 0 };
    expect(await poll?.()).toBe(true);
    expect(polls).toEqual({ calm });
    await tick(ports, slo, settings);
    expect(polls).toEqual({});
  });

  it.each([
    ['asleep', {}, 0],
    ['of a dry run, whose decision is not in effect', { dryRun: {} }, 8],
  ])('has no poll %s', async (_when, controls, visible) => {
    ports.memory.item = { controls };
    ports.counts.counts = { visible, inFlight: 0 };
    expect((await run()).poll).toBeUndefined();
  });

  it("a poll keeps the operator's pause", async () => {
    ports.memory.item = { controls: { pauseScaleOut: {} } };
    ports.counts.counts = { visible: 8, inFlight: 0 };
    const { poll } = await run();
    now += 5;
    ports.counts.counts = { visible: 300, inFlight: 0 };
    expect(await poll?.()).toBe(false);
  });

  it('leaves a fleet at zero asleep when all that waits is a folder', async () => {
    ports.counts.counts = { visible: 2, inFlight: 0 };
    ports.counts.empty = 2;
    const { record } = await run();
    expect([record?.visible, record?.desired, record?.reason]).toEqual([0, 0, 'steady']);
    now += 30;
    // A photo beside another folder wakes it.
    ports.counts.counts = { visible: 2, inFlight: 0 };
    ports.counts.empty = 1;
    expect((await run()).record?.desired).toBe(1);
  });

  it('counts no folder in the bulk queue of a fleet at zero as a photo with a deadline', async () => {
    let looks = 0;
    const bulk = { visible: 1, inFlight: 0 };
    Object.assign(ports.counts, {
      readBulk: () => Promise.resolve({ ...bulk }),
      hasBulkPhoto: () => Promise.resolve(++looks > 1),
    });
    const seen = async () => {
      now += 30;
      return (await run()).record?.bulk;
    };
    expect(await seen()).toEqual({ visible: 0, inFlight: 0 });
    // The next message has a photo, and is not received again while it waits.
    const photo = { visible: 1, inFlight: 0 };
    expect(await seen()).toMatchObject(photo);
    expect(await seen()).toMatchObject(photo);
    expect(looks).toBe(2);
  });

  it.each([
    ['again while messages wait, since a look is a receive', { desired: 0 }, 3, 2],
    ['at a fleet that is not at zero', { desired: 1, inService: 1 }, 0, 2],
    ['at more messages than it could read', {}, 0, 11],
    ['at an empty queue', {}, 0, 0],
  ])('does not look at messages %s', async (_when, fleet, before, visible) => {
    // Paused: the fleet stays as it is.
    ports.memory.item = { controls: { pauseScaleOut: {} } };
    Object.assign(ports.fleet.state, fleet);
    ports.counts.counts = { visible: before, inFlight: 0 };
    await run();
    ports.calls.length = 0;
    now += 30;
    ports.counts.counts = { visible, inFlight: 0 };
    await run();
    expect(ports.calls.map(([port]) => port)).not.toContain('counts.hasPhoto');
  });

  it('counts no sidelined photo among messages that are none', async () => {
    ports.counts.counts = { visible: 2, inFlight: 0, sidelined: 1 };
    ports.counts.hasPhoto = () => Promise.resolve(false);
    const { record } = await run();
    expect(record).toMatchObject({ visible: 0, desired: 0 });
    expect(record?.sidelined).toBeUndefined();
  });

  it('wakes the fleet when the messages cannot be looked at', async () => {
    ports.counts.counts = { visible: 1, inFlight: 0 };
    ports.counts.hasPhoto = () => Promise.reject(new Error('throttled'));
    const { record, errors } = await run();
    expect([record?.desired, errors.map(({ message }) => message)]).toEqual([1, ['throttled']]);
  });

  it('records what it read and decided, in the memory and as metrics', async () => {
    ports.counts.counts = { visible: 8, inFlight: 2 };
    ports.work.reported = { completed: 70, busySeconds: 420 };
    ports.fleet.state = { desired: 2, inService: 1, pending: 1, draining: 3, min: 1, max: 9 };
    const { held, errors, record } = await run();
    expect({ held, errors }).toEqual({ held: true, errors: [] });
    expect(record).toEqual({
      at: now,
      reason: 'steady',
      needed: 1,
      visible: 8,
      inFlight: 2,
      desired: 2,
      inService: 1,
      pending: 1,
      draining: 3,
      min: 1,
      max: 9,
      // Counted from here on.
      completed: 0,
      calculation: record?.calculation,
    });
    expect(record?.calculation).toMatchObject({ serviceSeconds: 6, bootSeconds: 90 });
    expect(recent()).toEqual([record]);
    expect(ports.metrics.published).toEqual([
      {
        at: now,
        reason: 'steady',
        counts: { visible: 8, inFlight: 2 },
        fleet: ports.fleet.state,
        needed: 1,
        calculation: record?.calculation,
        figures: { perHour: 0, spentToday: 0 },
        unfulfilled: 0,
      },
    ]);
  });

  it('publishes the desired capacity that it has set', async () => {
    ports.counts.counts = { visible: 300, inFlight: 0 };
    const { record } = await run();
    expect(ports.fleet.state.desired).toBe(8);
    expect(record).toMatchObject({ reason: 'scale-out', desired: 8 });
    expect(ports.metrics.published[0]?.fleet).toMatchObject({ desired: 8, inService: 0 });
    expect(policy().lastOutAt).toBe(now);
  });

  it('sets nothing where the size is right, and remembers what it saw', async () => {
    ports.fleet.state = { ...ports.fleet.state, desired: 1, inService: 1 };
    ports.counts.counts = { visible: 0, inFlight: 1 };
    expect((await run()).record?.reason).toBe('steady');
    expect(ports.memory.item?.policy).toMatchObject({
      slo: { capacity: { inService: 1 }, flow: { at: now } },
    });
    expect(ports.calls.map(([call]) => call)).not.toContain('fleet.setDesired');
  });

  it('keeps the calculation of the latest decision only', async () => {
    for (let k = 0; k < 3; k++, now += 30) await run();
    expect(recent().map((record) => 'calculation' in record)).toEqual([false, false, true]);
  });

  it('keeps the latest 60 ticks', async () => {
    for (let k = 0; k < RECENT + 5; k++, now += 30) await run();
    expect(recent().map(({ at }) => at)).toEqual(
      Array.from({ length: RECENT }, (_, k) => now - 30 * (RECENT - k)),
    );
  });

  it('measures with what workers report', async () => {
    ports.fleet.state = { ...ports.fleet.state, desired: 4, inService: 4 };
    ports.counts.counts = { visible: 0, inFlight: 4 };
    for (let k = 0; k < 60; k++, now += 30) {
      // 10 photos in 30 s, 4 instances busy all the time.
      ports.work.reported = { completed: 10 * k, busySeconds: 120 * k };
      await run();
    }
    expect(ports.metrics.published.at(-1)?.calculation?.serviceSeconds).toBeCloseTo(12, 0);
  });

  it('takes the seconds between two ticks from the run', async () => {
    ports.fleet.state = { ...ports.fleet.state, desired: 2, inService: 2 };
    const every = (tickSeconds: number) => tick(ports, slo, { owner: 'run-1', now: () => now, tickSeconds });
    await every(30);
    now += 100;
    await every(30);
    // 100 s are more than two and a half ticks of 30 s, and less than those of 60 s.
    expect((ports.memory.item?.policy as { slo: object }).slo).toMatchObject({ emptySince: now });
    now += 100;
    await every(60);
    expect((ports.memory.item?.policy as { slo: object }).slo).toMatchObject({ emptySince: now - 100 });
    expect(ports.calls).toContainEqual(['memory.open', 'run-1', now, 70]);
  });
});

describe('controls', () => {
  it('a dry run decides and publishes, sets nothing, and starts no cooldown', async () => {
    ports.memory.item = { controls: { dryRun: { until: now + 45 } } };
    ports.counts.counts = { visible: 8, inFlight: 0 };
    const { record } = await run();
    expect(ports.fleet.state.desired).toBe(0);
    expect(record).toMatchObject({ reason: 'scale-out', desired: 0 });
    expect(ports.metrics.published[0]).toMatchObject({
      dryRunDesired: 1,
      controls: { dryRun: { until: now + 45 } },
      fleet: { desired: 0 },
    });
    expect(policy().lastOutAt).toBeUndefined();
    expect(policy()).toMatchObject({ slo: { flow: { at: now, backlog: 8 } } });
    now += 60;
    await run();
    expect(ports.fleet.state.desired).toBe(1);
    expect(ports.metrics.published[1]).not.toHaveProperty('controls');
    expect(ports.metrics.published[1]).not.toHaveProperty('dryRunDesired');
  });

  it('a dry run is not asleep: a photo would wake it again and again', async () => {
    expect((await run()).asleep).toBe(true);
    now += 60;
    ports.memory.item = { controls: { dryRun: {} } };
    expect((await run()).asleep).toBe(false);
  });

  it('a dry run without a decision publishes none', async () => {
    ports.memory.item = { controls: { dryRun: {} } };
    ports.counts.read = () => Promise.reject(new Error('no queue'));
    await run();
    expect(ports.metrics.published[0]).not.toHaveProperty('dryRunDesired');
  });

  it('others reach the rule', async () => {
    ports.memory.item = { controls: { floor: { instances: 3, until: now + 1 } } };
    expect((await run()).record).toMatchObject({ reason: 'scale-out', desired: 3 });
  });
});
