/** How many photos are ahead of a photo, from the scaler's view. The queue is taken as first in, first out. */
import type { View } from '../../contract/view.ts';

/** How old the counts of a tick may be, seconds: each as likely, ... */
const COUNT_DELAYS = [0, 5, 10];
/** ... so that on average it is this, ... */
export const MEAN_DELAY = 5;
/** ... and at most. */
export const MOST_DELAY = 10;
/** Photos ahead among those between an empty queue and the next sample: this part, this part by time, and at most that part. */
const PLACE_LEAST = 0.25;
const PLACE_BY_TIME = 0.5;
export const PLACE_MOST = 0.9;

/** Photos that have arrived by a time, counted from an unknown start. */
export interface ArrivalSample {
  at: number;
  arrived: number;
  /** Of those, not completed then. */
  backlog: number;
}

/** Photos ahead of one: as expected, and at most in nine of ten cases. */
export interface Position {
  ahead: number;
  most: number;
}

/**
 * Arrived = waiting or in flight + completed. Samples without a completed count are skipped, except in a fleet that has no
 * instance and never had one that reports: there nothing is completed.
 */
export function arrivalSamples({ history, inService }: View): ArrivalSample[] {
  const isFirstWake = inService === 0 && history.every(({ completed }) => completed === null);
  return history.flatMap(({ at, backlog, completed }) =>
    completed === null && !isFirstWake ? [] : [{ at, arrived: backlog + (completed ?? 0), backlog }],
  );
}

/**
 * Quantile of the arrival rate, weighted by time.
 *
 * @param quantile 0 to 1
 * @returns photos per second
 */
export function arrivalRateQuantile(samples: ArrivalSample[], quantile: number): number {
  const intervals = samples.slice(1).map((sample, k) => {
    const before = samples[k] as ArrivalSample;
    const seconds = sample.at - before.at;
    return { seconds, rate: (sample.arrived - before.arrived) / seconds };
  });
  let left = quantile * intervals.reduce((sum, { seconds }) => sum + seconds, 0);
  intervals.sort((a, b) => a.rate - b.rate);
  return intervals.find(({ seconds }) => (left -= seconds) <= 0)?.rate ?? 0;
}

/**
 * Photos that arrived before one that arrived at a time, interpolated between samples.
 *
 * More photos between an empty queue and the next sample than the fleet works off may have come all at once: a photo's place among them is then only
 * half known. A photo that an empty queue should have had came after it: counts are late.
 *
 * @param worksOff photos/s of the fleet
 */
function arrivedBefore(samples: ArrivalSample[], at: number, rate: number, worksOff: number): Position {
  const exactly = (arrived: number) => ({ ahead: arrived, most: arrived });
  const emptyUntil = samples.findLastIndex((sample) => sample.backlog === 0 && sample.at >= at);
  const next = emptyUntil >= 0 ? emptyUntil + 1 : samples.findIndex((sample) => sample.at >= at);
  const after = samples[next];
  const before = samples[after ? next - 1 : samples.length - 1];
  if (!after) return exactly(before ? before.arrived + rate * (at - before.at) : 0);
  // The next sample includes the photo itself.
  if (!before) return exactly(after.arrived - 1 - rate * (after.at - at));
  const others = Math.max(0, after.arrived - before.arrived - 1);
  const share = Math.max(0, at - before.at) / (after.at - before.at);
  const isSurge = before.backlog === 0 && others > worksOff * (after.at - before.at);
  if (!isSurge) return exactly(before.arrived + others * share);
  return {
    ahead: before.arrived + others * (PLACE_LEAST + PLACE_BY_TIME * share),
    most: before.arrived + others * (PLACE_MOST + (1 - PLACE_MOST) * share),
  };
}

/**
 * Photos ahead of one that joins the queue at a time. If that is before the view: the photos ahead that the view still
 * counts. Otherwise: the photos of the view and those that arrived since, without what has been completed since.
 *
 * @param joinsAt epoch seconds
 */
export function photosAhead(view: View, samples: ArrivalSample[], joinsAt: number): Position {
  const { at, visible, inFlight, inService, history, serviceSeconds } = view;
  const backlog = visible + inFlight;
  const rate = view.arrivalsPerSecond ?? 0;
  const exactly = (count: number) => ({ ahead: count, most: count });
  if (joinsAt > at) return exactly(backlog + rate * (joinsAt - at));
  const clamp = (count: number) => Math.max(0, Math.min(count, backlog - 1));
  const last = samples.at(-1);
  if (last) {
    const arrived = last.arrived + rate * (at - last.at);
    const worksOff = serviceSeconds === null ? 0 : inService / serviceSeconds;
    // A steady rate is counted as late before the photo as after it. A surge, which a fleet at zero waits with, is not.
    const delays = inService === 0 ? COUNT_DELAYS : COUNT_DELAYS.slice(0, 1);
    const ahead =
      delays.reduce((sum, delay) => sum + arrivedBefore(samples, joinsAt + delay, rate, worksOff).ahead, 0) /
      delays.length;
    const { most } = arrivedBefore(samples, joinsAt + MOST_DELAY, rate, worksOff);
    return { ahead: clamp(backlog - (arrived - ahead)), most: clamp(backlog - (arrived - most)) };
  }
  // Without completed counts, the fleet is taken to have worked all the time.
  const sample = history.findLast((one) => one.at <= joinsAt) ?? history[0];
  if (!sample) return exactly(clamp(backlog));
  const completed = serviceSeconds === null ? 0 : (inService * (at - sample.at)) / serviceSeconds;
  return exactly(clamp(sample.backlog + rate * (joinsAt - sample.at) - completed));
}
