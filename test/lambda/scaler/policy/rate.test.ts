/** The arrival rate: levels, bursts, and what they predict. */
import { describe, expect, it } from 'vitest';
import { logGamma, observeArrivals } from '../../../../lambda/scaler/policy/changepoint.ts';
import {
  emptyRate,
  levelOf,
  photosWithin,
  rateAhead,
  type RateMemory,
} from '../../../../lambda/scaler/policy/rate.ts';

/** 0.5 + 100 photos in 0.5 / mean + 95 s of one level. */
const level = (more: Partial<RateMemory> = {}): RateMemory => ({
  ...emptyRate(),
  levels: [{ weight: 1, photos: 100, seconds: 95 }],
  mean: 0.1,
  observed: 3600,
  ...more,
});
/** `photos` in each tick of 30 s. */
const ticks = (counts: number[], memory = emptyRate()) =>
  counts.reduce((before, photos) => observeArrivals(before, photos, 30), memory);
const steady = (photos: number, count: number, memory?: RateMemory) =>
  ticks(
    Array.from({ length: count }, () => photos),
    memory,
  );

it.each([
  [0.5, Math.log(Math.sqrt(Math.PI))],
  [1, 0],
  [5, Math.log(24)],
  [7, Math.log(720)],
  [11, Math.log(3_628_800)],
  [0.001, 6.907_178_885_383_853],
  [1000, 5905.220_423_209_181],
])('log gamma of %d is %d', (x, expected) => {
  expect(logGamma(x)).toBeCloseTo(expected, 6);
});

describe('the level', () => {
  it('is that of the prior and the photos since', () => {
    // (0.5 + 100) / (0.5 / 0.1 + 95).
    expect(levelOf(level())).toBeCloseTo(1.005, 9);
  });

  it('is weighted over the hypotheses, with a prior of at least one photo in 300 s', () => {
    const levels = [
      { weight: 0.25, photos: 9.5, seconds: 50 },
      { weight: 0.75, photos: 1.5, seconds: 50 },
    ];
    // 0.25 x 10 / 200 + 0.75 x 2 / 200, with 0.5 x 300 = 150 s.
    expect(levelOf(level({ levels, mean: 0 }))).toBeCloseTo(0.02, 9);
  });

  it('is 0 before the first tick', () => expect(levelOf(emptyRate())).toBe(0));
});

describe('ahead', () => {
  // One end in 600 s, of the first guess, which weighs 0.3 bursts; 0.905 above the mean of 0.1.
  it.each([
    ['a burst fades to the mean', level(), 600, 0.1 + 0.905 * Math.exp(-1)],
    ['as fast as earlier ones ended', level({ ended: 2.7, watched: 420 }), 100, 0.1 + 0.905 * Math.exp(-0.5)],
    ['a level below the mean stays', level({ mean: 2 }), 600, 100.5 / 95.25],
  ])('%s', (_name, memory, seconds, rate) => expect(rateAhead(memory, seconds)).toBeCloseTo(rate, 9));

  it.each([
    ['of a burst', level(), 600, 0.1 * 600 + 0.905 * 600 * (1 - Math.exp(-1))],
    ['of a short burst', level({ ended: 2.7, watched: 420 }), 100, 10 + 0.905 * 200 * (1 - Math.exp(-0.5))],
    ['of a level', level({ mean: 2 }), 600, (100.5 / 95.25) * 600],
  ])('photos %s', (_name, memory, seconds, photos) =>
    expect(photosWithin(memory, seconds)).toBeCloseTo(photos, 9),
  );
});

describe('after a tick', () => {
  it('the first hypothesis has all the weight, and the mean is its rate', () => {
    expect(observeArrivals(emptyRate(), 15, 30)).toEqual({
      levels: [{ weight: 1, photos: 15, seconds: 30 }],
      mean: 0.5,
      observed: 30,
      ended: 0,
      watched: 0,
      burst: 0,
      dispersion: 1,
      dispersionNext: 1,
    });
  });

  it('a change weighs 1 - e^(-30/1200) times how well it predicts, and each level sums up its photos', () => {
    const after = ticks([3, 3], emptyRate());
    // Negative binomials of 3 photos in 30 s with the prior 0.5 in 5 s, and after 3 photos in 30 s.
    const fresh = 0.5 * 1.5 * 2.5 * Math.sqrt(5 / 35) * (30 / 35) ** 3;
    const same = 3.5 * 4.5 * 5.5 * (35 / 65) ** 3.5 * (30 / 65) ** 3;
    const change = 1 - Math.exp(-0.025);
    const weight = (fresh * change) / (fresh * change + same * (1 - change));
    expect(after.levels).toMatchObject([
      { photos: 3, seconds: 30 },
      { photos: 6, seconds: 60 },
    ]);
    expect(after.levels[0]?.weight).toBeCloseTo(weight, 6);
    expect(after.levels[1]?.weight).toBeCloseTo(1 - weight, 6);
  });

  it('the long-run mean looks back over what was observed, half an hour at most', () => {
    const early = ticks([30, 0]);
    expect(early.mean).toBeCloseTo(1 + (1 - Math.exp(-30 / 60)) * (0 - 1), 9);
    const late = observeArrivals({ ...level({ mean: 1 }), observed: 36_000 }, 0, 30);
    expect(late.mean).toBeCloseTo(Math.exp(-30 / 1800), 9);
    expect(late.observed).toBe(36_030);
  });

  it('a jump is believed within a tick, and one photo more is not', () => {
    const calm = steady(3, 60);
    expect(levelOf(observeArrivals(calm, 60, 30))).toBeGreaterThan(1.5);
    expect(levelOf(observeArrivals(calm, 5, 30))).toBeLessThan(0.12);
  });

  it('keeps 24 hypotheses, which reach back as far at any tick, and whose weights add up to 1', () => {
    const memory = steady(3, 100);
    expect(memory.levels).toHaveLength(24);
    expect(memory.levels.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(memory.levels[0]).toMatchObject({ photos: 3, seconds: 30 });
    // Merged ones have the rate of both.
    expect(memory.levels[23]?.seconds).toBeGreaterThan(2900);
    for (const { photos, seconds } of memory.levels) expect(photos / seconds).toBeCloseTo(0.1, 9);
    const ages = memory.levels.map(({ seconds }) => seconds);
    expect(ages).toEqual(ages.toSorted((a, b) => a - b));
    // Close ages are merged first: none is twice the one before, but the first few.
    const ratios = ages.slice(3).map((age, k) => age / (ages[k + 2] as number));
    expect(Math.max(...ratios)).toBeLessThan(2);
  });

  it('merges two of no weight in the middle', () => {
    const weightless = Array.from({ length: 24 }, (_, k) => ({
      weight: k === 0 ? 1 : 0,
      photos: 10 * k,
      seconds: 100 * k,
    }));
    const { levels } = observeArrivals(level({ levels: weightless }), 0, 30);
    expect(levels).toHaveLength(24);
    // Of 2,230 and 2,330 s: the last two of the closest ratio.
    expect(levels.at(-1)).toEqual({ weight: 0, photos: 225, seconds: 2280 });
  });

  it('counts far beyond any hypothesis leave finite weights', () => {
    const { levels } = observeArrivals(steady(0, 50), 1e6, 30);
    expect(levels[0]?.weight).toBeCloseTo(1, 9);
    expect(levels.every(({ weight }) => Number.isFinite(weight))).toBe(true);
  });
});

describe('a burst', () => {
  const calm = steady(3, 60);

  it('begins above 1.3 times the mean and two deviations, and ends half-way down', () => {
    expect(calm.burst).toBe(0);
    const burst = observeArrivals(calm, 60, 30);
    expect(burst.burst).toBeCloseTo((levelOf(burst) + burst.mean) / 2, 9);
    expect(burst).toMatchObject({ ended: 0, watched: 0 });
  });

  it.each([
    // Mean 1 photo/s: two deviations in 30 s are 2 x sqrt(1 / 30) = 0.365; 1.3 is less than that.
    ['just above both', 1, 1.38, 30, true],
    ['above the factor alone', 1, 1.34, 30, false],
    ['above the factor alone in long ticks', 1, 1.34, 300, false],
    // Mean 10: two deviations are 1.15.
    ['above the deviations alone', 10, 12.5, 30, false],
    ['above both at a high rate', 10, 13.5, 30, true],
  ])('is one %s', (_name, mean, rate, seconds, isBurst) => {
    // Of one level, long observed, that rises a little, with a mean that hardly moves.
    const memory = level({
      levels: [{ weight: 1, photos: rate * 1e4 - 100, seconds: 1e4 }],
      mean,
      observed: 1e9,
    });
    const slow = {
      ...memory,
      mean: (mean - (1 - Math.exp(-seconds / 1800)) * rate) / Math.exp(-seconds / 1800),
    };
    expect(observeArrivals(slow, rate * seconds, seconds).burst > 0).toBe(isBurst);
  });

  it('adds its seconds while it lasts, and one to the count of bursts when it is over', () => {
    const bursting = { ...observeArrivals(calm, 60, 30), ended: 2, watched: 900 };
    const kept = Math.exp(-30 / 3000);
    const lasting = observeArrivals(bursting, 60, 30);
    expect(lasting.ended).toBeCloseTo(2 * kept, 9);
    expect(lasting.watched).toBeCloseTo(900 * kept + 30, 9);
    const over = observeArrivals(bursting, 3, 30);
    expect(over.ended).toBeCloseTo(2 * kept + 1, 9);
    expect(over.watched).toBeCloseTo(900 * kept + 30, 9);
  });

  it('is over at exactly half-way', () => {
    const after = levelOf(observeArrivals(calm, 16, 30));
    expect(observeArrivals({ ...calm, burst: after }, 16, 30).ended).toBe(1);
    expect(observeArrivals({ ...calm, burst: after - 1e-9 }, 16, 30).ended).toBe(0);
  });

  it('half-way is from its peak, however slowly it fades', () => {
    const peak = ticks([60, 60, 60], calm);
    const less = ticks([45, 45], peak);
    expect(levelOf(less)).toBeLessThan(levelOf(peak));
    expect(less.burst).toBe(peak.burst);
  });

  it('lasts as long for short ticks as for long ones', () => {
    const bursting = (seconds: number) => {
      let memory = emptyRate();
      // An hour at 0.2 photos/s, then five bursts of 5 minutes at 2, each with half an hour after it.
      const during = (length: number, rate: number) => {
        for (let at = seconds; at <= length; at += seconds) {
          const photos = Math.floor(rate * at) - Math.floor(rate * (at - seconds));
          memory = observeArrivals(memory, photos, seconds);
        }
      };
      during(3600, 0.2);
      for (let k = 0; k < 5; k++) {
        during(300, 2);
        during(1800, 0.2);
      }
      return memory;
    };
    const [short, long] = [bursting(5), bursting(30)];
    expect(short.watched / long.watched).toBeCloseTo(1, 1);
    expect(short.ended / long.ended).toBeCloseTo(1, 1);
  });

  it('changes no count while there is none', () => {
    expect(observeArrivals({ ...calm, ended: 2, watched: 900 }, 3, 30)).toMatchObject({
      ended: 2,
      watched: 900,
    });
  });
});

describe('the dispersion', () => {
  /** After counts of each 30 s. @param from the dispersion before */
  const after = (counts: number[], from = 1) =>
    ticks(counts, { ...emptyRate(), dispersion: from }).dispersionNext ?? 0;
  const random = (() => {
    let state = 7;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  })();
  /** Poisson counts of this mean. */
  const poisson = (mean: number) => {
    let count = -1;
    for (let product = 1; product > Math.exp(-mean); product *= random()) count++;
    return count;
  };
  const counts = (length: number, batch: number) => Array.from({ length }, () => batch * poisson(10));

  it('of photos that come one by one is 1, and returns to it', () => {
    expect(after(counts(200, 1))).toBeLessThan(1.6);
    expect(after(counts(100, 1), 20)).toBeLessThan(1.6);
  });

  it('of batches of twenty approaches their number', () => {
    const found = after(counts(300, 20));
    expect(found).toBeGreaterThan(5);
    expect(found).toBeLessThan(30);
  });

  it('moves by one step at a change of the rate', () => {
    expect(after([...Array<number>(50).fill(20), 200])).toBeCloseTo(Math.exp(0.06), 9);
  });

  it('keeps a batch from being taken for a new level', () => {
    const rate = (dispersion: number) =>
      levelOf(ticks([...Array<number>(40).fill(20), 60], { ...emptyRate(), dispersion }));
    // 40 photos more are a surge where they come one by one, and two batches of twenty.
    expect(rate(1)).toBeGreaterThan(1.8);
    // It fades in the forty ticks of equal counts, by 0.06 each.
    expect(rate(20 * Math.exp(2.4))).toBeLessThan(1);
  });
});

it('one photo in the first second is no rate of one a second', () => {
  expect(observeArrivals(emptyRate(), 1, 1).mean).toBeCloseTo(1 / 30, 9);
});
