/** The mix of workflows: how soon a shift of it is followed, what is unknown, and what one instance can claim of it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WorkflowWork } from '../../../../contract/workflow-counters.ts';
import {
  observeFlow,
  serviceOf,
  workflowSecondsOf,
  type FlowMemory,
} from '../../../../lambda/scaler/policy/flow.ts';
import { withoutBulkReports } from '../../../../lambda/scaler/policy/bulk/bulk.ts';
import { mixSeconds, observeMix, type MixMemory } from '../../../../lambda/scaler/policy/mix.ts';
import { equivalents, workflowRises } from '../../../../lambda/scaler/policy/reported-parts.ts';
import { believe, type ReportsMemory } from '../../../../lambda/scaler/policy/reports.ts';

/** More of them with `FULL` set. */
const SEEDS = process.env.FULL ? 20 : 1;
const GUESS = 6;
const TICK = 30;
type Share = Record<string, number>;

/** Instances that work without a pause on photos of a mix, each photo with its workflow's seconds, and their counters. */
class Fleet {
  private now = 0;
  private reports: ReportsMemory | undefined;
  private flow: FlowMemory | undefined;
  private readonly workers: { busyUntil: number; counters: Counters }[];
  started = 0;

  constructor(
    instances: number,
    private readonly seconds: Record<string, number>,
    private readonly random: () => number,
    private readonly spoil: (counters: Counters, instance: number) => Counters = (counters) => counters,
  ) {
    this.workers = Array.from({ length: instances }, () => ({ busyUntil: 0, counters: none() }));
  }

  /** Busy seconds of a photo as the scaler has learned them. */
  get service(): number {
    return serviceOf(this.flow, GUESS);
  }

  /** @returns the service time after each tick */
  run(ticks: number, mix: Share): number[] {
    return Array.from({ length: ticks }, () => this.tick(mix));
  }

  private tick(mix: Share): number {
    const until = this.now + TICK;
    for (const worker of this.workers)
      for (worker.busyUntil = Math.max(worker.busyUntil, this.now); worker.busyUntil < until;) {
        const name = this.pick(mix);
        const took = this.seconds[name]!;
        const work = (worker.counters.workflows[name] ??= {
          started: 0,
          bulkStarted: 0,
          completed: 0,
          busySeconds: 0,
        });
        work.started++;
        this.started++;
        worker.busyUntil += took;
        // It finishes in a later tick, which its own counters show then.
        worker.counters.later.push({ at: worker.busyUntil, name, took });
      }
    this.now = until;
    const reports = this.workers.map(({ counters }, k) => {
      for (const { name, took } of counters.later.filter(({ at }) => at <= until)) {
        counters.completed++;
        counters.busySeconds += took;
        counters.workflows[name]!.completed++;
        counters.workflows[name]!.busySeconds += took;
      }
      counters.later = counters.later.filter(({ at }) => at > until);
      const { completed, busySeconds, workflows } = this.spoil(structuredClone(counters), k);
      return { instance: `i-${k}`, completed, busySeconds, workflows };
    });
    const { reported, memory } = believe(
      {
        ...{ at: until, backlog: 100, reports, serviceSeconds: this.service },
        workflowSeconds: workflowSecondsOf(this.flow),
        reporters: reports.map(({ instance }) => ({ instance, type: 'g5.xlarge' })),
      },
      this.reports,
    );
    this.reports = memory;
    const { length } = this.workers;
    const seen = withoutBulkReports({
      ...{ at: until, visible: 100, inFlight: length, ...(reported && { reported }) },
      ...{ desired: length, inService: length, pending: 0, draining: 0, min: 0, max: length },
    });
    this.flow = observeFlow(seen, this.flow, GUESS).memory;
    return this.service;
  }

  private pick(mix: Share): string {
    let left = this.random() * Object.values(mix).reduce((sum, share) => sum + share, 0);
    for (const [name, share] of Object.entries(mix)) if ((left -= share) < 0) return name;
    return Object.keys(mix).at(-1)!;
  }
}

interface Counters {
  completed: number;
  busySeconds: number;
  workflows: Record<string, WorkflowWork>;
  later: { at: number; name: string; took: number }[];
}
const none = (): Counters => ({ completed: 0, busySeconds: 0, workflows: {}, later: [] });

/** @param tolerance as a part of the value */
const near = (value: number, tolerance: number) => ({
  asymmetricMatch: (found: number) => Math.abs(found / value - 1) < tolerance,
  toString: () => 'near',
});

/** Repeatable numbers from 0 to 1. */
const randomFrom = (seed: number) => () => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

const HALF = { fast: 1, slow: 1 };
/** Photos after which a shift is followed. */
const FOLLOWED = 60;

describe('a shift of the mix', () => {
  it.each<[string, Record<string, number>, Share, Share, number, number]>([
    ['1 and 20 s, half and half, to all of 20 s', { fast: 1, slow: 20 }, HALF, { slow: 1 }, 20, 4],
    ['1 and 20 s, half and half, to all of 1 s', { fast: 1, slow: 20 }, HALF, { fast: 1 }, 1, 4],
    [
      'all of 1 s to all of 20 s, which nothing is known of',
      { fast: 1, slow: 20 },
      { fast: 1 },
      { slow: 1 },
      20,
      4,
    ],
    ['the same on one instance', { fast: 1, slow: 20 }, { fast: 1 }, { slow: 1 }, 20, 1],
    ['all of 20 s to all of 1 s', { fast: 1, slow: 20 }, { slow: 1 }, { fast: 1 }, 1, 2],
    [
      'three workflows, one of which grows',
      { a: 1, b: 5, c: 20 },
      { a: 8, b: 1, c: 1 },
      { a: 1, b: 1, c: 8 },
      16.6,
      6,
    ],
  ])('%s, is followed within 60 started photos, to 15 %%', (_, seconds, before, after, mean, instances) => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const fleet = new Fleet(instances, seconds, randomFrom(seed));
      fleet.run(15, before);
      const from = fleet.started;
      while (fleet.started < from + FOLLOWED) fleet.run(1, after);
      // What takes 20 s is known when the first of them are finished.
      const found = fleet.run(2, after).at(-1)!;
      expect([seed, found / mean]).toEqual([seed, near(1, 0.15)]);
    }
  });

  it('is no shift where the shares only scatter', () => {
    for (let seed = 1; seed <= SEEDS; seed++) {
      const services = new Fleet(4, { fast: 1, slow: 20 }, randomFrom(seed)).run(100, HALF).slice(50);
      const mean = services.reduce((sum, one) => sum + one, 0) / services.length;
      expect(mean).toEqual(near(10.5, 0.15));
    }
  });
});

describe('what is unknown', () => {
  const work = (started: number, completed: number, busySeconds: number): WorkflowWork => ({
    ...{ started, bulkStarted: 0, completed, busySeconds },
  });

  it('is not zero: a workflow of which nothing is finished counts as the mean of all', () => {
    const mix = observeMix(undefined, { new: work(10, 0, 0) }, 8);
    expect(mixSeconds(mix, 8)).toBe(8);
  });

  it('changes nothing: a tick without reports keeps the mix, and a stage with one workflow has none', () => {
    const mix = observeMix(undefined, { a: work(10, 10, 20) }, 8);
    expect(observeMix(mix, undefined, 8)).toBe(mix);
    expect(observeMix(undefined, undefined, 8)).toBeUndefined();
    expect(mixSeconds(undefined, 8)).toBeUndefined();
  });

  it('never makes the mean anything but a mean', () => {
    const amounts = fc.record({
      started: fc.integer({ min: 0, max: 1000 }),
      bulkStarted: fc.constant(0),
      completed: fc.integer({ min: 0, max: 1000 }),
      busySeconds: fc.double({ min: 0, max: 10_000, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.dictionary(fc.constantFrom('a', 'b', 'c'), amounts), { maxLength: 8 }),
        (ticks) => {
          let mix: MixMemory | undefined;
          for (const tick of ticks) mix = observeMix(mix, tick, GUESS);
          const found = mixSeconds(mix, GUESS);
          if (found === undefined) return;
          const means = Object.values(mix!).map(({ completed, busySeconds }) => busySeconds / completed);
          const known = [GUESS, ...means.filter(Number.isFinite)];
          expect(found).toBeGreaterThanOrEqual(Math.min(...known) - 1e-9);
          expect(found).toBeLessThanOrEqual(Math.max(...known) + 1e-9);
        },
      ),
      { numRuns: 50 },
    );
  });
});

/** Mean service time once it is learned, of one photo in ten that is slow. */
function learnedOf(spoil?: (counters: Counters, instance: number) => Counters): number {
  const services = new Fleet(4, { fast: 1, slow: 20 }, randomFrom(3), spoil)
    .run(120, { fast: 9, slow: 1 })
    .slice(60);
  return services.reduce((sum, one) => sum + one, 0) / services.length;
}
const LEARNED = 0.9 * 1 + 0.1 * 20;

describe('one of four instances stands for its own photos only, though it says', () => {
  it.each<[string, (own: Counters) => Counters['workflows']]>([
    ['nothing that is not true', ({ workflows }) => workflows],
    [
      'that it starts many of the longest',
      ({ completed, busySeconds }) => ({
        slow: { started: 1000 * completed, bulkStarted: 0, completed, busySeconds },
      }),
    ],
    [
      'that it starts more bulk photos than photos',
      ({ completed, busySeconds }) => ({
        fast: { started: completed, bulkStarted: 1000 * completed, completed, busySeconds },
      }),
    ],
  ])('%s', (_, claimed) => {
    const found = learnedOf((own, instance) =>
      instance > 0 ? own : { ...own, workflows: structuredClone(claimed(own)) },
    );
    expect(found).toBeLessThan(0.4 * 20 + 0.6 * LEARNED);
    expect(found).toBeGreaterThan(LEARNED / 2);
  });
});

it('counts what starts by lane, also before a bulk photo is finished', () => {
  expect(learnedOf()).toEqual(near(LEARNED, 0.15));
  const ofBulk = (counters: Counters) => {
    const { slow } = counters.workflows;
    if (slow) slow.bulkStarted = slow.started;
    return counters;
  };
  expect(learnedOf(ofBulk)).toEqual(near(1, 0.15));
});

it('an instance that starts many photos at once takes no longer for those that it finishes', () => {
  const started = { completed: 20, busySeconds: 40 };
  const { a } = workflowRises({ a: { started: 60, bulkStarted: 0, ...started } }, {}, started);
  expect(a).toEqual({ started: 24, bulkStarted: 0, ...started });
});

it.each<[string, Record<string, number>, number]>([
  ['as long as their workflows take', { a: 1, b: 20 }, (3 * 1 + 1 * 20) / 4 / 2],
  ['as long as it says where nothing is known', { a: 1 }, (3 * 1 + 50) / 4 / 2],
])('photos of an instance count %s, in photos of the usual length', (_, known, factor) => {
  const work = (completed: number, busySeconds: number) => ({
    ...{ started: 0, bulkStarted: 0, completed, busySeconds },
  });
  expect(equivalents({ a: work(3, 30), b: work(1, 50), c: work(0, 9) }, 2, known)).toBeCloseTo(factor);
  expect(equivalents(undefined, 2, known)).toBe(1);
});
