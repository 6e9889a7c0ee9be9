/** Launches over ticks: those that EC2 refuses, and those that never come into service. */
import { beforeEach, describe, expect, it } from 'vitest';
import { tick } from '../../../lambda/scaler/tick.ts';
import type { FleetLaunch } from '../../../lambda/scaler/ports.ts';
import { fakePorts, type FakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

let ports: FakePorts;
let now: number;

beforeEach(() => {
  now = 1_000_000;
  ports = fakePorts();
});

const run = () => tick(ports, slo, { owner: 'run-1', now: () => now, tickSeconds: 30 });
const messages = (errors: Error[]) => errors.map(({ message }) => message);

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
    ports.memory.open = () => Promise.reject(new Error('away'));
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
