/** What the real world does, one fault at a time and worked out by hand where that is possible. */
import { describe, expect, it } from 'vitest';
import { measure } from '../../sim/measure.ts';
import { POLICIES, policyOf } from '../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import type { Controller, DecisionRow, Snapshot } from '../../sim/engine/types.ts';
import { runOf } from './support/run.ts';

/** One instance asked for at the first tick, from none. */
const one = (arrivals: number[], changes: WorldChanges, seed = 1) =>
  runOf({ arrivals, policy: 'fixed:1', with: { min: 0, max: 1, ...changes }, seed });

/** Keeps the size, and writes down what it sees. */
async function looks(arrivals: number[], changes: WorldChanges, until: number) {
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

describe('instances', () => {
  it('are asked for a reaction time after the decision, and billed until they are gone', async () => {
    const { starts, run } = await one([0], { reaction: 5 });
    expect(starts).toEqual([30 + 5 + 90]);
    expect(run.instances[0]).toMatchObject({ requested: 35 });
    // Two that stop at 60 with a shut-down of 45 s: from 0 to 105 each.
    const { billed } = await runOf({
      arrivals: [0, 600],
      policy: 'threshold scaleInCooldownSeconds=0 scaleInStep=2',
      with: { min: 1, shutdown: 45, horizon: 600 },
    });
    expect(billed).toBe(606);
  });

  it('that never become ready are replaced when their launch hook times out', async () => {
    // Of these seeds, some lose the first instance; each loss costs the hook's 600 s and another boot.
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

  it('that nobody has are asked for again, after 30 s and then half as long again each time', async () => {
    const all = await Promise.all(
      Array.from({ length: 40 }, (_, seed) => one([0], { noCapacity: 0.6 }, seed)),
    );
    const waits = [0, 30, 45, 67.5, 101.25, 151.875, 227.8125, 341.71875, 512.578125, 600, 600];
    const possible = waits.map((_, k) => 120 + waits.slice(0, k + 1).reduce((sum, wait) => sum + wait, 0));
    const seen = new Set(all.map(({ starts: [first] }) => first as number));
    for (const start of seen) expect(possible).toContain(start);
    expect(seen.size).toBeGreaterThan(3);
  });

  it('that nobody has are desired, but neither pending nor in service', async () => {
    const world = worldOf('clean', { min: 0, max: 4, noCapacity: 1 });
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

  it('come from any pool that has some: two are often short together, 120 never', async () => {
    // Each pool has none in 20 of 21 parts of its time. The second job asks for an instance at 100,020.
    const late = async (types: number, zones: number) => {
      const all = await Promise.all(
        Array.from({ length: 30 }, (_, seed) =>
          runOf({
            arrivals: [100_000, 100_001],
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
      return all.filter(({ starts }) => starts[1] !== 100_020).length;
    };
    expect(await late(2, 1)).toBeGreaterThan(20);
    expect(await late(20, 6)).toBe(0);
  });

  it('of a warm pool come sooner, and preparing the next one is paid for', async () => {
    const { starts, run } = await one([0], { warmPool: 1, warmBoot: 20 });
    expect(starts).toEqual([30 + 20]);
    expect(run.preparing).toBe(90 + 90);
  });

  it('boot and work around the means that were set', async () => {
    const { run, starts } = await runOf({
      arrivals: Array.from({ length: 4000 }, (_, k) => 100 * k),
      policy: 'fixed:400',
      with: { min: 1, max: 400, bootSigma: 0.3, serviceSigma: 0.3, horizon: 1 },
    });
    const boots = run.instances.slice(1).map((life) => life.ready - life.requested);
    expect(boots.reduce((sum, boot) => sum + boot, 0) / boots.length / 90).toBeCloseTo(1, 1);
    expect(Math.min(...boots)).toBeLessThan(60);
    expect(starts).toHaveLength(4000);
  });
});

describe('Spot', () => {
  // An interruption in 100 s on average against 60 s for a job: many are cut off.
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

  it('with notice loses no job that can finish within it', async () => {
    const { run, starts } = await runOf({
      arrivals: [0, 1, 2, 3],
      policy: 'fixed:1',
      with: { ...spot, notice: 120 },
    });
    expect(run.completed).toBe(4);
    // The queue is served in order and nothing is done twice: 60 s apart or more.
    for (let k = 1; k < 4; k++)
      expect((starts[k] as number) - (starts[k - 1] as number)).toBeGreaterThanOrEqual(60);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
  });

  it('without notice, the message comes back when nobody has renewed it for its visibility time', async () => {
    const cut = (
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
    expect(cut.length).toBeGreaterThan(3);
    for (const { run, starts } of cut) {
      // Taken back at `stopped` within the job that began at 50: renewed each 45 s since, and 120 s after the last time.
      const beats = Math.floor(((run.instances[0]?.stopped ?? 0) - 50) / 45);
      expect(starts[0]).toBeCloseTo(50 + 45 * beats + 120, 9);
    }
  });
});

describe('messages', () => {
  it('come later than the photo, around the mean', async () => {
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

  it('that come twice are worked on twice, and counted once', async () => {
    const arrivals = Array.from({ length: 1000 }, (_, k) => 100 * k);
    const { run, measures } = await runOf({ arrivals, policy: 'fixed:1', with: { duplicate: 0.5 } });
    expect(run.completed).toBe(1000);
    expect(measures.jobs).toBe(1000);
    expect(measures.wait.max).toBe(0);
  });
});

describe('what is seen', () => {
  it('is as old as the lag', async () => {
    // Two jobs, of 1000 s each on one instance: the second waits from 55 on.
    const seen = await looks([0, 55], { countLag: 10 }, 300);
    expect(seen.slice(0, 3).map(({ at, visible }) => [at, visible])).toEqual([
      [30, 0],
      [60, 0],
      [90, 1],
    ]);
    const fresh = await looks([0, 55], {}, 300);
    expect(fresh[1]).toMatchObject({ at: 60, visible: 1, inFlight: 1 });
  });

  it('is rough, and now and then nothing', async () => {
    const arrivals = Array.from({ length: 1000 }, () => 0);
    const seen = await looks(arrivals, { countNoise: 0.1, falseZero: 0.1, service: 10 }, 300);
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
  const times = async (changes: WorldChanges) => (await looks([0], changes, 3000)).map(({ at }) => at);

  it('are late, missing and doubled', async () => {
    const late = await times({ tickPhase: 30, tickJitter: 3, service: 3000 });
    late.forEach((at, k) => {
      expect(at - (k + 1) * 30).toBeGreaterThanOrEqual(0);
      expect(at - (k + 1) * 30).toBeLessThan(33);
    });
    expect(new Set(late.map((at) => at % 30)).size).toBeGreaterThan(50);
    expect((await times({ missedTick: 0.3, service: 3000 })).length).toBeLessThan(85);
    expect((await times({ doubledTick: 0.3, service: 3000 })).length).toBeGreaterThan(115);
  });

  it('of rules that no schedule calls are on time', async () => {
    const world = worldOf('real', { max: 4 });
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

it('changing one rule does not reshuffle what another meets', async () => {
  const arrivals = Array.from({ length: 300 }, (_, k) => 7 * k);
  const world = worldOf('real', { max: 8, duplicate: 0, interruptions: 0 });
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

it('decisions say what was seen and what became of it', async () => {
  const world = worldOf('clean', { max: 4 });
  const { decisions } = await simulate({
    arrivals: Float64Array.from({ length: 90 }, () => 0),
    horizon: 60,
    world,
    seed: 1,
    controller: policyOf('slo', [], world).make(),
    keepDecisions: true,
  });
  const { details, ...row } = decisions[0] as DecisionRow;
  // 84 wait, and one instance does 20 until another is there.
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
