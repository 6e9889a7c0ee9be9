/** Asks how a photo is until it has come to its end. */
import type { PolledStatus, PhotoApi } from './api.ts';
import { withRetries, type RetryOptions } from './retry.ts';
import { systemClock } from './time.ts';

/** Seconds between two questions where the service does not say. */
const DEFAULT_POLL_SECONDS = 5;
/** Part of the wait that is added at random: clients that began together should not ask together. */
const JITTER = 0.2;

interface AnyLook {
  status: string;
  retryAfterSeconds?: number;
}

/** Milliseconds until the next question: not before the service asks for it. */
export const pollDelayMs = (retryAfterSeconds: number | undefined, random: number): number =>
  Math.round((retryAfterSeconds ?? DEFAULT_POLL_SECONDS) * 1000 * (1 + JITTER * random));

/**
 * Every look at a photo, the last of which is its end. Passing failures are waited out, for as long as it takes: end it by
 * the signal, or by what `trouble` throws.
 *
 * @throws Refusal `not-found` or `unauthorized`
 */
export async function* poll<T extends AnyLook>(
  ask: (signal?: AbortSignal) => Promise<T>,
  options: RetryOptions = {},
): AsyncGenerator<T, void, void> {
  const { clock = systemClock, signal } = options;
  for (;;) {
    const look = await withRetries(() => ask(signal), options);
    yield look;
    if (look.status !== 'waiting') return;
    await clock.sleep(pollDelayMs(look.retryAfterSeconds, clock.random()), signal);
  }
}

/** {@link poll} at a photo of the API. */
export const pollPhoto = (
  api: Pick<PhotoApi, 'status'>,
  id: string,
  options?: RetryOptions,
): AsyncGenerator<PolledStatus, void, void> => poll((signal) => api.status(id, signal), options);
