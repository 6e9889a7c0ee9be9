/** Clock as an argument, so that tests need not wait; request timeouts. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** @throws the signal's reason as soon as it is aborted */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** 0 to 1, for jitter. */
  random(): number;
}

/** Longest delay of `setTimeout`, about 24 days; a longer one fires at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  // oxlint-disable-next-line no-restricted-properties -- jitter of a wait
  random: () => Math.random(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
        Math.min(ms, MAX_TIMER_MS),
      );
      if (signal?.aborted) stop();
      else signal?.addEventListener('abort', stop, { once: true });
    }),
};

/**
 * Runs a task with a timeout and the caller's signal. A task that gets on restarts the timeout.
 *
 * Not `AbortSignal.any`: it keeps one listener per call on a signal that lives as long as the whole run.
 */
export async function withTimeout<T>(
  ms: number,
  outer: AbortSignal | undefined,
  task: (signal: AbortSignal, restart: () => void) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const own = new AbortController();
  const stop = () => own.abort(outer?.reason);
  const start = () => setTimeout(() => own.abort(new Error(`no response within ${ms / 1000} s`)), ms);
  let timer = start();
  const restart = () => {
    clearTimeout(timer);
    timer = start();
  };
  outer?.addEventListener('abort', stop, { once: true });
  try {
    return await task(own.signal, restart);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', stop);
  }
}
