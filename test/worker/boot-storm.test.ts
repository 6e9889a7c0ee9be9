/** Calls of many instances that boot at once: refused ones are repeated, later each time and not all at the same time. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { jittered } from '../../common/time.ts';
import { retryHook, tryHook } from '../../worker/instance/complete-hook.ts';
import { readSettings } from '../../worker/settings.ts';
import { PhotoMetrics } from '../../worker/telemetry/photo-metrics.ts';
import { memoryLog } from './support/memory.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => vi.useRealTimers());

const throttled = () => Promise.reject(new Error('Rate exceeded'));

describe('a pause with jitter', () => {
  it('is between half of it and all of it', () => {
    expect([0, 0.5, 1].map((drawn) => jittered(1000, () => drawn))).toEqual([500, 750, 1000]);
  });
});

describe('a lifecycle hook that Auto Scaling refuses to complete', () => {
  const attempts: number[] = [];
  const group = (failures: number) => ({
    complete: async () => {
      attempts.push(Date.now());
      if (attempts.length <= failures) await throttled();
      return true;
    },
    setUnhealthy: () => Promise.resolve(),
  });
  const pauses = () => attempts.slice(1).map((at, k) => Math.round((at - attempts[k]!) / 100) / 10);

  beforeEach(() => {
    attempts.length = 0;
  });

  it('is completed by a later attempt', async () => {
    const log = memoryLog();
    const ports = { group: group(6), log };
    expect(await tryHook(ports, 'ready')).toBe(false);
    const done = retryHook(ports, 'ready', { random: () => 1 });
    await vi.advanceTimersByTimeAsync(100_000);
    await done;
    expect(pauses()).toEqual([1, 2, 4, 8, 16, 20]);
    expect(log.lines.at(-1)).toEqual({ level: 'info', event: 'hook-completed', fields: { hook: 'ready' } });
    expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('is left to its timeout after four minutes', async () => {
    const log = memoryLog();
    const done = retryHook({ group: group(Infinity), log }, 'drained', { random: () => 0 });
    await vi.advanceTimersByTimeAsync(300_000);
    await done;
    expect(Date.now() - attempts[0]!).toBeGreaterThanOrEqual(239_000);
    expect(attempts.at(-1)! - attempts[0]!).toBeLessThanOrEqual(250_000);
    expect(log.lines.at(-1)?.event).toBe('hook-not-completed');
  });

  it('is no longer tried when the worker stops', async () => {
    const stop = new AbortController();
    const done = retryHook({ group: group(Infinity), log: memoryLog() }, 'ready', { stop: stop.signal });
    stop.abort();
    await done;
    expect(attempts).toEqual([]);
  });
});

describe('settings that SSM refuses to return', () => {
  it('are read by each of a hundred instances, although it answers 5 calls a second', async () => {
    const start = Date.now();
    let [second, left, calls] = [0, 5, 0];
    const parameter = () => {
      calls++;
      const now = Math.floor((Date.now() - start) / 1000);
      if (now !== second) [second, left] = [now, 5];
      // What it reads is no setting, which ends the wait for it.
      return left-- > 0 ? Promise.resolve('not JSON') : throttled();
    };
    const source = { metadata: () => Promise.resolve('/settings'), parameter };
    const ends: number[] = [];
    const boots = Array.from({ length: 100 }, () =>
      readSettings(source, memoryLog()).catch((error: Error) => {
        expect(error.message).toContain('is not JSON');
        ends.push((Date.now() - start) / 1000);
      }),
    );
    await vi.advanceTimersByTimeAsync(300_000);
    await Promise.all(boots);
    expect(ends).toHaveLength(100);
    // 20 s would be the least; each instance makes few calls meanwhile.
    expect(Math.max(...ends)).toBeLessThan(90);
    expect(calls).toBeLessThan(600);
  });
});

describe('metrics of a fleet that started at once', () => {
  it('are published at different seconds of a minute', async () => {
    const start = Date.now();
    const published = Array.from({ length: 3 }, () => [] as number[]);
    const fleet = published.map((times, k) => {
      const publish = async () => void times.push((Date.now() - start) / 1000);
      return new PhotoMetrics({ publish, log: memoryLog(), random: () => k / 2 });
    });
    for (let k = 0; k < 3; k++) {
      for (const metrics of fleet) metrics.add('succeeded', {});
      await vi.advanceTimersByTimeAsync(59_000);
    }
    for (const metrics of fleet) await metrics.flush();
    expect(published.map(([first]) => first)).toEqual([30, 45, 60]);
  });
});
