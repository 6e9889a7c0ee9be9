/** What boots that fail cost: six hours at ten times of the week, and a part of them for the whole trace. */
import { expect, it } from 'vitest';
import { mean, measure } from '../../sim/measure.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { scenarios } from '../../sim/scenario.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import type { WorldChanges } from '../../sim/world.ts';
import { badImage, HOUR } from './support/bad-image.ts';

/** Within the hours in which photos come, on each day of the week. */
const STARTS = Array.from({ length: 10 }, (_, k) => (24 * (k % 7) + 7.5 + 1.7 * (k % 6)) * HOUR + 137 * k);

it.each(STARTS)(
  'from %i s on: at most 20 launches and 3.3 instance-hours, and half an hour until all is coloured',
  async (from) => {
    const seed = 1 + STARTS.indexOf(from);
    for (const policy of ['slo', 'forecast']) {
      const { launches, hours, lastColoured } = await badImage(from, seed, { policy });
      expect(launches).toBeLessThanOrEqual(20);
      expect(hours).toBeLessThanOrEqual(3.3);
      expect(lastColoured).toBeLessThanOrEqual(HOUR / 2);
    }
  },
);

/** Means over ten seeds. */
async function figures(trace: string, changes: WorldChanges) {
  const scenario = await scenarios({ trace, world: 'article', with: changes });
  const all = await Promise.all(
    Array.from({ length: 10 }, async (_, k) => {
      const { arrivals, horizon, world, seed } = scenario(k + 1);
      const run = await simulate({
        arrivals,
        horizon,
        world,
        seed,
        controller: policyOf('slo', [], world).make(),
      });
      const { wait, gpuHours, actions } = measure(run, world);
      const last = run.ends.findLastIndex((end) => !Number.isNaN(end));
      const overtaken = run.ends.subarray(0, last).filter(Number.isNaN).length;
      const left = run.ends.length - 1 - last;
      return { wait: wait.mean ?? NaN, gpuHours, overtaken, left, launches: actions.launches };
    }),
  );
  const of = (key: keyof (typeof all)[number]) => mean(all.map((one) => one[key]));
  return {
    ...{ wait: of('wait'), gpuHours: of('gpuHours'), launches: of('launches') },
    ...{ overtaken: of('overtaken'), left: of('left') },
  };
}

// 31.3 s where no launch is replaced, and 25.6 s where each is replaced after two boots only.
it('with a tenth of its boots failing a surge waits at most 1.4 times as long', async () => {
  const [without, faulty] = [await figures('viral', {}), await figures('viral', { bootFailure: 0.1 })];
  expect(without.wait).toBeCloseTo(17.5, 0);
  expect(faulty.wait).toBeLessThanOrEqual(1.4 * without.wait);
  expect(faulty.gpuHours).toBeLessThan(1.02 * without.gpuHours);
});

it('with nine tenths of its boots failing all week a quiet fleet costs a tenth of what it did', async () => {
  const { gpuHours, launches, overtaken, left } = await figures('quiet', { max: 20, bootFailure: 0.9 });
  expect(overtaken).toBe(0);
  expect(left).toBe(0);
  // 556 instance-hours before launches were counted.
  expect(gpuHours).toBeLessThan(65);
  expect(launches).toBeLessThan(500);
});
