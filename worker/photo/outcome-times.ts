/** How long a photo waited and was worked on, as its outcome has it. */
import type { OutcomeTimes } from '../../contract/outcome-metadata.ts';
import type { PhotoMeasurements } from './pipeline.ts';

/** Milliseconds are enough; a sum of two rounded figures is not round itself. */
const rounded = (value: number) => Math.round(1000 * value) / 1000;

/** @param figures those of the attempt so far */
export function timesOf({ waitSeconds, comfySeconds, finishSeconds }: PhotoMeasurements = {}): OutcomeTimes {
  return {
    waitedSeconds: waitSeconds,
    workedSeconds:
      comfySeconds === undefined || finishSeconds === undefined
        ? undefined
        : rounded(comfySeconds + finishSeconds),
  };
}
