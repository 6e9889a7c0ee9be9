/**
 * What the gateway tells of waits, held against what became of them: each photo is asked about when it is stored, and once
 * more at a random time of its wait, with the view that the scaler had published last by then.
 */
import type { View } from '../contract/view.ts';
import { estimateWait } from '../lambda/gateway/estimate.ts';
import type { PolicySettings } from '../contract/policy.ts';
import { percentile } from './measure.ts';
import { deployed } from './policies/deployed.ts';
import { draws } from './random.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './engine/simulate.ts';
import type { Run } from './engine/types.ts';

/** When a photo is asked about. */
export const ASKED = ['stored', 'waiting'] as const;
export type Asked = (typeof ASKED)[number];

/** One estimate of the seconds until a photo is done, and what they were. */
export interface Sample {
  seconds: number;
  secondsAtMost: number;
  actual: number;
  /** Photos that were stored before and not done: estimated, and counted. */
  ahead: number;
  actuallyAhead: number;
}

export interface EstimateSamples {
  samples: Sample[];
  /** Photos of which nothing could be told. */
  unknown: number;
}

export interface EstimateFigures {
  photos: number;
  unknown: number;
  /** Median of the errors without their sign: seconds, and in parts of the actual time. Null where nothing was told. */
  error: number | null;
  relative: number | null;
  /** Mean of the errors with their sign, seconds: above 0 where too long a time was told. */
  bias: number | null;
  /** Share that took longer than they were told; half, where nothing leans to either side. */
  longer: number | null;
  /** Share that took no longer than they were told at most. */
  withinMost: number | null;
  /** Mean error of the photos ahead, without its sign. */
  ahead: number | null;
}

/** How many of the jobs before one have ended: a Fenwick tree over the jobs in the order of their arrival. */
class CompletionCount {
  private readonly tree: Int32Array;

  constructor(jobs: number) {
    this.tree = new Int32Array(jobs + 1);
  }

  end(job: number): void {
    for (let k = job + 1; k < this.tree.length; k += k & -k) (this.tree[k] as number)++;
  }

  before(job: number): number {
    let sum = 0;
    for (let k = job; k > 0; k -= k & -k) sum += this.tree[k] as number;
    return sum;
  }
}

/**
 * Asks about every job of a run that was done.
 *
 * @param views in the order of their publication; each is there from its own time on
 * @param share of its wait after which each job is asked about
 */
export function sampleEstimates(
  { arrivals, ends }: Pick<Run, 'arrivals' | 'ends'>,
  views: View[],
  share: (job: number) => number,
): EstimateSamples {
  const arrival = (job: number) => arrivals[job] as number;
  const end = (job: number) => ends[job] as number;
  const jobs = Array.from(arrivals.keys()).filter((job) => !Number.isNaN(end(job)));
  const times = arrivals.map((at, job) => at + share(job) * (end(job) - at));
  const byEnd = jobs.toSorted((a, b) => end(a) - end(b));
  const ended = new CompletionCount(arrivals.length);
  const samples: Sample[] = [];
  let unknown = 0;
  let nextEnd = 0;
  let nextView = 0;
  for (const job of jobs.toSorted((a, b) => (times[a] as number) - (times[b] as number))) {
    const now = times[job] as number;
    for (; nextEnd < byEnd.length && end(byEnd[nextEnd] as number) <= now; nextEnd++) {
      ended.end(byEnd[nextEnd] as number);
    }
    while ((views[nextView]?.at ?? Infinity) <= now) nextView++;
    const { ahead, seconds, secondsAtMost } = estimateWait(
      views[nextView - 1],
      { storedAt: arrival(job) },
      now,
    );
    if (ahead === null || seconds === null || secondsAtMost === null) unknown++;
    else {
      const actuallyAhead = job - ended.before(job);
      samples.push({ ahead, seconds, secondsAtMost, actual: end(job) - now, actuallyAhead });
    }
  }
  return { samples, unknown };
}

/** The deployed scaler on a scenario, and what photos were told at either time. */
export async function estimatesIn(
  scenario: Scenario,
  settings: PolicySettings,
  progress?: (share: number) => void,
): Promise<Record<Asked, EstimateSamples>> {
  const { arrivals, horizon, world, seed } = scenario;
  const views: View[] = [];
  const controller = deployed(settings, world.tick, (view) => views.push(view));
  const run = await simulate({ arrivals, horizon, world, seed, controller, progress });
  return {
    stored: sampleEstimates(run, views, () => 0),
    waiting: sampleEstimates(run, views, draws(seed, 'polls')),
  };
}

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: number[]) => percentile(Float64Array.from(values).sort(), 0.5);

/** What all that was told comes to. */
export function figuresOf(told: EstimateSamples[]): EstimateFigures {
  const samples = told.flatMap((one) => one.samples);
  const unknown = told.reduce((sum, one) => sum + one.unknown, 0);
  const of = (figure: (values: number[]) => number, value: (sample: Sample) => number) =>
    samples.length === 0 ? null : Number(figure(samples.map(value)).toPrecision(12));
  const error = ({ seconds, actual }: Sample) => Math.abs(seconds - actual);
  return {
    photos: samples.length + unknown,
    unknown,
    error: of(median, error),
    relative: of(median, (sample) => error(sample) / sample.actual),
    bias: of(mean, ({ seconds, actual }) => seconds - actual),
    // What ends on the second was not late for the last digits of a sum.
    longer: of(mean, ({ seconds, actual }) => Number(actual > seconds + 1e-6)),
    withinMost: of(mean, ({ actual, secondsAtMost }) => Number(actual <= secondsAtMost)),
    ahead: of(mean, ({ ahead, actuallyAhead }) => Math.abs(ahead - actuallyAhead)),
  };
}
