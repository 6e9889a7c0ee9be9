/** A clock on which sleeping takes no time. */
import type { Clock } from '../../../client/time.ts';

export interface TestClock extends Clock {
  /** Of each sleep, milliseconds. */
  slept: number[];
}

/** @param random of every draw */
export function testClock(startMs = Date.parse('2026-05-04T10:00:00Z'), random = 0): TestClock {
  let nowMs = startMs;
  const slept: number[] = [];
  return {
    slept,
    now: () => nowMs,
    random: () => random,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      nowMs += ms;
    },
  };
}
