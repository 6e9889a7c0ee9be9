/** Sequences of hostile counters through the real tick, as many as asked for. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BOOT, play, TICK, watch, type Trace } from './fleet-with-liar.ts';
import { FROM, impossibleLies, mostAround, plausibleLies, scenes, SETTLED, TICKS, UNTIL } from './lies.ts';

const BOOT_TICKS = BOOT / TICK + 1;
const HOURS = 3_600_000;
/** Twice what honest counts and one boot allow. */
const doubled = (honest: number): number => 2 * (honest + 1);
/** Ten minutes, and the tick that begins them. */
const SETTLE_TICKS = SETTLED - UNTIL;

const ticksFrom = (first: number) => Array.from({ length: TICKS - first }, (_, k) => first + k);

/** Saved at every tick, and the day's spending never smaller than before. */
function expectSaved({ problems, spent }: Trace): void {
  expect(problems).toEqual([]);
  for (let k = 1; k < spent.length; k++) expect(spent[k]).toBeGreaterThanOrEqual(spent[k - 1] as number);
}

/** @param sequences of each kind */
export function hostileCounters(sequences: number): void {
  const options = { seed: 20, numRuns: sequences };

  it(
    `impossible counters do no more than none at all (${sequences} sequences)`,
    { timeout: 6 * HOURS },
    async () => {
      const check = fc.asyncProperty(scenes, impossibleLies, async (scene, lie) => {
        const [deceived, without, honest] = await Promise.all([
          play(scene, lie),
          play(scene, () => undefined),
          play(scene),
        ]);
        expectSaved(deceived);
        for (const k of ticksFrom(FROM)) {
          const allowed = Math.max(
            mostAround(honest.desired, k, BOOT_TICKS),
            mostAround(without.desired, k, BOOT_TICKS),
          );
          expect(deceived.desired[k]).toBeLessThanOrEqual(allowed + 1);
        }
      });
      await fc.assert(check, options);
    },
  );

  it(
    `one plausible liar among three no more than doubles the fleet (${sequences} sequences)`,
    { timeout: 6 * HOURS },
    async () => {
      let [settled, different] = [0, 0];
      const check = fc.asyncProperty(scenes, plausibleLies, async (scene, lie) => {
        const [deceived, honest, watched] = await Promise.all([
          play(scene, lie),
          play(scene),
          watch(scene, lie),
        ]);
        expectSaved(deceived);
        // What was claimed with nothing to compare it with lingers for ten minutes.
        const least = (values: number[], k: number) =>
          Math.min(...values.slice(Math.max(0, k - SETTLE_TICKS), k + 1));
        const among = ({ inService }: Pick<Trace, 'inService'>, k: number) => least(inService, k) >= 3;
        for (const k of ticksFrom(FROM)) {
          if (among(deceived, k))
            expect(deceived.desired[k]).toBeLessThanOrEqual(
              doubled(mostAround(honest.desired, k, BOOT_TICKS)),
            );
          if (among(watched, k))
            expect(watched.deceived[k]).toBeLessThanOrEqual(
              doubled(mostAround(watched.honest, k, BOOT_TICKS)),
            );
        }
        // The same queue and fleet, ten minutes after it is gone.
        for (const k of ticksFrom(SETTLED)) {
          if (least(watched.inService, k) < 3) continue;
          const difference = Math.abs((watched.deceived[k] as number) - (watched.honest[k] as number));
          settled++;
          if (difference > 0) different++;
          expect(difference).toBeLessThanOrEqual(1);
        }
      });
      await fc.assert(check, options);
      // Where the need is close to a whole number, a remainder in an estimate rounds it to the next one.
      expect(different / settled).toBeLessThan(0.05);
      console.log(
        `${different} of ${settled} decisions differ by one instance ten minutes after the liar is gone`,
      );
    },
  );
}
