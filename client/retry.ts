/** Passing failures: how long to wait before the next try. */
import { ApiError } from './errors.ts';
import { systemClock, type Clock } from './time.ts';

/** Milliseconds before the second try, and at most between two later ones. */
const FIRST_MS = 1000;
const MOST_MS = 60_000;

export interface RetryOptions {
  /** @default systemClock */
  clock?: Clock;
  signal?: AbortSignal;
  /** Told of each failure, of the wait that follows, and how many there were in a row. What it throws ends the tries. */
  onRetry?: (refusal: ApiError, waitMs: number, failures: number) => void;
}

/**
 * Doubles from one second to one minute, less up to half at random, and is never shorter than asked for.
 *
 * @param failures in a row so far, from 1
 */
export function backoffMs(failures: number, retryAfterSeconds: number | undefined, random: number): number {
  const grown = Math.min(MOST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(Math.max(grown * (1 - random / 2), (retryAfterSeconds ?? 0) * 1000));
}

/**
 * Tries until it goes well.
 *
 * @throws Refusal that is not retryable; what else the task throws; the signal's reason
 */
export async function withRetries<T>(
  task: () => Promise<T>,
  { clock = systemClock, signal, onRetry: trouble }: RetryOptions = {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await task();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ApiError) || !error.retryable) throw error;
      const waitMs = backoffMs(failures, error.retryAfterSeconds, clock.random());
      trouble?.(error, waitMs, failures);
      await clock.sleep(waitMs, signal);
    }
  }
}
