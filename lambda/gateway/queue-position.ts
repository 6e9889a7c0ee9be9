/** How many photos are ahead of a photo, from the scaler's view. The queue is taken as first in, first out. */
import type { View } from '../../contract/view.ts';

/** Photos that have arrived by a time, counted from an unknown start. */
interface ArrivalSample {
  at: number;
  arrived: number;
}

/** Arrived = waiting or in flight + completed. Samples without a completed count are skipped. */
export const arrivalSamples = ({ history }: View): ArrivalSample[] =>
  history.flatMap(({ at, backlog, completed }) =>
    completed === null ? [] : [{ at, arrived: backlog + completed }],
  );

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

/** Photos that arrived before one that arrived at a time, interpolated between samples. */
function arrivedBefore(samples: ArrivalSample[], at: number, rate: number): number {
  const next = samples.findIndex((sample) => sample.at >= at);
  const after = samples[next];
  const before = samples[after ? next - 1 : samples.length - 1];
  if (!after) return before ? before.arrived + rate * (at - before.at) : 0;
  // The next sample includes the photo itself.
  if (!before) return after.arrived - 1 - rate * (after.at - at);
  const others = Math.max(0, after.arrived - before.arrived - 1);
  return before.arrived + (others * (at - before.at)) / (after.at - before.at);
}

/**
 * Photos ahead of one that joins the queue at a time. If that is before the view: the photos ahead that the view still
 * counts. Otherwise: the photos of the view and those that arrived since, without what has been completed since.
 *
 * @param joinsAt epoch seconds
 */
export function photosAhead(view: View, samples: ArrivalSample[], joinsAt: number): number {
  const { at, visible, inFlight, inService, history, serviceSeconds } = view;
  const backlog = visible + inFlight;
  const rate = view.arrivalsPerSecond ?? 0;
  if (joinsAt > at) return backlog + rate * (joinsAt - at);
  const clamp = (count: number) => Math.max(0, Math.min(count, backlog - 1));
  const last = samples.at(-1);
  if (last) {
    const arrived = last.arrived + rate * (at - last.at);
    const behind = arrived - arrivedBefore(samples, joinsAt, rate);
    return clamp(backlog - behind);
  }
  // Without completed counts, the fleet is taken to have worked all the time.
  const sample = history.findLast((one) => one.at <= joinsAt) ?? history[0];
  if (!sample) return clamp(backlog);
  const completed = serviceSeconds === null ? 0 : (inService * (at - sample.at)) / serviceSeconds;
  return clamp(sample.backlog + rate * (joinsAt - sample.at) - completed);
}
