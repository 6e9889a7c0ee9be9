/**
 * Photos that arrived and finished between two ticks: SQS reports levels and workers report what they finished, so that
 * arrivals are the change of the backlog plus what was finished.
 */
import type { Observation, WorkReport } from './observation.ts';
import { mixSeconds, observeMix, type MixMemory } from './mix.ts';
import { LEAST_SERVICE_SECONDS } from './plausible.ts';
import { workflowsSince } from './reported-parts.ts';

export interface FlowMemory {
  /** Of the last tick. */
  at: number;
  backlog: number;
  inFlight: number;
  reported: WorkReport | null;
  /** Negative arrivals, carried over: counts that are late, which the next ones correct. At most 0. */
  carried: number;
  /** Recent photos and their busy seconds, from which the service time is measured. */
  completed: number;
  busySeconds: number;
  /** Photo-seconds in flight of the same ticks. @default those of one photo in flight for each busy instance */
  inFlightSeconds?: number;
  /** @default - the stage has one workflow, or its workers report none */
  mix?: MixMemory;
}

export interface Flow {
  /** Since the last tick; 0 at the first one, and at a second one of the same instant. */
  seconds: number;
  /** Photos that arrived meanwhile. */
  arrived: number;
  /** Messages that left the queue and that no worker finished: the counts contradict each other. */
  vanished: number;
  /** Seconds that instances were busy meanwhile, as they report. @default unknown */
  busySeconds?: number;
  /** Messages of the last tick that have left since, and negative arrivals before it. */
  left?: number;
  memory: FlowMemory;
}

/** Two ticks further apart than this say nothing about rates, seconds. */
const GAP_SECONDS = 900;
/** Photos after which the weight of earlier service times has fallen to 1/e, and the weight of the first guess. */
const SERVICE_PHOTOS = 300;
const GUESS_PHOTOS = 5;
/** Photos in flight for each busy instance from which on it works on several. */
const SEVERAL = 1.5;
/** Counts contradict each other when this share of the backlog, and this many photos, vanish between two ticks. */
const VANISHED_SHARE = 0.2;
const VANISHED_LEAST = 5;
const ROUNDING = 1e-6;
/** Workers report what they have finished at most this late, seconds. */
const REPORT_SECONDS = 10;

/** Busy seconds of an instance per photo: of the present mix, where the stage has several workflows. */
export function serviceOf(memory: FlowMemory | undefined, guess: number): number {
  const mean = meanService(memory, guess);
  return Math.max(LEAST_SERVICE_SECONDS, mixSeconds(memory?.mix, mean) ?? mean);
}

/** Those of a photo of each workflow of which so many are known. */
export function workflowSecondsOf(memory: Pick<FlowMemory, 'mix'> | undefined): Record<string, number> {
  const known = Object.entries(memory?.mix ?? {}).filter(([, { completed }]) => completed >= GUESS_PHOTOS);
  return Object.fromEntries(
    known.map(([name, { completed, busySeconds }]) => [
      name,
      Math.max(LEAST_SERVICE_SECONDS, busySeconds / completed),
    ]),
  );
}

/**
 * Busy seconds per photo, whatever their workflows: measured, weighted with a first guess. The weight of the guess ends with the
 * memory of photos: twenty times too long, it would add a third for good.
 */
function meanService(memory: FlowMemory | undefined, guess: number): number {
  if (!memory) return guess;
  const weight = GUESS_PHOTOS * Math.max(0, 1 - memory.completed / SERVICE_PHOTOS);
  // Counters without busy seconds leave a service time of 0.
  return Math.max(LEAST_SERVICE_SECONDS, (memory.busySeconds + weight * guess) / (memory.completed + weight));
}

/**
 * Photos in flight for each busy instance, by Little's law: 1 where an instance works on one at a time, more where it prepares some while others are
 * on the GPU.
 */
export function heldOf(memory: FlowMemory | undefined, guess: number): number {
  if (!memory) return 1;
  const { busySeconds, inFlightSeconds = busySeconds } = memory;
  const prior = GUESS_PHOTOS * guess;
  const held = (inFlightSeconds + prior) / (busySeconds + prior);
  // Counts at the instant of a tick scatter around their mean.
  return held < SEVERAL ? 1 : held;
}

/** Of one lane. */
type LaneCounts = Pick<Observation, 'at' | 'visible' | 'inFlight' | 'reported'>;

export function observeFlow(seen: LaneCounts, before: FlowMemory | undefined, guess: number): Flow {
  const { at, inFlight } = seen;
  const backlog = seen.visible + inFlight;
  const reported = seen.reported ?? null;
  const seconds = before ? at - before.at : 0;
  // After a clock was set back, or a pause, the levels before say nothing about the time between.
  if (!before || seconds < 0 || seconds > GAP_SECONDS) {
    const { completed, busySeconds, inFlightSeconds, mix } = before ?? { completed: 0, busySeconds: 0 };
    const memory = {
      ...{ at, backlog, inFlight, reported, carried: 0, completed, busySeconds },
      ...(inFlightSeconds === undefined ? {} : { inFlightSeconds }),
      ...(mix && { mix }),
    };
    return { seconds: 0, arrived: 0, vanished: 0, memory };
  }
  if (seconds === 0) return { seconds, arrived: 0, vanished: 0, memory: before };

  let { completed, busySeconds, inFlightSeconds = busySeconds } = before;
  const work = reportedSince(before.reported, reported);
  if (work) {
    const fading = Math.exp(-work.completed / SERVICE_PHOTOS);
    completed = completed * fading + work.completed;
    busySeconds = busySeconds * fading + work.busySeconds;
    // A photo that takes longer than a tick reports its seconds in the end: until then they are no sign of several.
    const inFlightNow = work.completed > 0 ? ((before.inFlight + inFlight) / 2) * seconds : 0;
    inFlightSeconds = inFlightSeconds * fading + inFlightNow;
  }
  const mix = observeMix(before.mix, work?.workflows, meanService(before, guess));
  const service = serviceOf(before, guess);
  const each = seconds / (service * heldOf(before, guess));
  const finished = work ? work.completed : estimateFinished(seen, before, each);
  const change = backlog - before.backlog + finished + before.carried;
  const carried = Math.max(-Math.max(before.backlog, backlog), Math.min(0, change));
  return {
    seconds,
    arrived: Math.max(0, change),
    vanished: Math.max(0, before.backlog - backlog - finished),
    ...(work ? { busySeconds: work.busySeconds } : {}),
    left: finished + before.carried,
    memory: {
      ...{ at, backlog, inFlight, reported, carried, completed, busySeconds, inFlightSeconds },
      ...(mix && { mix }),
    },
  };
}

/**
 * Photos finished where no worker reports: each photo in flight before was worked on, and each instance that is still at
 * work was busy throughout.
 *
 * @param each photos that can have been finished meanwhile for each one in flight
 */
function estimateFinished({ inFlight }: LaneCounts, before: FlowMemory, each: number): number {
  const throughout = Math.min(before.inFlight, inFlight);
  return Math.max(throughout * each, Math.min(before.backlog, before.inFlight * each));
}

/** Undefined without two reports, and after the counters started again from zero. */
function reportedSince(before: WorkReport | null, now: WorkReport | null): WorkReport | undefined {
  if (!before || !now) return undefined;
  const completed = now.completed - before.completed;
  const busySeconds = now.busySeconds - before.busySeconds;
  // The difference of two sums, as that of both lanes and of bulk, may fall by what rounding leaves.
  if (completed < -ROUNDING || busySeconds < -ROUNDING) return undefined;
  return {
    completed: Math.max(0, completed),
    busySeconds: Math.max(0, busySeconds),
    ...(now.workflows && { workflows: workflowsSince(now.workflows, before.workflows) }),
  };
}

/**
 * Whether more photos left the queue than can have been finished. Without reports only an empty queue that a tick ago
 * had photos waiting counts as that.
 *
 * @param guess of the service time, seconds
 */
export function isInconsistent(
  seen: Observation,
  flow: Flow,
  before: FlowMemory | undefined,
  guess: number,
): boolean {
  if (!before || flow.seconds === 0) return false;
  if (before.reported && seen.reported) {
    const perPhoto = serviceOf(before, guess) * heldOf(before, guess);
    const unreported = (before.inFlight * REPORT_SECONDS) / perPhoto;
    return flow.vanished > Math.max(VANISHED_LEAST, VANISHED_SHARE * before.backlog) + unreported;
  }
  return seen.visible + seen.inFlight === 0 && before.backlog - before.inFlight >= VANISHED_LEAST;
}
