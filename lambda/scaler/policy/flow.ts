/**
 * What came and what was done between two ticks: SQS tells levels, workers tell what they have finished, and arrivals
 * are the change of the backlog plus what was finished meanwhile.
 */
import type { Observation, WorkReport } from './observation.ts';

export interface FlowMemory {
  /** What the last tick saw. */
  at: number;
  backlog: number;
  inFlight: number;
  reported: WorkReport | null;
  /** Photos that seemed to vanish: late counts, which the next ones make good. At most 0. */
  owed: number;
  /** Photos and busy seconds of late, which the service time is measured by. */
  completed: number;
  busySeconds: number;
}

export interface Flow {
  /** Since the last tick; 0 when there was none, or the same. */
  seconds: number;
  /** Photos that arrived meanwhile. */
  arrived: number;
  /** Messages that are gone though nobody finished them: the counts contradict each other. */
  vanished: number;
  memory: FlowMemory;
}

/** A tick that comes later than this says nothing of rates, seconds. */
const GAP_SECONDS = 900;
/** Photos after which the service time of earlier ones has faded by 1/e, and photos that the first guess counts for. */
const SERVICE_PHOTOS = 300;
const GUESS_PHOTOS = 5;

/** Busy seconds of an instance for one photo: measured, or a first guess until then. */
export function serviceOf(memory: FlowMemory | undefined, guess: number): number {
  if (!memory) return guess;
  return (memory.busySeconds + GUESS_PHOTOS * guess) / (memory.completed + GUESS_PHOTOS);
}

export function observeFlow(seen: Observation, before: FlowMemory | undefined, guess: number): Flow {
  const { at, inFlight } = seen;
  const backlog = seen.visible + inFlight;
  const reported = seen.reported ?? null;
  const seconds = before ? at - before.at : 0;
  // A clock set back, or a pause: levels of then and now say nothing of what came between.
  if (!before || seconds < 0 || seconds > GAP_SECONDS) {
    const { completed, busySeconds } = before ?? { completed: 0, busySeconds: 0 };
    const memory = { at, backlog, inFlight, reported, owed: 0, completed, busySeconds };
    return { seconds: 0, arrived: 0, vanished: 0, memory };
  }
  if (seconds === 0) return { seconds, arrived: 0, vanished: 0, memory: before };

  let { completed, busySeconds } = before;
  const done = finished(before.reported, reported);
  if (done) {
    const fading = Math.exp(-done.completed / SERVICE_PHOTOS);
    completed = completed * fading + done.completed;
    busySeconds = busySeconds * fading + done.busySeconds;
  }
  const ended = done ? done.completed : presumed(seen, before, seconds / serviceOf(before, guess));
  const change = backlog - before.backlog + ended + before.owed;
  const owed = Math.max(-Math.max(before.backlog, backlog), Math.min(0, change));
  return {
    seconds,
    arrived: Math.max(0, change),
    vanished: Math.max(0, before.backlog - backlog - ended),
    memory: { at, backlog, inFlight, reported, owed, completed, busySeconds },
  };
}

/**
 * Photos that were finished, where nobody told: what was being worked on went on being worked on, and those who are
 * still at work had something to do all the time.
 *
 * @param each photos that one instance can have finished meanwhile
 */
function presumed({ inFlight }: Observation, before: FlowMemory, each: number): number {
  const throughout = Math.min(before.inFlight, inFlight);
  return Math.max(throughout * each, Math.min(before.backlog, before.inFlight * each));
}

/** Undefined where nothing can be said: never reported, or counters that began anew. */
function finished(before: WorkReport | null, now: WorkReport | null): WorkReport | undefined {
  if (!before || !now) return undefined;
  const completed = now.completed - before.completed;
  const busySeconds = now.busySeconds - before.busySeconds;
  return completed >= 0 && busySeconds >= 0 ? { completed, busySeconds } : undefined;
}
