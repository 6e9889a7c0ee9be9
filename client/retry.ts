/** Retries with exponential backoff. */
import { ApiError } from './errors.ts';
import { systemClock, type Clock } from './time.ts';

const INITIAL_BACKOFF_MS = 1000;
const MAX_BACKOFF_MS = 60_000;

export interface RetryOptions {
  /** @default systemClock */
  clock?: Clock;
  signal?: AbortSignal;
  /** Called before each wait, with the number of failures in a row. If it throws, there is no further attempt. */
  onRetry?: (error: ApiError, waitMs: number, failures: number) => void;
}

/**
 * Doubles from one second to one minute, minus a random part of up to half; never shorter than `Retry-After`.
 *
 * @param failures in a row, from 1
 * @param random 0 to 1
 */
export function backoffMs(failures: number, retryAfterSeconds: number | undefined, random: number): number {
  const backoff = Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** (failures - 1));
  return Math.round(Math.max(backoff * (1 - random / 2), (retryAfterSeconds ?? 0) * 1000));
}

/**
 * Runs a task until it succeeds.
 *
 * @throws ApiError that is not retryable; any other error of the task; the signal's reason
 */
export async function withRetries<T>(
  task: () => Promise<T>,
  { clock = systemClock, signal, onRetry }: RetryOptions = {},
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await task();
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof ApiError) || !error.retryable) throw error;
      const waitMs = backoffMs(failures, error.retryAfterSeconds, clock.random());
      onRetry?.(error, waitMs, failures);
      await clock.sleep(waitMs, signal);
    }
  }
}
