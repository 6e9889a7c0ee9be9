/** Two pools in the simulator: shortages, the fast tier, and the price of each. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../sim/engine/simulate.ts';
import type { Run } from '../../sim/engine/types.ts';
import { measure, type Measures } from '../../sim/measure.ts';
import { poolsText } from '../../sim/output.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { parseChanges, worldOf, type WorldChanges } from '../../sim/world.ts';

/** Half an hour of one photo of 6 s each second, from a minute on. */
const BURST = Array.from({ length: 1800 }, (_, k) => 60 + k);

async function runOf(changes: WorldChanges, arrivals = BURST): Promise<{ run: Run; measures: Measures }> {
  const world = worldOf('clean', { service: 6, min: 1, max: 12, ...changes });
  const run = await simulate({
    arrivals: Float64Array.from(arrivals),
    horizon: 3600,
    world,
    seed: 1,
    controller: policyOf('slo', [], world).make(),
    keepDecisions: true,
  });
  return { run, measures: measure(run, world) };
}
const ofPool = ({ instances }: Run, pool: string) => instances.filter((one) => one.pool === pool);

describe('two pools', () => {
  it('without a shortage have Spot only, at the price of Spot, and wait as one group does', async () => {
    const [one, two] = await Promise.all([runOf({}), runOf({ spotShortage: '0:0' })]);
    // A look for refusals soon after a launch is a tick more, with its own counts.
    expect(two.measures.wait.mean! / one.measures.wait.mean!).toBeCloseTo(1, 1);
    expect(two.measures.gpuHours / one.measures.gpuHours).toBeCloseTo(1, 1);
    expect(two.measures.usd).toBeCloseTo(
      ((one.measures.usd / one.measures.gpuHours) * two.measures.gpuHours) / 2,
      9,
    );
    expect(two.measures.pools?.onDemand).toEqual({ gpuHours: 0, usd: 0, launches: 0 });
    expect(one.measures.pools).toBeUndefined();
  });

  it('in a shortage launch on demand a tick later, and are back on Spot within ten minutes of its end', async () => {
    const [usual, short] = await Promise.all([
      runOf({ spotShortage: '0:0' }),
      runOf({ spotShortage: '30:900' }),
    ]);
    const launches = ofPool(short.run, 'on-demand');
    const first = (run: Run) => Math.min(...run.instances.slice(1).map(({ requested }) => requested));
    expect(Math.min(...launches.map(({ requested }) => requested))).toBeLessThanOrEqual(
      first(usual.run) + 30,
    );
    expect(short.run.refused.length).toBeGreaterThan(0);
    expect(short.measures.wait.mean).toBeLessThan(1.5 * (usual.measures.wait.mean ?? 0));
    for (const { stopped } of launches) expect(stopped).toBeLessThanOrEqual(900 + 600);
    expect(short.measures.completed).toBe(BURST.length);
    const { spot, onDemand, volumesUsd } = short.measures.pools ?? {};
    expect(volumesUsd).toBe(0);
    expect(short.measures.usd).toBeCloseTo((spot?.usd ?? 0) + (onDemand?.usd ?? 0), 9);
    expect(onDemand?.usd).toBeCloseTo((onDemand?.gpuHours ?? 0) * 0.526, 9);
  });

  it('never have more than the maximum, hand-overs included', async () => {
    const { run } = await runOf({ spotShortage: '30:900', fastTier: 6, max: 8 });
    const events = run.instances.flatMap<[at: number, change: number]>(({ requested, stopped, draining }) => [
      [requested, 1],
      [Math.min(stopped, draining), -1],
    ]);
    let count = 0;
    for (const [, change] of events.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
      count += change;
      expect(count).toBeLessThanOrEqual(8);
    }
  });
});

describe('the fast tier', () => {
  it('is used first and handed over to Spot while the burst lasts', async () => {
    const [cold, fast] = await Promise.all([runOf({ spotShortage: '0:0' }), runOf({ fastTier: 8 })]);
    expect(fast.measures.wait.mean).toBeLessThan(0.6 * (cold.measures.wait.mean ?? 0));
    const resumed = ofPool(fast.run, 'on-demand');
    expect(resumed.length).toBeGreaterThan(3);
    for (const { requested, ready } of resumed) expect(ready - requested).toBe(50);
    // The burst ends at 1,860 s.
    expect(Math.max(...resumed.map(({ stopped }) => stopped))).toBeLessThan(900);
    expect(ofPool(fast.run, 'spot').length).toBeGreaterThan(5);
  });

  it('is prepared once, and used again by the next burst', async () => {
    const bursts = [60, 3000].flatMap((from) => Array.from({ length: 120 }, (_, k) => from + k));
    const { run, measures } = await runOf({ fastTier: 4, horizon: 4000 }, bursts);
    // One that is cancelled before it is in service is prepared again.
    expect(run.preparing / 90).toBeLessThan(8);
    const second = ofPool(run, 'on-demand').filter(({ requested }) => requested >= 3000);
    expect(second.length).toBeGreaterThan(2);
    for (const { requested, ready } of second) expect(ready - requested).toBe(50);
    // Four volumes of 100 GiB at USD 0.08 a month of 730 hours.
    expect(measures.pools?.volumesUsd).toBeCloseTo((4 * 100 * 0.08 * run.end) / 3600 / 730, 9);
  });

  it('with a limit keeps fewer where no burst comes, and all of them at first', async () => {
    const rare = Array.from({ length: 6 }, (_, k) => 60 + k * 3600);
    const horizon = 6 * 3600;
    const [fixed, learned] = await Promise.all(
      [{ fastTier: 8 }, { fastTierLimit: 8 }].map((changes) =>
        runOf({ ...changes, tick: 60, horizon }, rare),
      ),
    );
    expect(learned!.measures.pools!.volumesUsd).toBeLessThan(0.8 * fixed!.measures.pools!.volumesUsd);
    expect(learned!.run.preparing).toBe(fixed!.run.preparing);
    const burst = await runOf({ fastTierLimit: 8 });
    expect(burst.measures).toEqual((await runOf({ fastTier: 8 })).measures);
  });

  it('is in the text and in the JSON of a run', async () => {
    const { measures } = await runOf({ fastTier: 2 });
    const text = poolsText(measures);
    for (const line of ['Spot', 'on demand', 'volumes of the fast tier']) expect(text).toContain(line);
    expect(measures.usd).toBeCloseTo(
      Object.values(measures.pools ?? {}).reduce<number>(
        (sum, one) => sum + (typeof one === 'number' ? one : one.usd),
        0,
      ),
      9,
    );
    expect(poolsText({})).toBe('');
  });
});

it('a shortage is a period', () => {
  expect(parseChanges('spotShortage=600:3000,fastTier=3')).toEqual({ spotShortage: '600:3000', fastTier: 3 });
  expect(() => parseChanges('spotShortage=600')).toThrow(/spotShortage is '600': expected FROM:TO/);
  expect(() => parseChanges('fastTier=0.5')).toThrow(/fastTier/);
});
