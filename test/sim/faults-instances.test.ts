/** Faults of instances, one at a time and checked by hand where possible: boots, refusals, shortages, Spot interruptions. */
import { describe, expect, it } from 'vitest';
import { Ec2Capacity } from '../../sim/engine/capacity.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';
import { runOf } from './support/run.ts';

/** One instance, requested at the first tick from zero. */
const one = (arrivals: number[], changes: WorldChanges, seed = 1) =>
  runOf({ arrivals, policy: 'fixed:1', with: { min: 0, max: 1, ...changes }, seed });

describe('instances', () => {
  it('are requested a reaction time after the decision, and billed until their shutdown ends', async () => {
    const { starts, run } = await one([0], { reaction: 5 });
    expect(starts).toEqual([30 + 5 + 90]);
    expect(run.instances[0]).toMatchObject({ requested: 35 });
    // The instance stops at 606, after its last job; its shutdown of 45 s is billed up to the end of the run.
    const { billed } = await runOf({
      arrivals: [0, 600],
      policy: 'threshold scaleInCooldownSeconds=0 scaleInStep=2',
      with: { min: 1, shutdown: 45, horizon: 600 },
    });
    expect(billed).toBe(606);
  });

  it('with a failed boot are replaced when their launch hook times out', async () => {
    // Under some seeds the first boot fails; each failure costs the hook's 600 s and another boot.
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, seed) => one([0], { bootFailure: 0.5, hookTimeout: 600 }, seed)),
    );
    const starts = new Set(all.map(({ starts: [first] }) => first as number));
    expect(starts).toContain(120);
    expect(starts).toContain(720);
    for (const start of starts) expect((start - 120) % 600).toBe(0);
    for (const {
      run,
      starts: [first = 0],
    } of all)
      expect(run.instances).toHaveLength(1 + (first - 120) / 600);
  });

  it('of refused launches are requested again after 30 s, then after 1.5 times as long each time', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, seed) => one([0], { noCapacity: 0.6 }, seed)),
    );
    const waits = [0, 30, 45, 67.5, 101.25, 151.875, 227.8125, 341.71875, 512.578125, 600, 600];
    const possible = waits.map((_, k) => 120 + waits.slice(0, k + 1).reduce((sum, wait) => sum + wait, 0));
    const seen = new Set(all.map(({ starts: [first] }) => first as number));
    for (const start of seen) expect(possible).toContain(start);
    expect(seen.size).toBeGreaterThan(3);
  });

  it('of refused launches are retried after 30 s again once a launch was given', () => {
    const capacity = new Ec2Capacity(worldOf('clean', { noCapacity: 0.5 }), 1);
    const given = Array.from({ length: 40 }, () => [capacity.launch(0) !== undefined, capacity.retrySeconds]);
    given.forEach(([, retry], k) => {
      const refusals = given
        .slice(0, k + 1)
        .reverse()
        .findIndex(([one]) => one);
      const count = refusals < 0 ? k + 1 : refusals;
      expect(retry).toBe(Math.min(600, 30 * 1.5 ** Math.max(0, count - 1)));
    });
    expect(new Set(given.map(([one]) => one)).size).toBe(2);
  });

  it('that leave are not replaced', async () => {
    const { instances, decisions } = await simulate({
      arrivals: Float64Array.of(0, 300),
      horizon: 300,
      world: worldOf('clean', { service: 6, min: 2, max: 4 }),
      seed: 1,
      // The second request reconciles the group with its desired capacity.
      controller: {
        intervalSeconds: 30,
        tick(system, at) {
          if (at === 30) system.leave(1);
          if (at === 60) system.setDesired(2);
        },
      },
      keepDecisions: true,
    });
    expect(decisions.slice(0, 2).map(({ desired, after }) => [desired, after])).toEqual([
      [2, 1],
      [1, 2],
    ]);
    expect(instances.map(({ requested, stopped }) => [requested, stopped])).toEqual([
      [0, Infinity],
      [0, 30],
      [60, Infinity],
    ]);
  });

  it('of refused launches are desired, but neither pending nor in service', async () => {
    const world = worldOf('clean', { service: 6, min: 0, max: 4, noCapacity: 1 });
    const controller = policyOf('fixed:4', [], world).make();
    const { decisions, completed, instances } = await simulate({
      arrivals: Float64Array.of(0),
      horizon: 600,
      world,
      seed: 1,
      controller,
      keepDecisions: true,
    });
    expect(decisions.at(-1)).toMatchObject({ desired: 4, pending: 0, inService: 0, visible: 1 });
    expect({ completed, instances }).toEqual({ completed: 0, instances: [] });
  });

  it('come from any pool with capacity: two are often exhausted together, 120 hardly ever', async () => {
    // Each pool is exhausted for 20/21 of the time. The second job needs an instance from 10,020 s on.
    const late = async (types: number, zones: number) => {
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, seed) =>
          runOf({
            arrivals: [10_000, 10_001],
            policy: 'threshold scaleOutBacklog=1 scaleOutStep=1',
            with: {
              shortage: 20_000,
              shortageGap: 1000,
              types,
              zones,
              min: 1,
              max: 2,
              service: 200,
              boot: 0,
            },
            seed,
          }),
        ),
      );
      return all.filter(({ starts }) => starts[1] !== 10_020).length;
    };
    expect(await late(2, 1)).toBeGreaterThan(20);
    // (20/21)^120 = 0.3 % of the seeds.
    expect(await late(20, 6)).toBeLessThan(3);
  });

  it('of a warm pool are ready sooner, and preparing the next one is billed', async () => {
    const { starts, run } = await one([0], { warmPool: 1, warmBoot: 20 });
    expect(starts).toEqual([30 + 20]);
    expect(run.preparing).toBe(90 + 90);
  });

  it('have boot and service times around the given means', async () => {
    const { run, starts } = await runOf({
      arrivals: Array.from({ length: 4000 }, (_, k) => 100 * k),
      policy: 'fixed:400',
      with: { min: 1, max: 400, bootSigma: 0.3, serviceSigma: 0.3, horizon: 1 },
    });
    const boots = run.instances.slice(1).map(({ ready, requested }) => ready - requested);
    expect(boots.reduce((sum, boot) => sum + boot, 0) / boots.length / 90).toBeCloseTo(1, 1);
    expect(Math.min(...boots)).toBeLessThan(60);
    expect(starts).toHaveLength(4000);
  });
});

describe('Spot', () => {
  // An interruption every 100 s on average, with jobs of 60 s: many jobs are interrupted.
  const spot = {
    min: 1,
    max: 1,
    interruptions: 36,
    spotShare: 1,
    service: 60,
    boot: 0,
    visibility: 120,
    heartbeat: 45,
  };

  it('with notice finishes the running job', async () => {
    const { run, starts } = await runOf({
      arrivals: [0, 1, 2, 3],
      policy: 'fixed:1',
      with: { ...spot, notice: 120 },
    });
    expect(run.completed).toBe(4);
    // In order and never twice: starts are at least 60 s apart.
    for (let k = 1; k < 4; k++)
      expect((starts[k] as number) - (starts[k - 1] as number)).toBeGreaterThanOrEqual(60);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  it('without notice returns the message a visibility timeout after its last heartbeat', async () => {
    const interrupted = (
      await Promise.all(
        Array.from({ length: 40 }, (_, seed) =>
          runOf({
            arrivals: [50],
            policy: 'fixed:1',
            with: { ...spot, min: 0, noNotice: 1, interruptions: 60 },
            seed,
          }),
        ),
      )
    ).filter(({ run }) => run.instances.length === 2 && (run.instances[0]?.stopped ?? 0) > 50);
    expect(interrupted.length).toBeGreaterThan(3);
    for (const { run, starts } of interrupted) {
      // Interrupted at `stopped` during the job that started at 50, with a heartbeat every 45 s.
      const beats = Math.floor(((run.instances[0]?.stopped ?? 0) - 50) / 45);
      expect(starts[0]).toBeCloseTo(50 + 45 * beats + 120, 9);
    }
  });
});
