/** The lower bound: right in computable cases, below every policy that keeps the wait, and near to its own plan. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Bound } from '../../sim/bound/bound.ts';
import { feasiblePlan } from '../../sim/bound/plan.ts';
import { runPolicy } from '../../sim/result.ts';
import { POLICIES, policyOf } from '../../sim/policies/index.ts';
import { scenarios, type Scenario } from '../../sim/scenario.ts';
import { worldOf, type WorldChanges } from '../../sim/world.ts';

const scenarioOf = (arrivals: number[], changes: WorldChanges, horizon: number): Scenario => ({
  trace: 'test',
  worldName: 'clean',
  changes,
  world: worldOf('clean', { service: 6, ...changes }),
  seed: 1,
  arrivals: Float64Array.from(arrivals),
  horizon,
});

describe('in computable cases', () => {
  const hour = 3600;

  it('a steady load of one instance costs one instance', async () => {
    // A job each 6 s, back to back: one instance does it without any wait.
    const arrivals = Array.from({ length: 600 }, (_, k) => 6 * k);
    const bound = new Bound(scenarioOf(arrivals, {}, hour));
    expect((await bound.at(0.1)).gpuHours).toBeCloseTo(1, 3);
  });

  it('an idle fleet costs nothing', async () => {
    const bound = new Bound(scenarioOf([1800], { min: 0, max: 3 }, hour));
    // One boot and one job: nothing in the bound's fluid makes the bucket of 30 s shorter.
    const { gpuHours } = await bound.at(0.5);
    expect((gpuHours as number) * 3600).toBeGreaterThan(90 + 6 - 1);
    expect((gpuHours as number) * 3600).toBeLessThan(90 + 30 + 1);
  });

  it('a burst costs the instances that the wait needs, each with its boot', async () => {
    // 100 jobs of 6 s at one instant, in an otherwise idle hour. n instances work 600/n s and jobs wait 300/n s on
    // average: 30 s need ten instances, each with 90 s of boot and 60 s of work. As a fluid: 1500 instance-seconds.
    const arrivals = Array.from({ length: 100 }, () => 1800);
    const bound = new Bound(scenarioOf(arrivals, { min: 0, max: 40 }, hour));
    const { gpuHours } = await bound.at(30);
    expect((gpuHours as number) * 3600).toBeGreaterThan(1380);
    expect((gpuHours as number) * 3600).toBeLessThan(1520);
  });

  it('the result does not depend on values that are known already', async () => {
    const scenario = scenarioOf(
      Array.from({ length: 100 }, (_, k) => 1800 + k),
      { min: 0, max: 10 },
      hour,
    );
    const known = new Map<number, number>();
    const first = new Bound(scenario, known);
    await first.at(30);
    await first.at(90);
    expect(await first.at(60)).toEqual(await new Bound(scenario).at(60));
  });

  it('a wait that no fleet between min and max reaches has no bound', async () => {
    const arrivals = Array.from({ length: 600 }, () => 1800);
    const bound = new Bound(scenarioOf(arrivals, { max: 2 }, hour));
    expect(await bound.at(10)).toEqual({ at: 10, gpuHours: null, mu: null });
    expect((await bound.at(1200)).gpuHours).not.toBeNull();
  });
});

describe('viral', () => {
  let scenario: Scenario;
  let bound: Bound;
  beforeAll(async () => {
    scenario = (await scenarios({ trace: 'viral', world: 'article', with: {} }))(1);
    bound = new Bound(scenario);
  });

  it('costs more for shorter waits, and at least the work', async () => {
    const curve: number[] = [];
    for (const at of [30, 10, 5, 3, 1]) curve.push((await bound.at(at)).gpuHours as number);
    expect(curve).toEqual([...curve].sort((a, b) => a - b));
    expect(curve[0]).toBeGreaterThan((scenario.arrivals.length * 6) / 3600);
  });

  it('is below every policy at its wait, and at most 3 % below its own plan', async () => {
    for (const { name } of POLICIES) {
      const { measures } = await runPolicy(scenario, policyOf(name, [], scenario.world));
      const { gpuHours } = await bound.at(measures.wait.mean as number);
      expect(measures.gpuHours, name).toBeGreaterThan(gpuHours as number);
    }
    const point = await bound.at(10);
    const plan = await feasiblePlan(bound, scenario, 10, point.mu as number);
    expect(plan?.measures.wait.mean).toBeLessThanOrEqual(10);
    const gap = (plan?.measures.gpuHours as number) / (point.gpuHours as number);
    expect(gap).toBeGreaterThan(1);
    expect(gap).toBeLessThan(1.03);
  });
});
