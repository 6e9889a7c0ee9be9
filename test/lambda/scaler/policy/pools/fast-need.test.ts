/** What stopped instances change in the rule: one tick each, after an hour of a photo every ten seconds. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../../../../lambda/scaler/policy/decide.ts';
import type { Observation } from '../../../../../lambda/scaler/policy/observation.ts';
import { medianLevel } from '../../../../../lambda/scaler/policy/rate.ts';
import { drive, NOW, seen, slo, TICK } from '../../support/observations.ts';

const quiet = Array.from({ length: 120 }, (_, k) => ({
  ...{ inFlight: 1, inService: 1, desired: 1 },
  reported: { completed: 3 * k, busySeconds: 18 * k },
}));
const { memory } = drive(quiet).at(-1)!;
const LAST = NOW + (quiet.length - 1) * TICK;
const fastTier = { stopped: 20, resuming: 0, resumeSeconds: 50 };
const tick = (more: Partial<Observation>, seconds = 20) =>
  decide(
    seen({
      ...{ at: LAST + seconds, visible: 17, inFlight: 1, inService: 1, desired: 1, max: 24 },
      reported: { completed: 3 * 119 + 2, busySeconds: 18 * 119 + 12 },
      coldBootSeconds: 165,
      ...more,
    }),
    memory,
    slo,
  );
const calm = { at: LAST + 15, visible: 1, inFlight: 1 };

describe('with stopped instances', () => {
  it('a burst that a poll has found is as large as what came since the poll before', () => {
    const [without, whole, since] = [{}, { fastTier }, { fastTier, polled: calm }].map((more) => tick(more));
    expect(since!.calculation!.rate).toBeGreaterThan(1.5 * whole!.calculation!.rate);
    expect(since!.desired).toBeGreaterThan(1.5 * whole!.desired);
    expect(tick({ polled: calm }).desired).toBe(without!.desired);
  });

  it('no poll of another time between two ticks counts', () => {
    const whole = tick({ fastTier }).desired;
    for (const at of [LAST - 5, LAST, LAST + 20, LAST + 25])
      expect(tick({ fastTier, polled: { ...calm, at } }).desired).toBe(whole);
  });

  it('photos that wait when they would be in service make a burst, even where a boot would come too late', () => {
    const more = { visible: 10, inService: 4, desired: 4 };
    expect(tick(more).calculation!.queuedThen).toBe(0);
    const { desired, calculation } = tick({ ...more, fastTier });
    expect(calculation!.queuedThen).toBeGreaterThan(0);
    expect(desired).toBeGreaterThanOrEqual(tick(more).desired);
  });

  it('the need for them ends with what can resume', () => {
    const need = (stopped: number) => tick({ fastTier: { ...fastTier, stopped }, polled: calm, visible: 60 });
    const [none, one, all] = [0, 1, 20].map((stopped) => need(stopped).desired);
    expect(one).toBeGreaterThanOrEqual(none!);
    expect(all).toBeGreaterThanOrEqual(one!);
    expect(all).toBeLessThanOrEqual(24);
  });

  it('those that resume are counted on after their own time, not after a boot', () => {
    const launched = {
      ...memory,
      slo: { ...memory.slo!, capacity: { ...memory.slo!.capacity, launches: [] } },
    };
    const of = (resuming: number) =>
      decide(
        seen({
          ...{ at: LAST + 20, visible: 100, inFlight: 1, inService: 1, desired: 11, pending: 10, max: 24 },
          ...{ coldBootSeconds: 165, fastTier: { stopped: 0, resuming, resumeSeconds: 50 } },
        }),
        launched,
        slo,
      ).calculation!.queuedThen;
    // Ten for a boot without half a resume.
    expect(of(0) - of(10)).toBeCloseTo((10 * (165 - 25)) / 6, 0);
  });
});

it('the median of the level is no less than its mean', () => {
  const level = { ended: 0, watched: 0, burst: 0, mean: 1, observed: 3600, dispersion: 1 };
  const hypotheses = (weights: number[]) => ({
    ...level,
    levels: weights.map((weight, k) => ({ weight, photos: 1000 * (k + 1), seconds: 1000 })),
  });
  expect(medianLevel(hypotheses([0.2, 0.2, 0.6]))).toBeCloseTo(3, 1);
  expect(medianLevel(hypotheses([0.6, 0.1, 0.3]))).toBeCloseTo(1.7, 1);
  expect(medianLevel({ ...level, levels: [] })).toBe(0);
});
