/** Stopped instances in the real world: a burst of 20 times the usual rate, over ten seeds. */
import { expect, it } from 'vitest';
import { mean, type Measures } from '../../sim/measure.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { runPolicy } from '../../sim/result.ts';
import { scenarios } from '../../sim/scenario.ts';

async function viral(fastTier: number): Promise<Measures[]> {
  const scenario = await scenarios({ trace: 'viral', world: 'real', with: { service: 6, fastTier } });
  const all: Measures[] = [];
  for (let seed = 1; seed <= 10; seed++) {
    const one = scenario(seed);
    all.push((await runPolicy(one, policyOf('slo', [], one.world))).measures);
  }
  return all;
}

it('20 keep a mean wait of 14.5 s and a p95 of 52 s at 15.8 GPU hours', async () => {
  const all = await viral(20);
  expect(mean(all.map(({ wait }) => wait.mean ?? Infinity))).toBeLessThanOrEqual(14.5);
  expect(mean(all.map(({ wait }) => wait.p95 ?? Infinity))).toBeLessThanOrEqual(52);
  expect(mean(all.map(({ gpuHours }) => gpuHours))).toBeLessThanOrEqual(15.8);
  for (const { pools, usd } of all) {
    const { spot, onDemand, volumesUsd = NaN } = pools ?? {};
    expect((spot?.usd ?? NaN) + (onDemand?.usd ?? NaN) + volumesUsd).toBeCloseTo(usd, 9);
  }
});
