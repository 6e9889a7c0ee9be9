/** A tick over ports that fail: unknown is never zero, the fleet stays where it must, and each failure is reported. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ALLOWANCE_SECONDS, tick } from '../../../lambda/scaler/tick.ts';
import type { FleetLaunch } from '../../../lambda/scaler/ports.ts';
import { fakePorts, type FakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

let ports: FakePorts;
let now: number;

beforeEach(() => {
  now = 1_000_000;
  ports = fakePorts();
});

const run = (owner = 'run-1') => tick(ports, slo, { owner, now: () => now, tickSeconds: 30 });
const refuse = (text: string) => () => Promise.reject(new Error(text));
const messages = (errors: Error[]) => errors.map(({ message }) => message);
const calls = () => ports.calls.map(([call]) => call);

describe('a tick that cannot read', () => {
  const four = { desired: 4, inService: 3, pending: 1, draining: 0, min: 0, max: 10 };
  const none = {
    reason: 'metrics-unavailable',
    needed: null,
    visible: 500,
    inFlight: 4,
    ...four,
  };
  beforeEach(() => {
    ports.fleet.state = four;
    ports.counts.counts = { visible: 500, inFlight: 4 };
  });

  it.each<[string, () => unknown, object]>([
    ['the queue', () => (ports.counts.read = refuse('away')), { visible: null, inFlight: null }],
    [
      'the fleet',
      () => (ports.fleet.read = refuse('away')),
      { desired: null, inService: null, pending: null, draining: null, min: null, max: null },
    ],
    ['the memory', () => (ports.memory.open = refuse('away')), {}],
  ])('%s holds the fleet, and reports the error', async (_what, breaks, unknown) => {
    breaks();
    const { held, record, errors } = await run();
    expect(held).toBe(true);
    expect(calls()).not.toContain('fleet.setDesired');
    expect(record).toEqual({ at: now, ...none, ...unknown });
    expect(messages(errors)).toEqual(['away']);
    expect(ports.metrics.published).toMatchObject([{ reason: 'metrics-unavailable', failed: true }]);
  });

  it('the queue publishes no counts, and the fleet as it is', async () => {
    ports.counts.read = refuse('away');
    await run();
    expect(ports.metrics.published[0]).toEqual({
      at: now,
      reason: 'metrics-unavailable',
      counts: undefined,
      fleet: four,
      needed: undefined,
      calculation: undefined,
      figures: { perHour: 0, spentToday: 0 },
      unfulfilled: undefined,
      failed: true,
    });
  });

  it('the memory saves none', async () => {
    ports.memory.open = refuse('away');
    await run();
    expect(calls()).not.toContain('memory.save');
    expect(ports.memory.item).toBeUndefined();
  });

  it('something keeps what it remembered', async () => {
    await run();
    const policy = ports.memory.item?.policy;
    now += 30;
    ports.fleet.read = refuse('away');
    await run();
    expect(ports.memory.item?.policy).toEqual(policy);
  });

  it.each([[-1], [1.5], [NaN]])('a valid count, but %d, holds the fleet', async (visible) => {
    ports.counts.counts = { visible, inFlight: 0 };
    const { record, errors } = await run();
    expect(record?.reason).toBe('metrics-unavailable');
    expect(ports.fleet.state.desired).toBe(4);
    expect(messages(errors)[0]).toContain(`visible is ${visible}`);
  });

  it.each([
    [ALLOWANCE_SECONDS, 'scale-out', []],
    [ALLOWANCE_SECONDS + 1, 'metrics-unavailable', ['reading took 11 s: too long to act on']],
  ])('within %d s: %s, since another run may act after the allowance', async (seconds, reason, said) => {
    const read = ports.counts.read.bind(ports.counts);
    ports.counts.read = () => {
      now += seconds;
      return read();
    };
    const start = now;
    const { record, errors } = await run();
    expect(record).toMatchObject({ at: start, reason });
    expect(messages(errors)).toEqual(said);
    expect(calls().includes('fleet.setDesired')).toBe(reason === 'scale-out');
  });

  it('reports what is no Error, too', async () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    ports.counts.read = () => Promise.reject('away');
    expect(messages((await run()).errors)).toEqual(['away']);
  });
});

describe('an outage', () => {
  beforeEach(() => {
    ports.counts.counts = { visible: 100, inFlight: 0 };
  });

  it("of the workers' counters does not stop scaling", async () => {
    ports.work.read = refuse('no counters');
    const { record, errors } = await run();
    expect(record?.reason).toBe('scale-out');
    expect(record).not.toHaveProperty('completed');
    expect(ports.fleet.state.desired).toBeGreaterThan(0);
    expect(messages(errors)).toEqual(['no counters']);
  });

  it('of metrics does not stop scaling', async () => {
    ports.metrics.publish = refuse('throttled');
    const { errors } = await run();
    expect(ports.fleet.state.desired).toBeGreaterThan(0);
    expect(ports.memory.item?.recent).toHaveLength(1);
    expect(messages(errors)).toEqual(['throttled']);
  });

  it('of Auto Scaling starts no cooldown: the next tick tries again', async () => {
    const works = ports.fleet.setDesired.bind(ports.fleet);
    ports.fleet.setDesired = refuse('ScalingActivityInProgress');
    const { record, errors } = await run();
    expect(messages(errors)).toEqual(['ScalingActivityInProgress']);
    expect(record).toMatchObject({ reason: 'scale-out', desired: 0 });
    expect(ports.metrics.published[0]).toMatchObject({ fleet: { desired: 0 }, failed: true });
    expect((ports.memory.item?.policy as { lastOutAt?: number }).lastOutAt).toBeUndefined();
    expect(ports.memory.item?.policy).toMatchObject({ slo: { flow: { at: now, backlog: 100 } } });
    ports.fleet.setDesired = works;
    now += 30;
    await run();
    expect(ports.fleet.state.desired).toBeGreaterThan(0);
  });

  it('of the memory after acting is reported, and published', async () => {
    ports.memory.save = refuse('number underflow');
    const { record, errors } = await run();
    expect(messages(errors)).toEqual(['number underflow']);
    expect(record?.reason).toBe('scale-out');
    expect(ports.metrics.published[0]).toMatchObject({ reason: 'scale-out', failed: true });
  });

  it('that is over is not published', async () => {
    await run();
    expect(ports.metrics.published[0]).not.toHaveProperty('failed');
  });
});

describe('failed launches', () => {
  const lost = { code: 'InsufficientInstanceCapacity', message: 'none left' };
  beforeEach(() => {
    ports.fleet.state = { ...ports.fleet.state, desired: 5, inService: 2 };
    ports.counts.counts = { visible: 500, inFlight: 2 };
  });

  it('are a shortage at once: the desired capacity stays', async () => {
    ports.fleet.failed = [{ ...lost, at: now - 1 }];
    const { record } = await run();
    expect(record).toMatchObject({ reason: 'shortage', desired: 5, unfulfilled: 3 });
    expect(ports.metrics.published[0]).toMatchObject({ unfulfilled: 3, failedLaunches: [lost] });
  });

  it('are read half an hour back, and count once, ten minutes back at most', async () => {
    ports.fleet.failed = [{ ...lost, at: now - 601 }];
    expect((await run()).record?.reason).toBe('scale-out');
    expect(ports.calls).toContainEqual(['fleet.launches', now - 1800]);
    ports.fleet.failed = [{ ...lost, at: now + 1 }];
    for (const failedLaunches of [[lost], undefined]) {
      now += 30;
      ports.fleet.state = { ...ports.fleet.state, inService: 2 };
      await run();
      expect(ports.metrics.published.at(-1)?.failedLaunches).toEqual(failedLaunches);
    }
  });

  it('are read only while instances are missing', async () => {
    ports.fleet.state.inService = 5;
    expect((await run()).record?.reason).toBe('scale-out');
    expect(ports.calls.map(([call]) => call)).not.toContain('fleet.launches');
    expect(ports.metrics.published[0]).not.toHaveProperty('failedLaunches');
  });

  it('are read without a memory, too', async () => {
    ports.memory.open = refuse('away');
    const { record, errors } = await run();
    expect(record?.reason).toBe('metrics-unavailable');
    expect(messages(errors)).toEqual(['away']);
    expect(ports.calls).toContainEqual(['fleet.launches', now - 1800]);
  });

  it('that cannot be read hold no decision, and are reported', async () => {
    ports.fleet.launches = () => Promise.reject(new Error('Rate exceeded'));
    const { record, errors } = await run();
    expect(record?.reason).toBe('scale-out');
    expect(errors.map(({ message }) => message)).toEqual(['Rate exceeded']);
  });
});

describe('launches that never come into service', () => {
  const failed = (id: string): FleetLaunch => ({
    ...{ id, instance: `i-${id}`, startedAt: now - 601, endedAt: now - 1, outcome: 'boot-failed' },
    failure: { code: 'NeverInService', message: 'abandoned' },
  });
  beforeEach(() => {
    ports.fleet.launched = [
      ...['a', 'b', 'c'].map(failed),
      ...['x', 'y'].map((id): FleetLaunch => {
        return { id, instance: `i-${id}`, startedAt: now - 1, outcome: 'under-way' };
      }),
    ];
    ports.fleet.state = { ...ports.fleet.state, desired: 3, inService: 1, pending: 2 };
    ports.counts.counts = { visible: 500, inFlight: 1 };
  });
  const ended = () => ports.calls.filter(([call]) => call === 'fleet.end' || call === 'fleet.setDesired');

  it('leave one launch: the others are ended by name, and each failure is published once', async () => {
    const { record } = await run();
    expect(ended()).toEqual([['fleet.end', 'i-y', false]]);
    expect(record).toMatchObject({ desired: 2, bootFailures: 3 });
    expect(ports.metrics.published[0]).toMatchObject({ bootFailures: 3 });
    expect(ports.metrics.published[0]?.failedLaunches).toHaveLength(3);
    now += 30;
    const again = await run();
    expect(again.record).toMatchObject({ reason: 'boot-failure', desired: 2, bootFailures: 3 });
    expect(ports.metrics.published[1]).not.toHaveProperty('failedLaunches');
  });

  it('are remembered with what their workers wrote', async () => {
    ports.work.failures = async (instances) => {
      return instances.includes('i-c') ? [{ instance: 'i-c', why: 'no weights' }] : [];
    };
    await run();
    const policy = ports.memory.item?.policy as { bootFailure?: { latest: unknown[] } };
    expect(policy.bootFailure?.latest.at(-1)).toMatchObject({ instance: 'i-c', why: 'no weights' });
  });

  it('that cannot be ended keep the size: a smaller one would take an instance at work', async () => {
    ports.fleet.end = () => Promise.reject(new Error('Rate exceeded'));
    const { record, errors } = await run();
    expect(messages(errors)).toEqual(['Rate exceeded']);
    expect(record).toMatchObject({ desired: 3 });
    expect(ended()).toEqual([]);
    now += 30;
    expect((await run()).errors).toHaveLength(1);
  });

  it('stay in a dry run', async () => {
    ports.memory.item = { controls: { dryRun: {} } };
    await run();
    expect(ended()).toEqual([]);
  });
});

describe('two runs', () => {
  it('cannot both act: the second one reads and publishes nothing', async () => {
    await run('run-1');
    ports.counts.counts = { visible: 100, inFlight: 0 };
    ports.calls.length = 0;
    expect(await run('run-2')).toEqual({ held: false, errors: [] });
    expect(calls()).toEqual(['memory.open']);
    expect(ports.memory.lease?.owner).toBe('run-1');
  });

  it('follow each other when the first one dies: its lease ends after its next tick was due', async () => {
    await run('run-1');
    now += 30 + ALLOWANCE_SECONDS;
    expect((await run('run-2')).held).toBe(false);
    now += 1;
    expect((await run('run-2')).held).toBe(true);
  });

  it('that overlap keep the memory of the second one, and the first one reports it', async () => {
    ports.counts.counts = { visible: 100, inFlight: 0 };
    const set = ports.fleet.setDesired.bind(ports.fleet);
    // The lease passes to another run while this one acts.
    ports.fleet.setDesired = async (desired) => {
      await set(desired);
      now += 30 + ALLOWANCE_SECONDS + 1;
      expect(await ports.memory.open('run-2', now, 40)).toBeDefined();
    };
    const { errors } = await run('run-1');
    expect(messages(errors)).toEqual(['the lease was lost']);
    expect(ports.memory).toMatchObject({ item: undefined, lease: { owner: 'run-2' } });
  });
});
