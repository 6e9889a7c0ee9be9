/** A tick over ports that fail: unknown is never zero, the fleet stays where it must, and each failure is reported. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ALLOWANCE_SECONDS } from '../../../lambda/scaler/context.ts';
import { tick } from '../../../lambda/scaler/tick.ts';
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
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors
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
