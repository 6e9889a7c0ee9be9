/** Fake clock: sleeping takes no real time. */
import type { Clock } from '../../../client/time.ts';

export interface TestClock extends Clock {
  /** Milliseconds of each sleep. */
  slept: number[];
}

/** @param random value of every random() */
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
