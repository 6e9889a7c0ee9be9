/** What a decision changes, and what holds where a call fails on the way. */
import { beforeEach, describe, expect, it } from 'vitest';
import { act } from '../../../lambda/scaler/act.ts';
import { collectErrors } from '../../../lambda/scaler/context.ts';
import type { Decision } from '../../../lambda/scaler/policy/decision.ts';
import { keepWarmPool } from '../../../lambda/scaler/warm-pool-tick.ts';
import { emptyMemory } from '../../../lambda/scaler/memory.ts';
import { fakePorts } from './support/fakes.ts';
import { slo } from './support/observations.ts';

let ports: ReturnType<typeof fakePorts>;
beforeEach(() => {
  ports = fakePorts();
  ports.fleet.state = { ...ports.fleet.state, desired: 3, inService: 3, min: 0, max: 9 };
});
const run = (decision: object) => {
  const context = {
    ...{ ports, settings: slo, at: 1000, ...collectErrors() },
    run: { owner: 'run', now: () => 1000, tickSeconds: 30 },
  };
  return act(context, undefined, ports.fleet.state, { reason: 'x', ...decision } as unknown as Decision, {});
};

describe('instances that end', () => {
  it.each<[string, object, unknown[][], number]>([
    ['and are replaced leave the size', { desired: 3, replaces: ['a'] }, [['fleet.end', 'a', true]], 3],
    ['make the fleet smaller by themselves', { desired: 2, ends: ['a'] }, [['fleet.end', 'a', false]], 2],
    [
      'and are replaced beside some that are not',
      { desired: 2, replaces: ['a'], ends: ['b'] },
      [
        ['fleet.end', 'a', true],
        ['fleet.end', 'b', false],
      ],
      2,
    ],
    [
      'and are replaced while the fleet grows',
      { desired: 5, replaces: ['a'] },
      [
        ['fleet.end', 'a', true],
        ['fleet.setDesired', 5],
      ],
      5,
    ],
  ])('%s', async (_name, decision, calls, desired) => {
    expect(await run(decision)).toEqual({ acted: true, desired });
    expect(ports.calls).toEqual(calls);
  });

  it('are counted up to the one that cannot be ended', async () => {
    const end = ports.fleet.end.bind(ports.fleet);
    ports.fleet.end = (id, isReplaced) =>
      id === 'b' ? Promise.reject(new Error('no')) : end(id, isReplaced);
    expect(await run({ desired: 1, ends: ['a', 'b'] })).toEqual({ acted: false, desired: 2 });
  });
});

describe('a plan for two groups', () => {
  const from = { spot: 1, onDemand: 2 };
  const changes = [
    { pool: 'spot', desired: 3 },
    { pool: 'on-demand', desired: 0 },
  ];
  const pools = { ...{ spot: 3, onDemand: 0 }, stopped: 0, from, changes };
  const memory = { pools: { at: 1000, handover: 2, coming: 2, lasting: [] } };
  const runWith = (failing: string) => {
    const setPool = (pool: string) =>
      pool === failing ? Promise.reject(new Error('no')) : Promise.resolve();
    Object.assign(ports.fleet, { setPool });
    return run({ desired: 3, pools, memory });
  };

  it('whose first call fails has changed nothing, and nothing of it is remembered', async () => {
    expect(await runWith('spot')).toEqual({ acted: false, desired: 3 });
  });

  it('whose second call fails is a hand-over: the fleet has the size that is needed', async () => {
    const { partly, ...action } = await runWith('on-demand');
    expect(action).toEqual({ acted: false, desired: 3, pools: { spot: 3, onDemand: 2 } });
    expect(partly).toMatchObject({ handover: 2 });
  });
});

describe('a warm pool whose launches failed', () => {
  const full = { minSize: 2, maxGroupPreparedCapacity: 2 };
  it.each<[string, object, number, unknown[]]>([
    ['is made smaller', {}, 1000, [{ minSize: 0, maxGroupPreparedCapacity: 0 }]],
    ['stays as it is in a dry run', { dryRun: {} }, 1000, []],
    ['stays as it is when another run may have the lease', {}, 2000, []],
  ])('%s, and they are remembered', async (_name, controls, now, sizes) => {
    const set: unknown[] = [];
    const launches = [1, 2, 3].map((k) => ({
      ...{ id: `${k}`, instance: `i-${k}`, startedAt: 400 + k, endedAt: 900 + k },
      outcome: 'boot-failed' as const,
    }));
    const setSizes = async (one: unknown) => void set.push(one);
    Object.assign(ports.fleet, { warmPool: { launches: async () => launches, setSizes } });
    const counts = { desired: 0, inService: 0, template: 'v1', stopped: 0, entering: [], types: {} };
    const context = {
      ...{ ports, settings: slo, at: 1000, ...collectErrors() },
      run: { owner: 'run', now: () => now, tickSeconds: 30, warmPool: full },
    };
    const fleet = { ...ports.fleet.state, warmPool: { ...counts, sizes: full } };
    const memory = await keepWarmPool(context, { ...emptyMemory(), controls: {} }, fleet, controls);
    expect(set).toEqual(sizes);
    expect(memory?.boots.failures).toBe(3);
  });
});
