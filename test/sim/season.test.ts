/** Comparing forecasts: the figures of the second week, and the policy that follows the LSTM's forecast. */
import { describe, expect, it } from 'vitest';
import { countsOf, lstmForecasts, lstmPolicy } from '../../sim/learned/lstm.ts';
import { sloSettings } from '../../sim/policies/deployed.ts';
import { policyOf } from '../../sim/policies/index.ts';
import { secondWeek } from '../../sim/season.ts';
import { worldOf } from '../../sim/world.ts';
import { simulate } from '../../sim/engine/simulate.ts';
import type { Run } from '../../sim/engine/types.ts';

const DAY = 86_400;
const HOUR = 3600;
const world = worldOf('clean', { boot: 90, service: 6, tick: 30 });
const settings = sloSettings(policyOf('slo', [], world).settings);

describe('the second week', () => {
  it('has the waits of weekday mornings and of all its jobs, and its billed hours', () => {
    const arrivals = [8 * HOUR, 7 * DAY + 9 * HOUR, 8 * DAY + 9 * HOUR + 899, 8 * DAY + 10 * HOUR];
    const weekend = 12 * DAY + 9 * HOUR;
    const run = {
      arrivals: Float64Array.from([...arrivals, weekend]),
      starts: Float64Array.from([...arrivals, weekend].map((at, job) => at + [1000, 10, 20, 60, 110][job]!)),
      instances: [
        { requested: 0, stopped: HOUR },
        { requested: 7 * DAY - HOUR, stopped: 7 * DAY + HOUR },
        { requested: 8 * DAY, stopped: 8 * DAY + 2 * HOUR },
      ],
      end: 14 * DAY,
    } as unknown as Run;
    expect(secondWeek(run, { world })).toEqual({ atNine: 15, wait: 50, gpuHours: 3 });
  });
});

describe('a forecast of the LSTM', () => {
  it('is followed a boot and a tick ahead, from a given time on', async () => {
    // Twelve buckets of five minutes; the forecasts have 270 photos in the tenth.
    const forecasts = Array.from({ length: 12 }, (_, k) => [k + 1 === 9 ? 270 : 0, k + 2 === 9 ? 270 : 0]);
    const desired = async (from: number) => {
      const controller = lstmPolicy(settings, forecasts, { from, lead: 120, tick: world.tick });
      const arrivals = Float64Array.from([100, 3300]);
      const run = await simulate({
        arrivals,
        horizon: HOUR,
        world,
        seed: 1,
        controller,
        keepDecisions: true,
      });
      return (at: number) => run.decisions.find((one) => one.at === at)?.after;
    };
    const followed = await desired(0);
    expect([2550, 2580, 2700, 2970].map(followed)).toEqual([1, 6, 6, 6]);
    const ignored = await desired(3000);
    expect([2550, 2580, 2700, 2970].map(ignored)).toEqual([1, 1, 1, 1]);
  });

  it('is made from counts in buckets of five minutes', () => {
    expect(countsOf(Float64Array.from([0, 299, 300, 899, 900]), 900)).toEqual([2, 1, 1]);
  });

  it('fails with the error output of the interpreter', async () => {
    const learn = (python: string) => lstmForecasts(python, [1, 2], 1, 1, () => {});
    await expect(learn('no-such-python')).rejects.toThrow(/no-such-python could not train.*ENOENT/);
    await expect(learn(process.execPath)).rejects.toThrow(
      /could not train.*SyntaxError|ERR_UNKNOWN_FILE_EXTENSION/s,
    );
  });
});
