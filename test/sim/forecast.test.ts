/** What the forecast policy saves on a season (`FULL` set), and that it changes nothing where no rise comes again. */
import { expect, it } from 'vitest';
import { billedSeconds } from '../../sim/engine/fleet.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { scenarios } from '../../sim/scenario.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;
const NINE = 9 * 3600;

// A fortnight takes a minute; the memory of the week has short tests of its own.
const SEEDS = process.env.FULL ? [1, 2, 3] : [];

for (const seed of SEEDS)
  it(`on the season of seed ${seed} it more than halves the wait at nine, for no more cost`, async () => {
    const season = await scenarios({ trace: 'season', world: 'article', with: {} });
    const { arrivals, horizon, world } = season(seed);
    const judged = async (name: string) => {
      const run = await simulate({
        arrivals,
        horizon,
        world,
        seed,
        controller: policyOf(name, [], world).make(),
      });
      // Week 1 is for learning.
      const atNine = [...arrivals.keys()].filter((job) => {
        const at = arrivals[job] as number;
        return at >= WEEK && at % DAY >= NINE && at % DAY < NINE + 900;
      });
      const waited = atNine.reduce(
        (sum, job) => sum + (run.starts[job] as number) - (arrivals[job] as number),
        0,
      );
      const cost = run.instances.reduce((sum, life) => sum + billedSeconds(life, run.end, world), 0);
      return { wait: waited / atNine.length, cost };
    };
    const without = await judged('slo');
    const ahead = await judged('forecast');
    expect(ahead.wait).toBeLessThan(without.wait / 2);
    expect(ahead.cost).toBeLessThan(without.cost * 1.01);
  });

it('where nothing comes again it changes nothing', async () => {
  const { arrivals, horizon, world } = (await scenarios({ trace: 'steps', world: 'article', with: {} }))(1);
  const starts = async (name: string) =>
    (await simulate({ arrivals, horizon, world, seed: 1, controller: policyOf(name, [], world).make() }))
      .starts;
  expect(await starts('forecast')).toEqual(await starts('slo'));
});
