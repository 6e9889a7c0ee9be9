/** Albums in the bulk lane under the deployed rule: done within their deadline, with no more instances, and no sooner, than that needs. */
import { describe, expect, it } from 'vitest';
import { simulate } from '../../sim/engine/simulate.ts';
import type { Run } from '../../sim/engine/types.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { worldOf } from '../../sim/world.ts';

const ALBUM_AT = 600;
const SERVICE = 0.5;
const BOOT = 120;

interface Given {
  photos: number;
  deadline: number;
  /** Interactive photos a second. */
  rate?: number;
}

function run({ photos, deadline, rate = 0 }: Given): Promise<Run> {
  const world = worldOf('clean', {
    ...{
      service: SERVICE,
      boot: BOOT,
      min: 0,
      max: 24,
      bulkDeadline: deadline,
      bulk: `${photos}@${ALBUM_AT}`,
    },
  });
  const horizon = ALBUM_AT + deadline + 1200;
  return simulate({
    ...{ horizon, world, seed: 1, controller: policyOf('slo', [], world).make(), keepDecisions: true },
    arrivals: Float64Array.from({ length: Math.floor(rate * horizon) }, (_, k) => k / rate),
    bulkArrivals: Float64Array.from({ length: photos }, () => ALBUM_AT),
  });
}
const after = ({ ends }: { ends: Float64Array }) => Math.max(...ends) - ALBUM_AT;
const meanWait = ({ arrivals, starts }: Run) =>
  arrivals.reduce((sum, at, k) => sum + (starts[k] ?? NaN) - at, 0) / arrivals.length;

describe('an album on a sleeping fleet', () => {
  it.each([
    { photos: 1, deadline: 3600, most: 1, idle: 1800 },
    { photos: 400, deadline: 3600, most: 1, idle: 1800 },
    { photos: 4000, deadline: 3600, most: 1, idle: 0 },
    { photos: 20_000, deadline: 3600, most: 6, idle: 0 },
    { photos: 4000, deadline: 900, most: 5, idle: 0 },
    { photos: 4000, deadline: 14_400, most: 1, idle: 7200 },
  ])(
    'of $photos photos is done within $deadline s by at most $most, which boot after $idle s',
    async ({ photos, deadline, most, idle }) => {
      const { bulk, instances, peak } = await run({ photos, deadline });
      expect(bulk?.completed).toBe(photos);
      expect(after(bulk as { ends: Float64Array })).toBeLessThanOrEqual(deadline);
      expect(peak).toBeLessThanOrEqual(most);
      expect(Math.min(...instances.map(({ requested }) => requested)) - ALBUM_AT).toBeGreaterThanOrEqual(
        idle,
      );
    },
  );
});

describe('an album beside interactive photos', () => {
  it.each([
    { photos: 4000, deadline: 3600, rate: 1 },
    { photos: 4000, deadline: 900, rate: 5 },
    { photos: 20_000, deadline: 3600, rate: 3 },
  ])('$photos within $deadline s, $rate a second: is done, and they wait no longer', async (given) => {
    const [alone, both] = await Promise.all([run({ ...given, photos: 1 }), run(given)]);
    expect(after(both.bulk as { ends: Float64Array })).toBeLessThanOrEqual(given.deadline);
    expect(meanWait(both)).toBeLessThan(1.1 * meanWait(alone));
  });
});
