/**
 * Measures the phases of this instance's boot: kernel, driver, services, ComfyUI, canary.
 *
 * The time from the launch request to the kernel is not known here; the scaler measures the whole boot.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeError, type Log } from '../telemetry/log.ts';

/** Seconds of each phase, in order; phases that cannot be measured are left out. */
export interface BootPhases {
  /** Until the first process. */
  kernel?: number;
  /** Until the GPU driver was loaded. */
  driver?: number;
  /** Until this worker started. */
  services?: number;
  /** Until ComfyUI answered. */
  comfyui: number;
  /** Until the test picture was coloured, which includes loading the model. */
  canary: number;
}

/** Seconds since the kernel's start. */
export interface BootMoments {
  firstProcess?: number | undefined;
  driver?: number | undefined;
  worker: number;
  comfyui: number;
  canary: number;
}

/** A worker that starts later was restarted, or runs outside of EC2. */
const MAX_BOOT_SECONDS = 900;

/** @returns undefined when the worker's start was not part of a boot */
export function bootPhases(moments: BootMoments): BootPhases | undefined {
  const { firstProcess, driver, worker, comfyui, canary } = moments;
  if (worker > MAX_BOOT_SECONDS) return undefined;
  const rounded = (seconds: number) => Math.round(10 * Math.max(0, seconds)) / 10;
  const beforeServices = driver ?? firstProcess;
  return {
    ...(firstProcess !== undefined && { kernel: rounded(firstProcess) }),
    ...(firstProcess !== undefined && driver !== undefined && { driver: rounded(driver - firstProcess) }),
    ...(beforeServices !== undefined && { services: rounded(worker - beforeServices) }),
    comfyui: rounded(comfyui - worker),
    canary: rounded(canary - comfyui),
  };
}

/** The moments that are known when the worker starts. */
export type BootTimes = Pick<BootMoments, 'firstProcess' | 'driver' | 'worker'>;

/** @returns undefined where the system does not report them */
export async function readBootTimes(log: Log): Promise<BootTimes | undefined> {
  try {
    const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
    const worker = Number(uptime);
    const kernelMs = Date.now() - 1000 * worker;
    const [firstProcess, driver] = await Promise.all([
      promisify(execFile)('systemctl', ['show', '--property=UserspaceTimestampMonotonic', '--value'])
        .then(({ stdout }) => Number(stdout) / 1e6 || undefined)
        .catch(() => undefined),
      // Created when the driver is loaded.
      stat('/dev/nvidiactl')
        .then(({ ctimeMs }) => (ctimeMs - kernelMs) / 1000)
        .catch(() => undefined),
    ]);
    return { firstProcess, driver, worker };
  } catch (error) {
    log('info', 'boot-not-measured', { reason: describeError(error) });
    return undefined;
  }
}

export interface BootPorts {
  before: BootTimes | undefined;
  /** The worker's start, by the clock of the times that are reported later. */
  startMs: number;
  publish: (phases: BootPhases) => Promise<void>;
  log: Log;
}

/** Logs and publishes the boot phases, once ComfyUI has answered and coloured. */
export const bootReporter =
  ({ before, startMs, publish, log }: BootPorts) =>
  async ({ comfyuiMs, readyMs }: { comfyuiMs: number; readyMs: number }): Promise<void> => {
    if (!before) return;
    const sinceKernel = (ms: number) => before.worker + (ms - startMs) / 1000;
    const phases = bootPhases({ ...before, comfyui: sinceKernel(comfyuiMs), canary: sinceKernel(readyMs) });
    if (!phases) return;
    log('info', 'instance-booted', { ...phases });
    await publish(phases).catch((error: unknown) =>
      log('warn', 'boot-not-published', { error: describeError(error) }),
    );
  };
