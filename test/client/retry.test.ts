/** Backoff, retries, clock and timeouts. */
import { describe, expect, it } from 'vitest';
import { backoffMs, withRetries } from '../../client/retry.ts';
import { systemClock, withTimeout } from '../../client/time.ts';

describe('retries and time', () => {
  it.each([
    [1, undefined, 0, 1000],
    [1, undefined, 0.998, 501],
    [4, undefined, 0, 8000],
    [7, undefined, 0, 60_000],
    [70, undefined, 0, 60_000],
    [1, 90, 0.5, 90_000],
    [6, 2, 0, 32_000],
  ])(
    'after %s failures, with Retry-After %s and random %s, waits %s ms',
    (failures, retryAfterSeconds, random, ms) => {
      expect(backoffMs(failures, retryAfterSeconds, random)).toBe(ms);
    },
  );

  it('does not retry other errors', async () => {
    await expect(withRetries(() => Promise.reject(new TypeError('a bug')))).rejects.toThrow(TypeError);
  });

  it('sleep of the system clock stops at a signal', async () => {
    await systemClock.sleep(1);
    const reason = new Error('aborted');
    await expect(systemClock.sleep(1e6, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(systemClock.random()).toBeLessThan(1);
  });

  it('withTimeout rejects after its time or at the signal', async () => {
    const never = (signal: AbortSignal) =>
      new Promise<void>((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    await expect(withTimeout(5, undefined, never)).rejects.toThrow('no response within 0.005 s');
    const outer = new AbortController();
    const pending = withTimeout(1e6, outer.signal, never);
    outer.abort(new Error('aborted'));
    await expect(pending).rejects.toThrow('aborted');
  });
});
