/**
 * Accuracy of the gateway's wait estimate: each photo's wait is estimated when it is stored, and once more at a random
 * time of its wait, from the latest view that the scaler had published by then.
 */
import type { View } from '../contract/view.ts';
import {
  ITEM_SECONDS,
  itemOf,
  SLOT_SECONDS,
  slotOf,
  slotsBefore,
  type Slot,
} from '../lambda/gateway/announced.ts';
import { estimateWait, needsAnnounced } from '../lambda/gateway/estimate.ts';
import type { PolicySettings } from '../contract/policy.ts';
import { mean, percentile } from './measure.ts';
import { deployed } from './policies/deployed.ts';
import { draws } from './random.ts';
import type { Scenario } from './scenario.ts';
import { SITUATION_NAMES, situationsOf, type Situation } from './situations.ts';
import { simulate } from './engine/simulate.ts';
import type { Run } from './engine/types.ts';

/** When a wait is estimated. */
export const ESTIMATE_TIMES = ['stored', 'waiting'] as const;
export type EstimateTime = (typeof ESTIMATE_TIMES)[number];

/** One estimate of the seconds until a photo is done, and the actual value. */
export interface Sample {
  situation: Situation;
  seconds: number;
  secondsAtMost: number;
  actual: number;
  /** Earlier photos that are not done: estimated, and actual. */
  ahead: number;
  actuallyAhead: number;
}

export interface EstimateSamples {
  samples: Sample[];
  /** Photos without an estimate. */
  unknown: number;
}

export interface EstimateFigures {
  photos: number;
  unknown: number;
  /** Median absolute error, in seconds and relative to the actual time. Null without estimates. */
  error: number | null;
  relative: number | null;
  /** Mean signed error, seconds: above 0 when estimates are too long. */
  bias: number | null;
  /** Share that took longer than estimated; 0.5 without bias. */
  longer: number | null;
  /** Share that took no longer than the upper limit. */
  withinMost: number | null;
  /** Mean absolute error of the photos ahead. */
  ahead: number | null;
}

/** Counts the completed jobs before a given one: a Fenwick tree over the jobs in order of arrival. */
class CompletionCount {
  private readonly tree: Int32Array;

  constructor(jobs: number) {
    this.tree = new Int32Array(jobs + 1);
  }

  add(job: number): void {
    for (let k = job + 1; k < this.tree.length; k += k & -k) (this.tree[k] as number)++;
  }

  before(job: number): number {
    let sum = 0;
    for (let k = job; k > 0; k -= k & -k) sum += this.tree[k] as number;
    return sum;
  }
}

/** What the API has announced up to a job, when it is asked: every photo is announced when it arrives. */
function announcedBefore(arrivals: Float64Array, job: number, now: number): Slot[] {
  const createdAt = arrivals[job] as number;
  const from = itemOf(now) - ITEM_SECONDS;
  const slots = Array.from({ length: (slotOf(now) - from) / SLOT_SECONDS + 1 }, (_, k) => ({
    at: from + k * SLOT_SECONDS,
    count: 0,
  }));
  let place = 1;
  for (let other = job - 1; other >= 0 && (arrivals[other] as number) >= from; other--) {
    const at = slotOf(arrivals[other] as number);
    if (at === slotOf(createdAt)) place++;
    const slot = slots[(at - from) / SLOT_SECONDS];
    if (slot) slot.count++;
  }
  return slotsBefore(slots, createdAt, place);
}

/**
 * Estimates the wait of every completed job of a run.
 *
 * @param views in the order of their publication; each is current from its own time on
 * @param share of its wait after which the wait of each job is estimated
 * @param isSampled whether a job is one of the samples
 */
export function sampleEstimates(
  run: Pick<Run, 'arrivals' | 'ends' | 'instances' | 'decisions'>,
  views: View[],
  share: (job: number) => number,
  isSampled: (job: number) => boolean = () => true,
): EstimateSamples {
  const { arrivals, ends } = run;
  const situationAt = situationsOf(run);
  const arrival = (job: number) => arrivals[job] as number;
  const end = (job: number) => ends[job] as number;
  const jobs = Array.from(arrivals.keys()).filter((job) => !Number.isNaN(end(job)));
  const times = arrivals.map((at, job) => at + share(job) * (end(job) - at));
  const byEnd = jobs.toSorted((a, b) => end(a) - end(b));
  const completions = new CompletionCount(arrivals.length);
  const samples: Sample[] = [];
  let unknown = 0;
  let nextEnd = 0;
  let nextView = 0;
  for (const job of jobs.toSorted((a, b) => (times[a] as number) - (times[b] as number))) {
    const now = times[job] as number;
    for (; nextEnd < byEnd.length && end(byEnd[nextEnd] as number) <= now; nextEnd++) {
      completions.add(byEnd[nextEnd] as number);
    }
    while ((views[nextView]?.at ?? Infinity) <= now) nextView++;
    const situation = situationAt(now);
    if (!isSampled(job)) continue;
    const view = views[nextView - 1];
    const storedAt = arrival(job);
    const announced = view && needsAnnounced(view, storedAt) ? announcedBefore(arrivals, job, now) : [];
    const { ahead, seconds, secondsAtMost } = estimateWait(view, { storedAt, announced }, now);
    if (ahead === null || seconds === null || secondsAtMost === null) unknown++;
    else {
      const actuallyAhead = job - completions.before(job);
      samples.push({ situation, ahead, seconds, secondsAtMost, actual: end(job) - now, actuallyAhead });
    }
  }
  return { samples, unknown };
}

/**
 * Runs the deployed scaler on a scenario.
 *
 * @param isSampled whether a job is one of the samples
 * @returns the estimates at either time
 */
export async function estimatesIn(
  scenario: Scenario,
  settings: PolicySettings,
  progress?: (share: number) => void,
  isSampled?: (job: number) => boolean,
): Promise<Record<EstimateTime, EstimateSamples>> {
  const { arrivals, horizon, world, seed } = scenario;
  const views: View[] = [];
  const controller = deployed(settings, world.tick, (view) => views.push(view));
  const run = await simulate({ arrivals, horizon, world, seed, controller, progress, keepDecisions: true });
  return {
    stored: sampleEstimates(run, views, () => 0, isSampled),
    waiting: sampleEstimates(run, views, draws(seed, 'polls'), isSampled),
  };
}

/** Of each situation that occurred, in its order. */
export function bySituation(all: EstimateSamples[]): { situation: Situation; figures: EstimateFigures }[] {
  const samples = all.flatMap((one) => one.samples);
  return SITUATION_NAMES.flatMap((situation) => {
    const some = samples.filter((sample) => sample.situation === situation);
    return some.length === 0 ? [] : [{ situation, figures: figuresOf([{ samples: some, unknown: 0 }]) }];
  });
}

const median = (values: number[]) => percentile(Float64Array.from(values).sort(), 0.5);

/** The accuracy over all samples. */
export function figuresOf(all: EstimateSamples[]): EstimateFigures {
  const samples = all.flatMap((one) => one.samples);
  const unknown = all.reduce((sum, one) => sum + one.unknown, 0);
  const of = (figure: (values: number[]) => number, value: (sample: Sample) => number) =>
    samples.length === 0 ? null : Number(figure(samples.map(value)).toPrecision(12));
  const error = ({ seconds, actual }: Sample) => Math.abs(seconds - actual);
  return {
    photos: samples.length + unknown,
    unknown,
    error: of(median, error),
    relative: of(median, (sample) => error(sample) / sample.actual),
    bias: of(mean, ({ seconds, actual }) => seconds - actual),
    // A rounding error of a sum does not count as late.
    longer: of(mean, ({ seconds, actual }) => Number(actual > seconds + 1e-6)),
    withinMost: of(mean, ({ actual, secondsAtMost }) => Number(actual <= secondsAtMost)),
    ahead: of(mean, ({ ahead, actuallyAhead }) => Math.abs(ahead - actuallyAhead)),
  };
}
