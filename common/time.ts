/** Waits that a signal ends early. */
import { randomInt } from 'node:crypto';

/** Resolves after the time, or as soon as the signal is aborted; never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

const STEPS = 2 ** 32;

/** A random number from 0 to 1, other than those of any process that started at the same time. */
export const randomShare = (): number => randomInt(STEPS) / STEPS;

/**
 * Half of a pause, and a random part of the other half, so that instances that failed together do not try again together.
 *
 * @param random from 0 to 1
 */
export const jittered = (ms: number, random: () => number = randomShare) => (ms * (1 + random())) / 2;

/** Seconds with two decimals: enough for a log line. */
export const seconds = (ms: number) => Math.round(ms / 10) / 100;
