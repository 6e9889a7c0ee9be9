/**
 * The accuracy of the wait estimate: how it is computed, and how good it has to be. The full form (FULL=1) has every
 * synthetic trace.
 */
import { describe, expect, it } from 'vitest';
import type { View } from '../../contract/view.ts';
import {
  bySituation,
  estimatesIn,
  figuresOf,
  sampleEstimates,
  type EstimateFigures,
  type EstimateSamples,
} from '../../sim/estimates.ts';
import { mean } from '../../sim/measure.ts';
import { sloSettings } from '../../sim/policies/deployed.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { scenarios } from '../../sim/scenario.ts';
import { surgeOf } from '../../sim/traffic/surges.ts';

const view = (at: number, more: Partial<View> = {}): View => ({
  at,
  tickSeconds: 30,
  visible: 0,
  inFlight: 0,
  inService: 1,
  coming: [],
  arrivalsPerSecond: 0,
  serviceSeconds: 6,
  bootSeconds: 90,
  history: [{ at, backlog: (more.visible ?? 0) + (more.inFlight ?? 0), completed: 0 }],
  ...more,
});

describe('the wait of each photo', () => {
  const arrivals = Float64Array.from([0, 40, 41, 42]);
  const ends = Float64Array.from([6, 46, NaN, 52]);
  const run = { arrivals, ends, instances: [], decisions: [] };
  const busy = view(41.5, { visible: 9, inFlight: 1 });

  it('is estimated from the latest view, never from a later one', () => {
    const { samples, unknown } = sampleEstimates(run, [view(30), busy], () => 0);
    // No view is published before the first photo; the third is never done.
    expect(unknown).toBe(1);
    expect(samples.map(({ seconds, actual }) => [seconds, actual])).toEqual([
      [7.5, 6],
      // Two were announced since the counts, and 5 / 6 was finished.
      [(10.5 + 2 - 5 / 6 - 1) * 6 + 6 - 0.5, 10],
    ]);
  });

  it('is compared with the number of earlier photos that are not done', () => {
    const { samples } = sampleEstimates(run, [view(0)], () => 0);
    expect(samples.map(({ actuallyAhead }) => actuallyAhead)).toEqual([0, 0, 2]);
  });

  it('is estimated at the given share of the wait', () => {
    const { samples } = sampleEstimates(run, [view(30)], (job) => job / 4);
    // At 41.5 s and at 49.5 s, when the second one is done and the third is not.
    expect(samples.map(({ actual }) => actual)).toEqual([4.5, 2.5]);
    expect(samples.map(({ actuallyAhead }) => actuallyAhead)).toEqual([0, 1]);
  });
});

it('the wait of a photo of a burst has those that were announced before it', () => {
  const arrivals = Float64Array.from([100, 101, 102, 103]);
  const run = { arrivals, ends: arrivals.map((at) => at + 200), instances: [], decisions: [] };
  const { samples } = sampleEstimates(run, [view(90, { inService: 0 })], () => 0);
  expect(samples.map(({ ahead }) => ahead)).toEqual([0, 1, 2, 3]);
});

it('the figures are medians, means and shares over all samples', () => {
  const sample = (seconds: number, actual: number, ahead = 0) => ({
    unknown: 1,
    samples: [
      { seconds, secondsAtMost: 2 * seconds, actual, ahead, actuallyAhead: 1, situation: 'steady' as const },
    ],
  });
  const all = [sample(10, 8), sample(10, 30, 5), sample(6, 6, 1), sample(4, 5, 1)];
  expect(figuresOf(all)).toEqual({
    photos: 8,
    unknown: 4,
    error: 1.5,
    relative: 0.225,
    bias: -4.75,
    longer: 0.5,
    withinMost: 0.75,
    ahead: 1.25,
  } satisfies Record<keyof EstimateFigures, number>);
  expect(figuresOf([])).toMatchObject({ photos: 0, error: null, withinMost: null });
});

describe('estimates of the deployed scaler', () => {
  type Trace = [trace: string, world: 'clean' | 'real'];
  const simulated = new Map<string, Promise<EstimateFigures[]>>();
  /** When stored, and while waiting. */
  const figures = (...[trace, world]: Trace) => {
    const run = async () => {
      const scenario = (await scenarios({ trace, world, with: { service: 6 } }))(1);
      const settings = sloSettings(policyOf('slo', [], scenario.world).settings);
      const { stored, waiting } = await estimatesIn(scenario, settings);
      return [figuresOf([stored]), figuresOf([waiting])];
    };
    const key = `${trace} ${world}`;
    const known = simulated.get(key) ?? run();
    simulated.set(key, known);
    return known;
  };
  /** Limits of the median error, in seconds and relative, and of the share within the upper limit. */
  type Limits = [error: number, relative: number, least: number, most: number];

  // A little wider than the values in docs/scaling-figures.md.
  it.each<[...Trace, Limits, Limits]>([
    ['viral', 'clean', [2, 0.2, 0.9, 1], [2, 0.35, 0.9, 1]],
    ['viral', 'real', [4.5, 0.12, 0.85, 0.97], [3.5, 0.25, 0.85, 0.99]],
    ...(process.env.FULL
      ? ([
          ['steps', 'real', [3, 0.28, 0.85, 0.97], [2.5, 0.46, 0.85, 0.98]],
          ['steps', 'clean', [2, 0.25, 0.9, 1], [2, 0.4, 0.9, 1]],
          ['quiet', 'clean', [16, 0.17, 0.85, 1], [16, 0.4, 0.7, 1]],
          ['day', 'real', [3, 0.32, 0.85, 0.97], [2.5, 0.5, 0.85, 0.98]],
          ['quiet', 'real', [28, 0.25, 0.85, 0.97], [28, 0.6, 0.85, 0.98]],
        ] satisfies [...Trace, Limits, Limits][])
      : []),
  ])('are accurate on %s in the %s world', async (trace, world, ...limits) => {
    const both = await figures(trace, world);
    for (const [k, [error, relative, least, most]] of limits.entries()) {
      const one = both[k] as EstimateFigures;
      // Only the photos before the first tick have no estimate.
      expect(one.unknown / one.photos).toBeLessThan(0.005);
      expect(one.error).toBeLessThan(error);
      expect(one.relative).toBeLessThan(relative);
      expect(one.withinMost).toBeGreaterThan(least);
      expect(one.withinMost).toBeLessThanOrEqual(most);
    }
  });

  it('are as often too long as too short, over all traces of the real world', async () => {
    const traces = process.env.FULL ? ['viral', 'steps', 'day'] : ['viral'];
    const all = await Promise.all(traces.map((trace) => figures(trace, 'real')));
    const longer = mean(all.flat().map((one) => one.longer as number));
    expect(longer).toBeGreaterThan(0.42);
    expect(longer).toBeLessThan(0.6);
  });
});

it('hold in the first three minutes of a surge onto a fleet at zero, and so does the upper limit', async () => {
  const all: Record<'stored' | 'waiting', EstimateSamples[]> = { stored: [], waiting: [] };
  for (let seed = 1001; seed < 1001 + (process.env.FULL ? 160 : 6); seed++) {
    const { scenario, settings, isSampled } = surgeOf(seed, 'real', {});
    const { stored, waiting } = await estimatesIn(scenario, settings, undefined, isSampled);
    all.stored.push(stored);
    all.waiting.push(waiting);
  }
  for (const samples of Object.values(all)) {
    const { figures } = bySituation(samples).find(({ situation }) => situation === 'zero-surge')!;
    expect(figures.relative).toBeLessThan(0.6);
    expect(figures.withinMost).toBeGreaterThan(0.9);
  }
});
