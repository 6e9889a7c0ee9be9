/** What a worker does about a fault of its own machine: ComfyUI begins anew and has to prove itself; three times at most. */
import { CanaryMismatch } from './canary.ts';
import type { ComfyuiClient } from './client.ts';
import { ComfyuiUnreachable } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { untilReady, type RetryPolicy } from './readiness.ts';
import { pause } from '../../common/time.ts';

/** ComfyUI that does not come right after so many new beginnings never will. */
const BEGINNINGS = 3;
/** ComfyUI drops its models a moment after it has answered that it will. */
const FREE_MS = 1000;
/** A start with its model from a warm disk takes seconds. */
const PATIENCE: RetryPolicy = {
  retryMs: 1000,
  limitMs: 180_000,
  now: () => performance.now(),
  isFatal: (error) => error instanceof CanaryMismatch,
};

export interface RecoveryPorts {
  /** Makes ComfyUI begin anew; rejects when that cannot be done. */
  renew: () => Promise<void>;
  /** Rejects with the reason why this machine cannot colour. */
  check: () => Promise<unknown>;
  /** Asks for another machine in place of this one. */
  giveUp: () => Promise<void>;
  /** Aborted when the worker is to end. */
  stop: AbortSignal;
  log: Log;
  patience?: RetryPolicy;
}

/**
 * Resolves when the machine is fit again, or when the worker is to end: a machine that is given up waits for that and takes no
 * photo.
 */
export async function recover(ports: RecoveryPorts): Promise<void> {
  const { renew, check, giveUp, stop, log, patience = PATIENCE } = ports;
  for (let beginning = 1; beginning <= BEGINNINGS && !stop.aborted; beginning++) {
    log('warn', 'comfyui-restarting', { beginning, allowed: BEGINNINGS });
    try {
      await renew();
      if (await untilReady(check, stop, log, patience)) log('info', 'comfyui-recovered', { beginning });
      return;
    } catch (error) {
      log('error', 'comfyui-not-recovered', { beginning, error: describeError(error) });
    }
  }
  if (stop.aborted) return;
  log('error', 'instance-marked-unhealthy');
  await giveUp().catch((error: unknown) => log('error', 'health-not-set', { error: describeError(error) }));
  await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}

/** A new beginning where ComfyUI cannot be restarted from here: without its models. One that has ended begins without any. */
export async function dropModels(client: ComfyuiClient, stop: AbortSignal): Promise<void> {
  try {
    await client.free();
  } catch (error) {
    if (!(error instanceof ComfyuiUnreachable)) throw error;
  }
  await pause(FREE_MS, stop);
}
