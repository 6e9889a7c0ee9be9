/** Boot phases: how they are computed, logged and published. */
import { describe, expect, it } from 'vitest';
import {
  bootReporter,
  bootPhases,
  readBootTimes,
  type BootMoments,
  type BootPhases,
} from '../../worker/instance/boot.ts';
import { memoryLog } from './support/memory.ts';

describe('the phases of a boot', () => {
  it.each<[string, BootMoments, BootPhases | undefined]>([
    [
      'follow each other',
      { firstProcess: 4.2, driver: 11, worker: 15.5, comfyui: 28.04, canary: 41 },
      { kernel: 4.2, driver: 6.8, services: 4.5, comfyui: 12.5, canary: 13 },
    ],
    [
      'go without a driver where there is none',
      { firstProcess: 4, worker: 9, comfyui: 20, canary: 30 },
      { kernel: 4, services: 5, comfyui: 11, canary: 10 },
    ],
    [
      'are those of the worker alone where the system reports no others',
      { worker: 9, comfyui: 20, canary: 30 },
      { comfyui: 11, canary: 10 },
    ],
    [
      'are never below zero, although a ComfyUI may be up before the worker',
      { firstProcess: 4, driver: 3, worker: 9, comfyui: 8.9, canary: 12 },
      { kernel: 4, driver: 0, services: 6, comfyui: 0, canary: 3.1 },
    ],
    ['are absent for a worker that was restarted', { worker: 5000, comfyui: 5001, canary: 5002 }, undefined],
  ])('%s', (_name, moments, wanted) => {
    expect(bootPhases(moments)).toEqual(wanted);
  });

  it('are reported in seconds since the kernel, whatever the zero of the clock', async () => {
    const published: BootPhases[] = [];
    const report = bootReporter({
      before: { firstProcess: 3, driver: 5, worker: 10 },
      startMs: 70_000,
      publish: async (phases) => void published.push(phases),
      log: memoryLog(),
    });
    await report({ comfyuiMs: 82_000, readyMs: 90_500 });
    expect(published).toEqual([{ kernel: 3, driver: 2, services: 5, comfyui: 12, canary: 8.5 }]);
  });

  it('that cannot be published are logged, and the worker continues', async () => {
    const log = memoryLog();
    const publish = () => Promise.reject(new Error('throttled'));
    await bootReporter({ before: { worker: 10 }, startMs: 0, publish, log })({
      comfyuiMs: 1000,
      readyMs: 2000,
    });
    expect(log.of('instance-booted')).toMatchObject([{ comfyui: 1, canary: 1 }]);
    expect(log.of('boot-not-published')).toMatchObject([{ error: 'throttled' }]);
  });

  it('are read from this system, as far as it reports them', async () => {
    const log = memoryLog();
    const before = await readBootTimes(log);
    if (process.platform === 'linux') expect(before?.worker).toBeGreaterThan(0);
    else expect(log.of('boot-not-measured')).toHaveLength(1);
  });
});
