/** A virtual clock for concurrent tasks: when all of them sleep, it advances to the next wake-up. */
import type { Clock } from '../../../client/time.ts';

export function virtualClock(): Clock {
  let nowMs = 0;
  const sleepers: { dueMs: number; wake: () => void }[] = [];
  const advance = () => {
    sleepers.sort((a, b) => a.dueMs - b.dueMs);
    const next = sleepers.shift();
    if (!next) return;
    nowMs = next.dueMs;
    next.wake();
  };
  return {
    now: () => nowMs,
    random: () => 0,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const wake = () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        const sleeper = { dueMs: nowMs + ms, wake };
        sleepers.push(sleeper);
        const stop = () => {
          const at = sleepers.indexOf(sleeper);
          if (at >= 0) sleepers.splice(at, 1);
          reject(signal?.reason as Error);
        };
        signal?.addEventListener('abort', stop, { once: true });
        // After all tasks that can run now.
        setImmediate(advance);
      }),
  };
}
