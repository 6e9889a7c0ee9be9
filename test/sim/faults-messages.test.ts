/** Faults of messages, counts and ticks, one at a time; random draws per cause; and the record of a decision. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../sim/engine/simulate.ts';
import type { Controller, DecisionRow, Snapshot } from '../../sim/engine/types.ts';
import { measure } from '../../sim/measure.ts';
import { POLICIES, policyOf } from '../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';
import { runOf } from './support/run.ts';

/** What a policy observes at each tick until then; it never scales. */
async function observed(arrivals: number[], changes: WorldChanges, until: number) {
  const seen: (Snapshot & { at: number })[] = [];
  const controller: Controller = {
    intervalSeconds: 30,
    scheduled: true,
    tick: (system, at) => void seen.push({ at, ...system.observe() }),
  };
  const world = worldOf('clean', { service: 1000, ...changes });
  await simulate({ arrivals: Float64Array.from(arrivals), horizon: until, world, seed: 1, controller });
  return seen;
}

describe('messages', () => {
  it('are delayed around the mean', async () => {
    const arrivals = Array.from({ length: 3000 }, (_, k) => 100 * k);
    const { measures } = await runOf({
      arrivals,
      policy: 'fixed:1',
      with: { notification: 2.5, notificationSigma: 1.1 },
    });
    expect(measures.wait.mean).toBeGreaterThan(2.2);
    expect(measures.wait.mean).toBeLessThan(2.9);
    expect(measures.wait.p50).toBeLessThan(1.6);
  });

  it('that are doubled run twice and count once', async () => {
    const arrivals = Array.from({ length: 1000 }, (_, k) => 100 * k);
    const { run, measures } = await runOf({ arrivals, policy: 'fixed:1', with: { duplicate: 0.5 } });
    expect(run.completed).toBe(1000);
    expect(measures.jobs).toBe(1000);
    expect(measures.wait.max).toBe(0);
  });
});

describe('counts', () => {
  it('are as old as the lag', async () => {
    // Two jobs of 1000 s on one instance: the second waits from 55 on.
    const seen = await observed([0, 55], { countLag: 10 }, 300);
    expect(seen.slice(0, 3).map(({ at, visible }) => [at, visible])).toEqual([
      [30, 0],
      [60, 0],
      [90, 1],
    ]);
    const fresh = await observed([0, 55], {}, 300);
    expect(fresh[1]).toMatchObject({ at: 60, visible: 1, inFlight: 1 });
  });

  it('are noisy, and sometimes zero', async () => {
    const arrivals = Array.from({ length: 1000 }, () => 0);
    const seen = await observed(arrivals, { countNoise: 0.1, falseZero: 0.1, service: 10 }, 300);
    const early = seen
      .slice(0, 100)
      .map(({ at, visible }) => ({ off: visible / (999 - at / 10) - 1, visible }));
    const zeros = early.filter(({ visible }) => visible === 0).length;
    expect(zeros).toBeGreaterThan(2);
    expect(zeros).toBeLessThan(25);
    const offs = early.filter(({ visible }) => visible > 0).map(({ off }) => off);
    expect(Math.sqrt(offs.reduce((sum, off) => sum + off * off, 0) / offs.length)).toBeCloseTo(0.1, 1);
  });
});

describe('ticks', () => {
  const times = async (changes: WorldChanges) => (await observed([0], changes, 3000)).map(({ at }) => at);

  it('are late, missed and doubled', async () => {
    const late = await times({ tickPhase: 30, tickJitter: 3, service: 3000 });
    late.forEach((at, k) => {
      expect(at - (k + 1) * 30).toBeGreaterThanOrEqual(0);
      expect(at - (k + 1) * 30).toBeLessThan(33);
    });
    expect(new Set(late.map((at) => at % 30)).size).toBeGreaterThan(50);
    const jittered = await times({ tickJitter: 59, service: 3000 });
    // A late tick is never after the next one is due.
    jittered.forEach((at, k) => expect(at).toBeLessThan((k + 2) * 30));
    expect((await times({ missedTick: 0.3, service: 3000 })).length).toBeLessThan(85);
    expect((await times({ doubledTick: 0.3, service: 3000 })).length).toBeGreaterThan(115);
  });

  it('of policies without a schedule are on time', async () => {
    const world = worldOf('real', { service: 6, max: 4 });
    const run = await simulate({
      arrivals: Float64Array.of(0, 500),
      horizon: 600,
      world,
      seed: 2,
      controller: policyOf('keda', [], world).make(),
      keepDecisions: true,
    });
    expect(run.decisions.slice(0, 3).map(({ at }) => at)).toEqual([15, 30, 45]);
  });
});

it('a job has the same service time under every policy', async () => {
  const arrivals = Array.from({ length: 300 }, (_, k) => 7 * k);
  const world = worldOf('real', { service: 6, max: 8, duplicate: 0, interruptions: 0 });
  const services: number[][] = [];
  for (const { name } of POLICIES.slice(0, 4)) {
    const run = await simulate({
      arrivals: Float64Array.from(arrivals),
      horizon: 2100,
      world: { ...world, notification: 0 },
      seed: 5,
      controller: policyOf(name, [], world).make(),
    });
    services.push([...run.ends].map((end, job) => Number((end - (run.starts[job] as number)).toFixed(9))));
    expect(measure(run, world).completed).toBe(300);
  }
  expect(services[0]).toHaveLength(300);
  for (const one of services) expect(one).toEqual(services[0]);
});

it('a decision is recorded with its observation and result', async () => {
  const world = worldOf('clean', { service: 6, max: 4 });
  const { decisions } = await simulate({
    arrivals: Float64Array.from({ length: 90 }, () => 0),
    horizon: 60,
    world,
    seed: 1,
    controller: policyOf('slo', [], world).make(),
    keepDecisions: true,
  });
  const { details, ...row } = decisions[0] as DecisionRow;
  // 84 wait; one instance completes 20 until another is ready.
  expect(details).toMatchObject({
    unfulfilled: 0,
    calculation: { queuedThen: 64, bootSeconds: 120, late: 0 },
  });
  expect(row).toEqual<DecisionRow>({
    at: 30,
    visible: 84,
    inFlight: 1,
    desired: 1,
    after: 2,
    inService: 1,
    pending: 0,
    draining: 0,
    min: 1,
    max: 4,
    reason: 'scale-out',
    needed: 2,
  });
});
