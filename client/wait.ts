/** Asks how a photo is until it has come to its end. */
import type { Look, PhotoApi } from './api.ts';
import { patiently, type PatienceOptions } from './patience.ts';
import { systemClock } from './time.ts';

/** Seconds between two questions where the service does not say. */
const UNTOLD_SECONDS = 5;
/** Part of the wait that is added at random: clients that began together should not ask together. */
const JITTER = 0.2;

interface AnyLook {
  status: string;
  retryAfterSeconds?: number;
}

/** Milliseconds until the next question: not before the service asks for it. */
export const pollMs = (retryAfterSeconds: number | undefined, random: number): number =>
  Math.round((retryAfterSeconds ?? UNTOLD_SECONDS) * 1000 * (1 + JITTER * random));

/**
 * Every look at a photo, the last of which is its end. Passing failures are waited out, for as long as it takes: end it by
 * the signal, or by what `trouble` throws.
 *
 * @throws Refusal `not-found` or `unauthorized`
 */
export async function* looks<T extends AnyLook>(
  ask: (signal?: AbortSignal) => Promise<T>,
  options: PatienceOptions = {},
): AsyncGenerator<T, void, void> {
  const { clock = systemClock, signal } = options;
  for (;;) {
    const look = await patiently(() => ask(signal), options);
    yield look;
    if (look.status !== 'waiting') return;
    await clock.sleep(pollMs(look.retryAfterSeconds, clock.random()), signal);
  }
}

/** {@link looks} at a photo of the API. */
export const waitFor = (
  api: Pick<PhotoApi, 'status'>,
  id: string,
  options?: PatienceOptions,
): AsyncGenerator<Look, void, void> => looks((signal) => api.status(id, signal), options);
