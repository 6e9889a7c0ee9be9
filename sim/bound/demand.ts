/** The demand behind the bound: how busy a fleet without limits would be. */

/** Seconds between two changes of the fleet. A finer grid lowers the bound by up to 1 %. */
export const BUCKET = 30;
/** Steps within a bucket. */
export const STEPS = 6;

export interface Demand {
  buckets: number;
  /** Length of a step in each bucket, seconds; the last bucket ends with the billed time. */
  step: Float64Array;
  /** Busy slot-seconds of each step without a limit on the fleet. */
  busy: Float64Array;
  /** The same, integrated once more over its step. */
  busyTwice: Float64Array;
  /** Slot-seconds of all jobs. */
  work: number;
  jobs: number;
}

/** When a job that never waits is at work: from some seconds after its arrival on, for some seconds. */
export type Piece = [after: number, seconds: number];

/**
 * @param arrivals seconds, ascending
 * @param pieces of each job, in order
 * @param horizon billing covers at least the time until then, seconds
 */
export function demandOf(
  arrivals: Float64Array,
  pieces: (job: number) => readonly Piece[],
  horizon: number,
): Demand {
  let end = horizon;
  for (let job = 0; job < arrivals.length; job++) {
    for (const [after, seconds] of pieces(job))
      end = Math.max(end, (arrivals[job] as number) + after + seconds);
  }
  const buckets = Math.max(1, Math.ceil(end / BUCKET - 1e-9));
  const full = BUCKET / STEPS;
  const step = new Float64Array(buckets).fill(full);
  const lastStep = (end - (buckets - 1) * BUCKET) / STEPS;
  step[buckets - 1] = lastStep;
  const busy = new Float64Array(buckets * STEPS);
  const busyTwice = new Float64Array(buckets * STEPS);
  const lastFrom = (buckets - 1) * BUCKET;
  const indexOf = (at: number) =>
    at >= lastFrom
      ? (buckets - 1) * STEPS + Math.min(STEPS - 1, Math.floor((at - lastFrom) / lastStep))
      : Math.floor(at / full);
  const fromOf = (index: number) =>
    index >= (buckets - 1) * STEPS ? lastFrom + (index - (buckets - 1) * STEPS) * lastStep : index * full;
  let work = 0;
  const add = (from: number, to: number) => {
    work += to - from;
    for (let index = indexOf(from); index < busy.length; index++) {
      const begin = fromOf(index);
      const length = step[Math.floor(index / STEPS)] as number;
      const a = Math.max(0, from - begin);
      const b = Math.min(length, to - begin);
      if (b <= a) break;
      busy[index] = (busy[index] as number) + b - a;
      // Work from a to b counts in full at each later instant of the step.
      busyTwice[index] = (busyTwice[index] as number) + (b - a) * (length - (a + b) / 2);
    }
  };
  for (let job = 0; job < arrivals.length; job++) {
    const arrival = arrivals[job] as number;
    for (const [after, seconds] of pieces(job)) add(arrival + after, arrival + after + seconds);
  }
  return { buckets, step, busy, busyTwice, work, jobs: arrivals.length };
}
