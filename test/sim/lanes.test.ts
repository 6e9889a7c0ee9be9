/**
 * Instances with the worker's lanes: by hand, against a reference without events, and at the rate that `cost` states. The full form
 * (FULL=1) has 600 random worlds.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSUMED_PHOTOS, throughputOf } from '../../contract/throughput.ts';
import { processSeconds } from '../../sim/engine/lanes.ts';
import { measure } from '../../sim/measure.ts';
import { aloneSeconds, mixOf, workerModelOf, type WorkerModel } from '../../sim/worker-model.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import type { ControlledSystem } from '../../sim/engine/types.ts';
import { worldOf, type World, type WorldChanges } from '../../sim/world.ts';
import { lanesReference } from './support/reference-lanes.ts';

const RUNS = process.env.FULL ? 600 : 60;

/** Prepares in 1 s and finishes in 2 s; two processes; a prompt takes 3 s and 1 s for each of its photos, at most two. */
const SMALL: WorkerModel = {
  ...{ type: 'test', processes: 2, batch: 2, gpuFirst: 3, gpuEach: 1, prefetched: 3, inFlight: 8 },
  sizes: [{ upTo: 1, prepare: 1, finish: 2 }],
  ...{ serviceSeconds: 2.5, bottleneck: 'gpu' as const },
};
const withWorker = (worker: WorkerModel, changes: WorldChanges = {}): World => ({
  ...worldOf('clean', { price: 1, ...changes }),
  worker,
});

interface Given {
  arrivals: number[];
  world: World;
  seed?: number;
  tick?: (system: ControlledSystem, at: number) => void;
}
const run = ({ arrivals, world, seed = 1, tick = () => undefined }: Given) =>
  simulate({
    arrivals: Float64Array.from(arrivals),
    horizon: arrivals.at(-1) as number,
    world,
    seed,
    controller: { intervalSeconds: world.tick, tick },
  });

describe('by hand', () => {
  it('a photo alone does not wait', async () => {
    // Prepared 5 to 6, on the GPU to 10, finished at 12.
    const { starts, ends } = await run({ arrivals: [5], world: withWorker(SMALL) });
    expect([...starts, ...ends]).toEqual([5, 12]);
  });

  it('the GPU takes what is ready and waits for nothing; finishing goes first', async () => {
    // Two are prepared to 1, together on the GPU to 6, and finished at 8. The third is prepared to 2, alone on the GPU from
    // 6 to 10, finished at 12. What it waits is 12 less the 7 s that it takes alone.
    const { starts, ends } = await run({ arrivals: [0, 0, 0], world: withWorker(SMALL) });
    expect([...ends]).toEqual([8, 8, 12]);
    expect([...starts]).toEqual([1, 1, 5]);
  });

  it('image processes that are busier than the GPU are what is reported', async () => {
    const worker = { ...SMALL, processes: 1, gpuFirst: 0.1, gpuEach: 0.1 };
    const seen: number[] = [];
    const tick = (system: ControlledSystem) => {
      const { completed, busySeconds } = system.reportOf(0);
      if (completed > 0) seen.push(busySeconds / completed);
    };
    await run({
      arrivals: Array.from({ length: 20 }, () => 0),
      world: withWorker(worker, { tick: 2 }),
      tick,
    });
    // Each photo takes its process 3 s; the next one may be under way.
    expect(seen.at(-1)).toBeGreaterThan(2.9);
    expect(seen.at(-1)).toBeLessThan(3.5);
  });

  it('what is prefetched is in flight, up to the limit, and reported busy time is that of the busier lane', async () => {
    const seen: object[] = [];
    const tick = (system: ControlledSystem) => {
      const { visible, inFlight } = system.observe();
      seen.push({ visible, inFlight, ...system.reportOf(0) });
    };
    await run({ arrivals: [0, 0, 0, 0, 0, 0], world: withWorker(SMALL, { tick: 2 }), tick });
    // At 2 two are on the GPU, the third is ready, the fourth and fifth are being prepared; the sixth waits.
    expect(seen[0]).toEqual({ visible: 1, inFlight: 5, completed: 0, busySeconds: 0 });
    // At 8 the first two were finished; the GPU was busy from 1 on. The next report is 5 s later: at 12 it has the next two.
    expect(seen[3]).toMatchObject({ completed: 2, busySeconds: 7 });
    expect(seen[5]).toMatchObject({ completed: 2 });
    expect(seen[6]).toMatchObject({ completed: 4, busySeconds: 12 });
  });

  it('a message goes to the instance with the fewest in flight', async () => {
    const world = withWorker(SMALL, { min: 3 });
    const { ends } = await run({ arrivals: [0, 0, 0], world });
    expect([...ends]).toEqual([7, 7, 7]);
  });

  it('an instance that drains returns what was not on the GPU', async () => {
    const world = withWorker(SMALL, { min: 1, max: 2, boot: 0, tick: 2 });
    const sizes = [2, 1];
    const tick = (system: ControlledSystem) => system.setDesired(sizes.shift() ?? 1);
    // The first has five; at 2 the second is ready and takes the sixth. At 4 the first, which would be done first, drains: two are on
    // the GPU to 6 and finished at 8, the other three go to the second.
    const { ends, instances } = await run({ arrivals: [0, 0, 0, 0, 0, 0], world, tick });
    expect([...ends].every((end) => end > 0)).toBe(true);
    expect(instances.map(({ draining, stopped }) => [draining, stopped])).toEqual([
      [4, 8],
      [Infinity, Infinity],
    ]);
  });
});

describe('random worlds against the reference', () => {
  const arrivals = fc
    .array(fc.double({ min: 0, max: 300, noNaN: true }), { minLength: 1, maxLength: 150 })
    .map((times) => times.sort((a, b) => a - b));
  const worker = fc.record({
    ...{ type: fc.constant('test'), serviceSeconds: fc.constant(1), bottleneck: fc.constant('gpu' as const) },
    processes: fc.integer({ min: 1, max: 4 }),
    batch: fc.integer({ min: 1, max: 4 }),
    gpuFirst: fc.constantFrom(0.1, 1.5),
    gpuEach: fc.constantFrom(0.05, 1.1),
    prefetched: fc.integer({ min: 1, max: 6 }),
    inFlight: fc.integer({ min: 2, max: 12 }),
    sizes: fc.constantFrom<WorkerModel['sizes'][]>(
      [{ upTo: 1, prepare: 0.7, finish: 1.3 }],
      [
        { upTo: 0.4, prepare: 0.31, finish: 0.47 },
        { upTo: 1, prepare: 3.1, finish: 4.3 },
      ],
    ),
  });
  const changes = fc.record({
    boot: fc.constantFrom(0, 15, 47),
    tick: fc.constantFrom(5, 10, 30),
    min: fc.integer({ min: 0, max: 3 }),
    max: fc.constant(8),
  });
  const sizes = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 1, maxLength: 40 });

  it('have the same ends and bill with a size that changes at every tick', async () => {
    const property = fc.asyncProperty(
      arrivals,
      worker,
      changes,
      sizes,
      async (times, model, given, planned) => {
        const world = withWorker(model, given);
        const sizeAt = (at: number) => planned[Math.round(at / world.tick) - 1] ?? 2;
        const made = await run({
          ...{ arrivals: times, world, seed: 3 },
          tick: (system, at) => system.setDesired(sizeAt(at)),
        });
        const seconds = processSeconds(model, 3, 0);
        const expected = lanesReference({
          ...{ model, arrivals: times, seconds, sizeAt },
          ...{ boot: given.boot, tick: given.tick, min: given.min, horizon: times.at(-1) as number },
        });
        for (const [job, end] of made.ends.entries()) {
          expect(end).toBeCloseTo(expected.ends[job] as number, 6);
          const start = Math.max(times[job] as number, end - aloneSeconds(model, seconds(job)));
          expect(made.starts[job]).toBeCloseTo(start, 6);
        }
        expect(measure(made, world).gpuHours * 3600).toBeCloseTo(expected.billed, 4);
      },
    );
    await fc.assert(property, { numRuns: RUNS, seed: 21 });
  });
});

describe('the model of a worker', () => {
  it.each([
    ['g4dn.xlarge', 12],
    ['g4dn.xlarge', 1],
    ['g5.2xlarge', 3],
    ['g6.xlarge', 24],
  ])('%s with photos of %d megapixels does as many per second as cost says', async (type, megapixels) => {
    const world = worldOf('clean', { type, megapixels: String(megapixels), max: 1 });
    const count = 3000;
    const { ends } = await run({ arrivals: Array.from({ length: count }, () => 0), world });
    const { photosPerSecond } = throughputOf(type, [{ megapixels }]) ?? { photosPerSecond: NaN };
    expect(count / Math.max(...ends) / photosPerSecond).toBeGreaterThan(0.97);
    expect(count / Math.max(...ends) / photosPerSecond).toBeLessThan(1.03);
  });

  it('takes as long for the usual mix as for the photos that defaults are computed for', () => {
    const { worker } = worldOf('clean');
    const assumed = 1 / (throughputOf('g4dn.xlarge', ASSUMED_PHOTOS)?.photosPerSecond ?? NaN);
    expect((worker?.serviceSeconds ?? NaN) / assumed).toBeCloseTo(1, 1);
  });

  it.each(['', '12:0', '12:1:2', '-3', '3+', 'big'])('does not take the mix %j', (text) => {
    expect(() => mixOf(text)).toThrow(/expected sizes with their shares/);
  });

  it('does not take an unknown type', () => {
    expect(() => workerModelOf('m5.large', mixOf('12'))).toThrow(/expected one of g4dn.xlarge/);
  });
});
