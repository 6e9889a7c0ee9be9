/** The world `article`: its figures stay the same to the last digit, whatever becomes of the other worlds. */
import { expect, it } from 'vitest';
import { Bound } from '../../sim/bound/bound.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { runPolicy } from '../../sim/result.ts';
import { scenarios } from '../../sim/scenario.ts';
import type { WorldChanges, WorldName } from '../../sim/world.ts';

const viral = async (world: WorldName, changes: WorldChanges = {}) =>
  (await scenarios({ trace: 'viral', world, with: changes }))(1);

const measuresOf = async (policy: string, world: WorldName, changes: WorldChanges = {}) => {
  const scenario = await viral(world, changes);
  return (await runPolicy(scenario, policyOf(policy, [], scenario.world))).measures;
};

// Policies of others, which no change of this project's rule moves.
it.each([
  ['keda', 34.8551259826, 112.168407885, 11.8779718649, 47],
  ['threshold', 633.158574341, 1239.1476384, 19.2698120061, 16],
  ['buildkite', 17.9670241709, 67.5560034358, 21.9194444444, 213],
  ['target-tracking', 112.679507621, 229.705522937, 16.5950700348, 26],
  ['fixed:3', 2294.00538605, 4874.28356325, 10.054437522, 2],
])('%s on viral: mean %d s, p95 %d s, %d GPU h', async (policy, mean, p95, gpuHours, launches) => {
  const { wait, actions, ...measures } = await measuresOf(policy, 'article');
  expect([wait.mean, wait.p95, measures.gpuHours, actions.launches]).toEqual([mean, p95, gpuHours, launches]);
});

it('its bound', async () => {
  expect(await new Bound(await viral('article')).at(10)).toEqual({
    at: 10,
    gpuHours: 9.0574911,
    mu: 0.0078125,
  });
});

it('is the clean world with jobs of 6 s, one at a time', async () => {
  const article = await measuresOf('slo', 'article');
  expect(await measuresOf('slo', 'clean', { service: 6 })).toEqual(article);
  expect(article.jobs).toBe(4851);
});

it('takes no settings of a worker', async () => {
  for (const changes of [{ type: 'g5.xlarge' }, { megapixels: '12' }]) {
    await expect(viral('article', changes)).rejects.toThrow(/lanes: expected --world clean or real/);
    await expect(viral('clean', { ...changes, service: 6 })).rejects.toThrow(/no service or slots/);
  }
});
