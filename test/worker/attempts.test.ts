/** Attempts: what a photo is charged for, whose fault an instance fault is, and when the photo gets no more. */
import { MemoryAttempts } from '../../worker/photo/memory-attempts.ts';
import { describe, expect, it } from 'vitest';
import { InstanceFaults, PhotoAttempt } from '../../worker/photo/attempts.ts';
import { InstanceFault, TransientFault } from '../../worker/photo/faults.ts';
import { attemptPorts, memoryLog } from './support/memory.ts';

const CUDA = new InstanceFault('CUDA');
const SLOW = new TransientFault('slow');

/** Instances that share a table. */
function fleet() {
  const store = new MemoryAttempts();
  const faults = new Map<string, InstanceFaults>();
  const faultsOf = (instanceId: string) => {
    const own = faults.get(instanceId) ?? new InstanceFaults();
    faults.set(instanceId, own);
    return own;
  };
  const attempt = (photo: string, instanceId = 'i-1') =>
    new PhotoAttempt(photo, attemptPorts({ store, instanceId, faults: faultsOf(instanceId) }));
  /** @returns whether the photo has no attempt left */
  const fails = async (photo: string, error: Error, instanceId?: string, isStarted = true) => {
    const one = attempt(photo, instanceId);
    if (isStarted) await one.start();
    return one.failed(error);
  };
  const charged = (photo: string) => store.records.get(photo)?.attempts ?? 0;
  return { store, attempt, fails, charged, faultsOf };
}

describe('a photo is charged', () => {
  it('for its start, once, before it is worked on', async () => {
    const { attempt, charged } = fleet();
    const one = attempt('a');
    await one.start();
    await one.start();
    // The worker may die from here on.
    expect([charged('a'), one.attempts]).toEqual([1, 1]);
  });

  it.each([true, false])('for a fault of its own, started: %s', async (isStarted) => {
    const { fails, charged } = fleet();
    expect(await fails('a', SLOW, 'i-1', isStarted)).toBe(false);
    expect(charged('a')).toBe(1);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('for an error of S3 only once it is started: %s', async (isStarted, attempts) => {
    const { fails, charged } = fleet();
    // Of an outage every photo would otherwise be exhausted within a minute.
    await fails('a', new Error('SlowDown'), 'i-1', isStarted);
    expect(charged('a')).toBe(attempts);
  });

  it.each([true, false])('not for the first instance fault that it meets, started: %s', async (isStarted) => {
    const { fails, charged } = fleet();
    expect(await fails('a', CUDA, 'i-1', isStarted)).toBe(false);
    expect(charged('a')).toBe(0);
  });

  it.each([
    ['another instance', 'i-2', true],
    ['another instance', 'i-2', false],
    ['the same instance', 'i-1', true],
  ])('for an instance fault that follows it to %s, started: %s', async (_where, second, isStarted) => {
    const { fails, charged } = fleet();
    await fails('a', CUDA, 'i-1', isStarted);
    await fails('a', CUDA, second, isStarted);
    expect(charged('a')).toBe(1);
  });

  it('not for the faults of others: beside three that fault everywhere it keeps all its attempts', async () => {
    const { fails, attempt, charged } = fleet();
    for (const instance of ['i-1', 'i-2', 'i-3', 'i-4', 'i-5', 'i-6']) {
      for (const poison of ['x', 'y', 'z']) await fails(poison, CUDA, instance);
      // Prefetched and cancelled: its message was received, and nothing else.
      expect(attempt('innocent', instance).attempts).toBeUndefined();
    }
    expect(['x', 'y', 'z', 'innocent'].map(charged)).toEqual([5, 5, 5, 0]);
  });
});

describe('a photo has no attempt left', () => {
  it('after five faults of its own', async () => {
    const { fails } = fleet();
    const left = [];
    for (let k = 0; k < 5; k++) left.push(await fails('a', SLOW));
    expect(left).toEqual([false, false, false, false, true]);
  });

  it('after six instance faults', async () => {
    const { fails } = fleet();
    const left = [];
    for (let k = 0; k < 6; k++) left.push(await fails('a', CUDA, `i-${k}`));
    expect(left).toEqual([false, false, false, false, false, true]);
  });

  it('at its sixth start, whose five workers died', async () => {
    const { attempt } = fleet();
    for (let k = 0; k < 5; k++) await attempt('a').start();
    await expect(attempt('a').start()).rejects.toMatchObject({ name: 'AttemptsExhausted', attempts: 5 });
  });
});

it('an attempt that cannot be counted runs, and is charged if its end can be', async () => {
  const [store, log] = [new MemoryAttempts(), memoryLog()];
  const add = store.add.bind(store);
  store.add = () => Promise.reject(new Error('throttled'));
  const one = new PhotoAttempt('a', attemptPorts({ store, log }));
  await one.start();
  expect(one.attempts).toBeUndefined();
  expect(log.lines).toEqual([
    { level: 'warn', event: 'attempt-not-counted', fields: { error: 'throttled' } },
  ]);
  expect(await one.failed(CUDA)).toBe(false);
  expect(await one.failed(SLOW)).toBe(false);
  store.add = add;
  expect(await one.failed(SLOW)).toBe(false);
  expect(store.records.get('a')?.attempts).toBe(1);
});

describe('an instance is at fault', () => {
  it('when different photos met faults in three recoveries, and none succeeded in between', async () => {
    const { fails, faultsOf } = fleet();
    const faults = faultsOf('i-1');
    const recovered = [];
    for (const photo of ['a', 'b', 'c']) {
      await fails(photo, CUDA);
      recovered.push(faults.isInstances());
    }
    expect(recovered).toEqual([false, false, true]);
  });

  it('not when a photo succeeded in between', async () => {
    const { fails, faultsOf, attempt } = fleet();
    const recovered = [];
    for (const photo of ['a', 'b', 'c', 'd']) {
      await fails(photo, CUDA);
      recovered.push(faultsOf('i-1').isInstances());
      if (photo !== 'b') continue;
      const other = attempt('other');
      await other.start();
      other.succeeded();
    }
    expect(recovered).toEqual([false, false, false, false]);
  });

  it('also when a photo succeeded in between that needed no ComfyUI', async () => {
    const { fails, faultsOf, attempt } = fleet();
    const recovered = [];
    for (const photo of ['a', 'b', 'c']) {
      await fails(photo, CUDA);
      recovered.push(faultsOf('i-1').isInstances());
      attempt('white page').succeeded();
    }
    expect(recovered).toEqual([false, false, true]);
  });

  it('not for one photo, nor for photos that bring their fault along', async () => {
    const { fails, faultsOf } = fleet();
    for (const photo of ['a', 'b', 'c', 'd']) await fails(photo, CUDA, 'i-0');
    const recovered = [];
    for (const photo of ['a', 'b', 'c', 'd', 'new', 'new', 'new']) {
      await fails(photo, CUDA);
      recovered.push(faultsOf('i-1').isInstances());
    }
    expect(recovered).not.toContain(true);
  });
});
