/** What photos are told of their wait, against what became of it: how that is counted, and how good it has to be. */
import { describe, expect, it } from 'vitest';
import type { View } from '../../contract/view.ts';
import { figuresOf, sampleEstimates, estimatesIn, type EstimateFigures } from '../../sim/estimates.ts';
import { sloSettings } from '../../sim/policies/deployed.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { scenarios } from '../../sim/scenario.ts';

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

describe('each photo', () => {
  const arrivals = Float64Array.from([0, 40, 41, 42]);
  const ends = Float64Array.from([6, 46, NaN, 52]);
  const busy = view(41.5, { visible: 9, inFlight: 1 });

  it('is asked about with the view that was there, and never with a newer one', () => {
    const { samples, unknown } = sampleEstimates({ arrivals, ends }, [view(30), busy], () => 0);
    // Nothing had been published for the first one; the third was never done.
    expect(unknown).toBe(1);
    expect(samples.map(({ seconds, actual }) => [seconds, actual])).toEqual([
      [7.5, 6],
      [(10.5 - 1) * 6 + 6 - 0.5, 10],
    ]);
  });

  it('has those before it that came before and are not done', () => {
    const { samples } = sampleEstimates({ arrivals, ends }, [view(0)], () => 0);
    expect(samples.map(({ actuallyAhead }) => actuallyAhead)).toEqual([0, 0, 2]);
  });

  it('is asked at its own time of the wait', () => {
    const { samples } = sampleEstimates({ arrivals, ends }, [view(30)], (job) => job / 4);
    // At 41.5 s and at 49.5 s, when the second one is done and the third is not.
    expect(samples.map(({ actual }) => actual)).toEqual([4.5, 2.5]);
    expect(samples.map(({ actuallyAhead }) => actuallyAhead)).toEqual([0, 1]);
  });
});

it('the figures are medians, means and shares of all that was told', () => {
  const told = (seconds: number, actual: number, ahead = 0) => ({
    unknown: 1,
    samples: [{ seconds, secondsAtMost: 2 * seconds, actual, ahead, actuallyAhead: 1 }],
  });
  const all = [told(10, 8), told(10, 30, 5), told(6, 6, 1), told(4, 5, 1)];
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

describe('on traffic that is made here, the deployed scaler tells', () => {
  const made = async (trace: string, world: 'clean' | 'real') => {
    const scenario = (await scenarios({ trace, world, with: {} }))(1);
    const told = await estimatesIn(scenario, sloSettings(policyOf('slo', [], scenario.world).settings));
    return { stored: figuresOf([told.stored]), waiting: figuresOf([told.waiting]) };
  };
  const known = new Map<string, ReturnType<typeof made>>();
  const figures = (trace: string, world: 'clean' | 'real') => {
    const key = `${trace} ${world}`;
    const one = known.get(key) ?? made(trace, world);
    known.set(key, one);
    return one;
  };
  /** Median error in seconds and in parts, and the share within what was told at most: at least and at most. */
  type Bounds = [error: number, relative: number, least: number, most: number];

  // A little looser than docs/scaling-figures.md has them. Where nothing varies, a photo never takes longer than at most.
  it.each<[string, 'clean' | 'real', Bounds, Bounds]>([
    ['viral', 'clean', [2, 0.2, 0.9, 1], [2, 0.35, 0.9, 1]],
    ['steps', 'clean', [2, 0.25, 0.9, 1], [2, 0.4, 0.9, 1]],
    ['quiet', 'clean', [16, 0.17, 0.85, 1], [16, 0.4, 0.7, 1]],
    ['viral', 'real', [4.5, 0.12, 0.85, 0.95], [3.5, 0.25, 0.85, 0.97]],
    ['steps', 'real', [3, 0.28, 0.85, 0.97], [2.5, 0.46, 0.85, 0.98]],
    ['day', 'real', [3, 0.32, 0.85, 0.97], [2.5, 0.5, 0.85, 0.98]],
    ['quiet', 'real', [28, 0.25, 0.85, 0.97], [28, 0.6, 0.85, 0.98]],
  ])('%s, %s world', async (trace, world, stored, waiting) => {
    const { stored: atOnce, waiting: later } = await figures(trace, world);
    for (const [told, [error, relative, least, most]] of [
      [atOnce, stored],
      [later, waiting],
    ] as const) {
      // The first photos come before the first tick.
      expect(told.unknown / told.photos).toBeLessThan(0.005);
      expect(told.error).toBeLessThan(error);
      expect(told.relative).toBeLessThan(relative);
      expect(told.withinMost).toBeGreaterThan(least);
      expect(told.withinMost).toBeLessThanOrEqual(most);
    }
  });

  it('as often too long as too short, in the real world and all in all', async () => {
    const all = await Promise.all(['viral', 'steps', 'day'].map((trace) => figures(trace, 'real')));
    const longer = all.flatMap(({ stored, waiting }) => [stored.longer as number, waiting.longer as number]);
    const mean = longer.reduce((sum, share) => sum + share, 0) / longer.length;
    expect(mean).toBeGreaterThan(0.42);
    expect(mean).toBeLessThan(0.6);
  });
});
