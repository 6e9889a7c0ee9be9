/**
 * How long each phase of this boot took, for those who want the next one shorter: kernel, driver, services, ComfyUI, canary.
 *
 * The whole, from asking for the instance on, is what the scaler measures: what came before the kernel is not known here.
 */
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeError, type Log } from '../telemetry/log.ts';

/** Seconds each phase took, in their order; those that cannot be known are left out. */
export interface BootPhases {
  /** From the kernel's start to the first process. */
  kernel?: number;
  /** From there until the GPU's driver was loaded. */
  driver?: number;
  /** From there, or from the first process, until this worker started. */
  services?: number;
  /** From there until ComfyUI answered. */
  comfyui: number;
  /** From there until the test picture had its colours, the model's loading included. */
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

/** A worker that starts later is not part of a boot: it was started again, or this is nobody's instance. */
const PART_OF_BOOT_SECONDS = 900;

/** Undefined when the worker's start was not part of a boot. */
export function bootPhases(moments: BootMoments): BootPhases | undefined {
  const { firstProcess, driver, worker, comfyui, canary } = moments;
  if (worker > PART_OF_BOOT_SECONDS) return undefined;
  const rounded = (seconds: number) => Math.round(10 * Math.max(0, seconds)) / 10;
  const before = driver ?? firstProcess;
  return {
    ...(firstProcess !== undefined && { kernel: rounded(firstProcess) }),
    ...(firstProcess !== undefined && driver !== undefined && { driver: rounded(driver - firstProcess) }),
    ...(before !== undefined && { services: rounded(worker - before) }),
    comfyui: rounded(comfyui - worker),
    canary: rounded(canary - comfyui),
  };
}

/** What the system knows of its boot when the worker starts. */
export type BootTimes = Pick<BootMoments, 'firstProcess' | 'driver' | 'worker'>;

/** Undefined where the system does not tell. */
export async function readBootTimes(log: Log): Promise<BootTimes | undefined> {
  try {
    const [uptime = ''] = (await readFile('/proc/uptime', 'utf8')).split(' ');
    const worker = Number(uptime);
    const startedMs = Date.now() - 1000 * worker;
    const [firstProcess, driver] = await Promise.all([
      promisify(execFile)('systemctl', ['show', '--property=UserspaceTimestampMonotonic', '--value'])
        .then(({ stdout }) => Number(stdout) / 1e6 || undefined)
        .catch(() => undefined),
      // The kernel makes the file when the driver is there.
      stat('/dev/nvidiactl')
        .then(({ ctimeMs }) => (ctimeMs - startedMs) / 1000)
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
  /** The worker's start, by the clock of what it is told. */
  startMs: number;
  publish: (phases: BootPhases) => Promise<void>;
  log: Log;
}

/** Says how long each phase of this boot took, once ComfyUI has answered and coloured. */
export const bootReporter =
  ({ before, startMs, publish, log }: BootPorts) =>
  async ({ comfyuiMs, readyMs }: { comfyuiMs: number; readyMs: number }): Promise<void> => {
    if (!before) return;
    const since = (ms: number) => before.worker + (ms - startMs) / 1000;
    const phases = bootPhases({ ...before, comfyui: since(comfyuiMs), canary: since(readyMs) });
    if (!phases) return;
    log('info', 'instance-booted', { ...phases });
    await publish(phases).catch((error: unknown) =>
      log('warn', 'boot-not-published', { error: describeError(error) }),
    );
  };
