/** Batches, over any order of arrivals, ends of prompts, faults, deadlines and drains. */
import { PromptLimits } from '../../worker/comfyui/prompt-limits.ts';
import { setImmediate as quiet } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextBatch } from '../../worker/photo/batch-rule.ts';
import type { Options } from '../../worker/photo/options.ts';
import { BatchWorld, type Arrival, type Step } from './support/batch-world.ts';

const arrival = fc.record<Arrival>({
  queue: fc.constantFrom('interactive', 'sidelined', 'bulk'),
  strength: fc.constantFrom(1, 1, 1, 2),
  isBad: fc.constantFrom(false, false, false, false, true),
  wasTried: fc.constantFrom(false, false, false, true),
  startFails: fc.constantFrom(false, false, false, false, true),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ what: fc.constant('arrive' as const), photo: arrival }) },
  { weight: 6, arbitrary: fc.constant({ what: 'end' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('fail' as const),
      how: fc.constantFrom('lost', 'cut', 'timeout', 'unreachable'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('expire' as const), photo: fc.nat() }) },
  { weight: 1, arbitrary: fc.constant({ what: 'expire-all' as const }) },
  { weight: 1, arbitrary: fc.constant({ what: 'drain' as const }) },
);

it('gives every photo one outcome and no other photo`s planes, and lets none wait while ComfyUI has room', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(step, { maxLength: 40, size: 'max' }),
      async (max, steps) => {
        const world = new BatchWorld(max);
        for (const one of steps) {
          world.apply(one);
          await quiet();
          world.check();
        }
        for (let k = 0; world.isBusy && k < 500; k++) {
          world.apply({ what: 'end' });
          await quiet();
          world.check();
        }
        world.checkEnd();
        expect(await world.isFree()).toBe(true);
      },
    ),
    { numRuns: process.env.FULL ? 2000 : 100, seed: 24 },
  );
});

it('takes the oldest, and those after it with the same options, in any order of their names', () => {
  const ready = (k: number, options: Options) => ({ options, k });
  const [a, b] = [ready(0, { tone: 'x', sharpen: 1 }), ready(1, { sharpen: 1, tone: 'x' })];
  const [c, d] = [ready(2, {}), ready(3, { tone: 'x', sharpen: 1 })];
  const names = (waiting: (typeof a)[], max: number) => nextBatch(waiting, max).map(({ k }) => k);
  expect(names([a, b, c, d], 8)).toEqual([0, 1, 3]);
  expect(names([a, b, c, d], 2)).toEqual([0, 1]);
  expect(names([c, a, b], 8)).toEqual([2]);
  expect(names([], 8)).toEqual([]);
});

it('a prompt has the time of the one at ComfyUI before it, until that has left', async () => {
  const limits = new PromptLimits();
  let freed = 0;
  const acquire = async () => () => void freed++;
  const long = limits.limit(200_000, 50_000, acquire);
  const short = limits.limit(20_000, 40_000, acquire);
  const releaseLong = await long.acquireSlot();
  expect(long.withinMs()).toBe(200_000);
  const releaseShort = await short.acquireSlot();
  expect(short.withinMs()).toBe(220_000);
  releaseLong();
  // It was submitted behind the long one, which has used up some of that.
  expect(short.withinMs()).toBe(220_000);
  releaseShort();
  await short.acquireSlot();
  expect([short.withinMs(), freed]).toEqual([40_000, 2]);
  await limits.limit(1, 1, acquire).acquireSlot();
  await expect(
    limits.limit(1, 1, () => Promise.reject(new Error('drained'))).acquireSlot(),
  ).rejects.toThrow();
  const next = limits.limit(5000, 6000, acquire);
  await next.acquireSlot();
  expect(next.withinMs()).toBe(25_000);
});
