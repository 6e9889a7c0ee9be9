/** Polls a photo until it has an outcome. */
import type { PhotoApi, PolledStatus } from './api.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import { systemClock } from './time.ts';

/** Without `Retry-After`. */
const DEFAULT_POLL_SECONDS = 5;
/** Random part added to the wait, so that clients that start together do not poll together. */
const JITTER = 0.2;

/** @param random 0 to 1. @returns milliseconds until the next request, never less than `Retry-After` */
export const pollDelayMs = (retryAfterSeconds: number | undefined, random: number): number =>
  Math.round((retryAfterSeconds ?? DEFAULT_POLL_SECONDS) * 1000 * (1 + JITTER * random));

/**
 * Yields every status of a photo; the last one is its outcome. Retryable errors are retried without a limit: stop by the
 * signal, or throw from `onRetry`.
 *
 * @throws ApiError `not-found` or `unauthorized`
 */
export async function* poll<T extends { status: string; retryAfterSeconds?: number }>(
  read: (signal?: AbortSignal) => Promise<T>,
  options: RetryOptions = {},
): AsyncGenerator<T, void, void> {
  const { clock = systemClock, signal } = options;
  for (;;) {
    const current = await withRetries(() => read(signal), options);
    yield current;
    if (current.status !== 'waiting') return;
    await clock.sleep(pollDelayMs(current.retryAfterSeconds, clock.random()), signal);
  }
}

/** {@link poll} for a photo of the API. */
export const pollPhoto = (
  api: Pick<PhotoApi, 'status'>,
  id: string,
  options?: RetryOptions,
): AsyncGenerator<PolledStatus, void, void> => poll((signal) => api.status(id, signal), options);
