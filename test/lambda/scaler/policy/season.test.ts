/** The memory of the week: rises that come again, how far they are believed, and what they spare. */
import { describe, expect, it } from 'vitest';
import {
  emptySeason,
  observeSeason,
  riseWithin,
  trustOf,
  type SeasonMemory,
} from '../../../../lambda/scaler/policy/season.ts';
import { billedSeconds } from '../../../../sim/engine/fleet.ts';
import { policyOf } from '../../../../sim/policies/index.ts';
import { scenarios } from '../../../../sim/scenario.ts';
import { simulate } from '../../../../sim/engine/simulate.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;
const NINE = 9 * 3600;
const TICK = 30;

/** Photos a second at a time, watched tick by tick. */
function watch(
  rate: (at: number) => number,
  from: number,
  to: number,
  memory = emptySeason(from),
): SeasonMemory {
  for (let at = from + TICK; at <= to; at += TICK) {
    memory = observeSeason(memory, at, rate(at - TICK) * TICK, TICK);
  }
  return memory;
}
const office = (at: number) => (at % DAY >= NINE && at % DAY < NINE + 3600 ? 2 : 0.1);

describe('a rise that comes each week', () => {
  const week = watch(office, 0, WEEK);

  it('is foreseen a boot ahead, and neither earlier nor where there was none', () => {
    expect(riseWithin(week, WEEK + NINE - 120, 120)).toBeGreaterThan(1);
    expect(riseWithin(week, WEEK + NINE - 130, 120)).toBe(0);
    expect(riseWithin(week, WEEK + NINE + 1800, 120)).toBe(0);
    expect(riseWithin(watch(office, 0, DAY), WEEK - DAY + NINE - 60, 120)).toBe(0);
  });

  it('is believed the more the more often it came', () => {
    expect(trustOf(watch(office, WEEK, 2 * WEEK, week))).toBe(1);
    expect(trustOf(week)).toBeLessThan(1);
  });

  it('is believed no longer when it stays away', () => {
    const quiet = watch(() => 0.1, WEEK, 2 * WEEK, week);
    expect(trustOf(quiet)).toBe(0);
    expect(riseWithin(quiet, 2 * WEEK + NINE - 60, 120)).toBeLessThan(0.2);
  });

  it('is not learnt from a bucket that was hardly watched', () => {
    const gap = observeSeason(emptySeason(NINE), NINE + 60, 600, 60);
    expect(observeSeason(gap, NINE + 1000, 0, 30).rates).toEqual([]);
  });
});

it.each([1, 2, 3])(
  'on the season of seed %i it more than halves the wait at nine, for no more cost',
  async (seed) => {
    const { arrivals, horizon, world } = (await scenarios({ trace: 'season', world: 'clean', with: {} }))(
      seed,
    );
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
  },
);

it('where nothing comes again it changes nothing', async () => {
  const { arrivals, horizon, world } = (await scenarios({ trace: 'steps', world: 'clean', with: {} }))(1);
  const starts = async (name: string) =>
    (await simulate({ arrivals, horizon, world, seed: 1, controller: policyOf(name, [], world).make() }))
      .starts;
  expect(await starts('forecast')).toEqual(await starts('slo'));
});
