/** One tick over ports that can fail: it acts on what it has seen, holds when it has not, and says so. */
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { ALLOWANCE_SECONDS, tick } from '../../../lambda/scaler/tick.ts';
import { RECENT } from '../../../lambda/scaler/record.ts';
import { type TickPorts } from '../../../lambda/scaler/ports.ts';
import { FakeCounts, FakeFleet, FakeMemory, FakeMetrics, FakeWork } from './support/fakes.ts';
import { slo } from './support/looks.ts';

const SETTINGS = slo;
const ON_DEMAND = { onDemandBaseCapacity: 0, spotPercentage: 0 };

let counts: FakeCounts;
let work: FakeWork;
let fleet: FakeFleet;
let memory: FakeMemory;
let metrics: FakeMetrics;
let ports: TickPorts;
let now: number;

beforeEach(() => {
  now = 1_000_000;
  counts = new FakeCounts();
  work = new FakeWork();
  fleet = new FakeFleet();
  memory = new FakeMemory();
  metrics = new FakeMetrics();
  ports = { counts, work, fleet, memory, metrics };
});

const run = (owner = 'run-1') => tick(ports, SETTINGS, { owner, now: () => now, tickSeconds: 30 });
const refuse = (text: string) => () => Promise.reject(new Error(text));
const recent = () => (memory.item?.recent ?? []) as { reason: string; desired: number | null }[];

describe('a tick that sees everything', () => {
  it('sets the capacity that the work needs, remembers why and publishes it', async () => {
    counts.counts = { visible: 8, inFlight: 0 };
    const result = await run();
    expect(result.errors).toEqual([]);
    expect(fleet.view.desired).toBeGreaterThan(0);
    expect(result.record).toMatchObject({
      at: now,
      reason: 'scale-out',
      visible: 8,
      desired: fleet.view.desired,
    });
    expect(recent()).toEqual([result.record]);
    expect(metrics.published).toEqual([
      {
        at: now,
        reason: 'scale-out',
        counts: { visible: 8, inFlight: 0 },
        fleet: { ...fleet.view, desired: fleet.view.desired },
        needed: result.record?.needed,
        calculation: result.record?.calculation,
        figures: { perHour: 0, spentToday: 0 },
        unfulfilled: 0,
      },
    ]);
  });

  it('stops growing when the day has cost its limit, until the next one begins', async () => {
    const spending = { hourlyPrices: { 'g5.xlarge': 1 }, ...ON_DEMAND, dailyLimit: 1, brake: true };
    const paid = () => tick(ports, SETTINGS, { owner: 'run-1', now: () => now, tickSeconds: 30, spending });
    now = 20 * 86_400 + 80_000;
    fleet.view = { ...fleet.view, desired: 2, inService: 2, types: { 'g5.xlarge': 2 } };
    counts.counts = { visible: 0, inFlight: 2 };
    await paid();
    counts.counts = { visible: 500, inFlight: 2 };
    now += 1800;
    expect((await paid()).record).toMatchObject({ reason: 'over-budget', desired: 2 });
    expect(metrics.published.at(-1)?.figures).toMatchObject({ perHour: 2, spentToday: 1 });
    now = 21 * 86_400 + 60;
    expect((await paid()).record?.reason).toBe('scale-out');
  });

  it('knows no spending without its memory, and lets the day count on from where it was', async () => {
    const spending = { hourlyPrices: { 'g5.xlarge': 1 }, ...ON_DEMAND, dailyLimit: null, brake: false };
    const paid = () => tick(ports, SETTINGS, { owner: 'run-1', now: () => now, tickSeconds: 30, spending });
    fleet.view = { ...fleet.view, desired: 2, inService: 2, types: { 'g5.xlarge': 2 } };
    now = 20 * 86_400;
    await paid();
    now += 900;
    const lost = new FakeMemory();
    lost.open = refuse('throttled');
    ports.memory = lost;
    await paid();
    expect(metrics.published.at(-1)?.figures).toBeUndefined();
    ports.memory = memory;
    now += 900;
    await paid();
    expect(metrics.published.at(-1)?.figures?.spentToday).toBe(1);
  });

  it('tells that it could not remember, or not set: it has seen all the same', async () => {
    counts.counts = { visible: 8, inFlight: 0 };
    memory.save = refuse('number underflow');
    expect((await run()).record?.reason).toBe('scale-out');
    expect(metrics.published.at(-1)).toMatchObject({ reason: 'scale-out', failed: true });
    ports.memory = new FakeMemory();
    await run();
    expect(metrics.published.at(-1)).not.toHaveProperty('failed');
  });

  it('leaves a fleet alone that is right', async () => {
    const result = await run();
    expect(result.record?.reason).toBe('steady');
    expect(fleet.view.desired).toBe(0);
  });

  it('has the numbers behind the latest decision, and not behind each', async () => {
    counts.counts = { visible: 8, inFlight: 0 };
    await run();
    now += 30;
    await run();
    expect(recent().map((record) => 'calculation' in record)).toEqual([false, true]);
  });

  it('measures with what workers report', async () => {
    fleet.view = { ...fleet.view, desired: 4, inService: 4 };
    for (let k = 0; k < 60; k++, now += 30) {
      counts.counts = { visible: 0, inFlight: 4 };
      // 10 photos in 30 s, 4 instances busy all the time.
      work.reported = { completed: 10 * k, busySeconds: 120 * k };
      await run();
    }
    expect(metrics.published.at(-1)?.calculation?.serviceSeconds).toBeCloseTo(12, 0);
  });

  it('keeps the latest ticks only', async () => {
    for (let i = 0; i < RECENT + 5; i++, now += 30) await run();
    expect(recent()).toHaveLength(RECENT);
    expect((recent().at(-1) as { at?: number } | undefined)?.at).toBe(now - 30);
  });
});

describe('a dry run', () => {
  it('decides and publishes, sets nothing, and starts no cooldown', async () => {
    memory.item = { controls: { dryRun: { until: now + 45 } } };
    counts.counts = { visible: 8, inFlight: 0 };
    const { record } = await run();
    expect(fleet.view.desired).toBe(0);
    expect(record).toMatchObject({ reason: 'scale-out', desired: 0 });
    expect(metrics.published[0]).toMatchObject({ dryRunDesired: 1, controls: { dryRun: {} } });
    expect((memory.item.policy as { lastOutAt?: number }).lastOutAt).toBeUndefined();
    now += 60;
    await run();
    expect(fleet.view.desired).toBe(1);
    expect(metrics.published[1]).not.toHaveProperty('controls');
  });
});

describe('a launch that failed', () => {
  const lost = { code: 'InsufficientInstanceCapacity', message: 'none left' };
  beforeEach(() => {
    fleet.view = { ...fleet.view, desired: 5, inService: 2 };
    counts.counts = { visible: 500, inFlight: 2 };
    fleet.failed = [lost];
  });

  it('is a shortage at once: the ask stays as it is', async () => {
    const { record } = await run();
    expect(record).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
    expect(metrics.published[0]).toMatchObject({ unfulfilled: 3, failedLaunches: [lost] });
  });

  it('is asked for only while something is missing', async () => {
    fleet.view.pending = 3;
    fleet.failedLaunches = refuse('nobody should ask');
    expect(await run()).toMatchObject({ errors: [], record: { reason: 'scale-out' } });
  });

  it('that nobody can tell of costs a decision nothing, and the tick is loud', async () => {
    fleet.failedLaunches = refuse('Rate exceeded');
    const { record, errors } = await run();
    expect(record?.reason).toBe('scale-out');
    expect(errors.map(({ message }) => message)).toEqual(['Rate exceeded']);
  });
});

describe('a blind tick', () => {
  it.each([
    ['the queue', () => (counts.read = refuse('no queue')), 'no queue'],
    ['the fleet', () => (fleet.read = refuse('no fleet')), 'no fleet'],
    ['the memory', () => (memory.open = refuse('no memory')), 'no memory'],
  ])('that cannot read %s holds the fleet, and says what was wrong', async (_what, breaks, message) => {
    fleet.view = { ...fleet.view, desired: 4, inService: 4 };
    counts.counts = { visible: 500, inFlight: 4 };
    breaks();
    const result = await run();
    expect(fleet.view.desired).toBe(4);
    expect(result.record?.reason).toBe('metrics-unavailable');
    expect(result.errors.map((error) => error.message)).toEqual([message]);
    expect(metrics.published[0]?.reason).toBe('metrics-unavailable');
  });

  it('takes nothing unknown for zero', async () => {
    counts.read = refuse('no queue');
    fleet.view = { ...fleet.view, desired: 4, inService: 3, pending: 1 };
    const result = await run();
    expect(result.record).toMatchObject({
      visible: null,
      inFlight: null,
      needed: null,
      desired: 4,
      inService: 3,
    });
    expect(metrics.published[0]).toMatchObject({ counts: undefined, fleet: { desired: 4 } });
  });

  it.each([[-1], [1.5], [NaN]])('holds on a count of %d', async (visible) => {
    fleet.view = { ...fleet.view, desired: 4, inService: 4 };
    counts.counts = { visible, inFlight: 0 };
    const result = await run();
    expect([result.record?.reason, fleet.view.desired]).toEqual(['metrics-unavailable', 4]);
    expect(result.errors[0]?.message).toContain(`visible is ${visible}`);
  });

  it('holds when reading took so long that another run may act', async () => {
    counts.counts = { visible: 500, inFlight: 0 };
    counts.read = () => {
      now += ALLOWANCE_SECONDS + 1;
      return Promise.resolve({ visible: 500, inFlight: 0 });
    };
    const result = await run();
    expect([result.record?.reason, fleet.view.desired]).toEqual(['metrics-unavailable', 0]);
  });
});

describe('an outage', () => {
  it('of the workers` counters blinds nobody, and is seen', async () => {
    counts.counts = { visible: 100, inFlight: 0 };
    work.read = refuse('no counters');
    const result = await run();
    expect(result.record?.reason).toBe('scale-out');
    expect(fleet.view.desired).toBeGreaterThan(0);
    expect(result.errors.map((error) => error.message)).toEqual(['no counters']);
  });

  it('of metrics stops no scaling, and is seen', async () => {
    counts.counts = { visible: 100, inFlight: 0 };
    metrics.publish = refuse('throttled');
    const result = await run();
    expect(fleet.view.desired).toBeGreaterThan(0);
    expect(result.errors.map((error) => error.message)).toEqual(['throttled']);
  });

  it('of Auto Scaling starts no cooldown: the next tick tries again', async () => {
    counts.counts = { visible: 100, inFlight: 0 };
    const works = fleet.setDesired.bind(fleet);
    fleet.setDesired = refuse('ScalingActivityInProgress');
    const result = await run();
    expect(result.errors.map((error) => error.message)).toEqual(['ScalingActivityInProgress']);
    expect(result.record?.desired).toBe(0);
    expect((memory.item?.policy as { lastOutAt?: number }).lastOutAt).toBeUndefined();
    fleet.setDesired = works;
    now += 30;
    await run();
    expect(fleet.view.desired).toBeGreaterThan(0);
  });

  it('of the memory after acting is seen', async () => {
    counts.counts = { visible: 100, inFlight: 0 };
    memory.save = refuse('the lease has been lost');
    const result = await run();
    expect(result.errors.map((error) => error.message)).toEqual(['the lease has been lost']);
    expect(metrics.published).toHaveLength(1);
  });
});

describe('two runs at once', () => {
  it('cannot both act', async () => {
    await run('run-1');
    counts.counts = { visible: 100, inFlight: 0 };
    const second = await run('run-2');
    expect(second).toEqual({ held: false, errors: [] });
    expect(fleet.view.desired).toBe(0);
    expect(metrics.published).toHaveLength(1);
  });

  it('follow each other when the first one dies: its lease ends after its next tick was due', async () => {
    await run('run-1');
    now += 30 + ALLOWANCE_SECONDS;
    expect((await run('run-2')).held).toBe(false);
    now += 1;
    expect((await run('run-2')).held).toBe(true);
  });
});

it('never sets a capacity beyond the limits, and none when nothing changes', async () => {
  const count = fc.integer({ min: 0, max: 400 });
  const step = fc.record({
    visible: count,
    inFlight: count,
    seconds: fc.integer({ min: 1, max: 120 }),
    inService: fc.integer({ min: 0, max: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 20 }),
      fc.integer({ min: 0, max: 3 }),
      async (steps, min) => {
        const own = new FakeFleet();
        own.view = { ...own.view, desired: min, min, max: 8 };
        const calls: [from: number, to: number][] = [];
        const set = own.setDesired.bind(own);
        own.setDesired = (desired) => {
          calls.push([own.view.desired, desired]);
          return set(desired);
        };
        const own_ = {
          counts: new FakeCounts(),
          work: new FakeWork(),
          fleet: own,
          memory: new FakeMemory(),
          metrics: new FakeMetrics(),
        };
        let at = 1_000_000;
        for (const { visible, inFlight, seconds, inService } of steps) {
          own_.counts.counts = { visible, inFlight };
          own.view.inService = Math.min(inService, own.view.desired);
          own.view.pending = own.view.desired - own.view.inService;
          at += seconds;
          const { errors } = await tick(own_, SETTINGS, { owner: 'run', now: () => at, tickSeconds: 30 });
          expect(errors).toEqual([]);
        }
        for (const [from, to] of calls) {
          expect(to).not.toBe(from);
          expect(to).toBeGreaterThanOrEqual(min);
          expect(to).toBeLessThanOrEqual(8);
        }
      },
    ),
    { seed: 20_261_123, numRuns: 200 },
  );
});
