/**
 * How much a receiver is sent, by what its last answers show. Pure; seconds.
 *
 * - A receiver of which every delivery fails without an answer is down: a few requests, then a pause that doubles.
 * - One that answers soon, and refuses, may work: what it refuses may be at fault. It is asked more, with short pauses, and each refused delivery has its own
 *   pause. Thousands that are always refused so delay no other by more than one short pause, and a receiver that refuses everything has some requests a second.
 */
import { backoffSeconds } from './backoff.ts';
import type { Attempt } from './ports.ts';

/** Requests to a receiver at a time. */
const AT_ONCE = 8;
/** The first ones of a run, where the last run ended with failures. */
const PROBES = 4;
/** Refusals in a row after which a run ends; half as many after each run that ended with them, down to one round. */
const MOST_REFUSALS = 64;
/** Longest pause of a receiver that answers. */
const MOST_REFUSED_PAUSE = 15;
/** Slower answers hold the function up like none. */
const SOON_SECONDS = 2;

export interface Circuit {
  /** Runs in a row, before this one, that ended with failures; 0 since the last success. */
  failures: number;
  /** Refusals in this run since the last success. */
  refusals: number;
  /** Whether the receiver has answered in this run. */
  hasAnswered: boolean;
}

export const circuitOf = (failures: number): Circuit => ({ failures, refusals: 0, hasAnswered: false });

export const roundSize = ({ failures, hasAnswered }: Circuit): number =>
  failures > 0 && !hasAnswered ? PROBES : AT_ONCE;

/** What a round shows of the receiver, and the pause that it asks for; undefined where the run goes on. */
export interface Judged {
  circuit: Circuit;
  pauseSeconds: number | undefined;
}

/**
 * @param seconds that the round took
 * @param most longest pause of the stage
 * @param random from 0 to 1
 */
export function judged(
  before: Circuit,
  attempts: readonly Attempt[],
  seconds: number,
  most: number,
  random: number,
): Judged {
  const failed = attempts.flatMap((attempt) => (attempt.ok ? [] : [attempt]));
  const asked = Math.max(0, ...failed.map(({ askedSeconds = 0 }) => askedSeconds));
  const pauseOf = (own: number) => (own > 0 || asked > 0 ? Math.max(own, asked) : undefined);
  if (failed.length < attempts.length)
    return { circuit: { ...circuitOf(0), hasAnswered: true }, pauseSeconds: pauseOf(0) };
  if (seconds < SOON_SECONDS && failed.every(({ isRefusal }) => isRefusal)) {
    const circuit = { ...before, refusals: before.refusals + failed.length, hasAnswered: true };
    const isOver = circuit.refusals >= Math.max(AT_ONCE, MOST_REFUSALS / 2 ** before.failures);
    const pause = backoffSeconds(before.failures + 1, Math.min(most, MOST_REFUSED_PAUSE), random);
    return { circuit, pauseSeconds: pauseOf(isOver ? pause : 0) };
  }
  // One delivery that fails alone may be at fault itself: it has its own pause, and the others go on.
  if (failed.length === 1 && before.failures === 0) return { circuit: before, pauseSeconds: pauseOf(0) };
  const failures = before.failures + 1;
  const circuit = { ...circuitOf(failures), hasAnswered: before.hasAnswered };
  return { circuit, pauseSeconds: pauseOf(backoffSeconds(failures, most, random)) };
}

/** Failed runs in a row, once a run has ended. */
export const failuresOf = ({ failures, refusals }: Circuit): number =>
  refusals > 1 || (refusals > 0 && failures > 0) ? failures + 1 : failures;
