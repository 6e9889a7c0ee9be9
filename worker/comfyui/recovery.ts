/**
 * Recovers from an instance fault: restarts ComfyUI until it passes its readiness check, three times at most. An instance whose
 * restarts do not help is replaced.
 */
import { pause } from '../../common/time.ts';
import { ComfyuiUnreachable } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { CanaryMismatch } from './canary.ts';
import type { ComfyuiClient } from './client.ts';
import { untilReady, type RetryPolicy } from './readiness.ts';

const MAX_RESTARTS = 3;
/** ComfyUI unloads its models a moment after it has answered. */
const FREE_MS = 1000;
/** A start takes seconds when the model is in the page cache. */
const RESTART_POLICY: RetryPolicy = {
  retryMs: 1000,
  limitMs: 180_000,
  now: () => performance.now(),
  isFatal: (error) => error instanceof CanaryMismatch,
};

export interface RecoveryPorts {
  /** Whether a restart may help; without it the instance is replaced at once. @default true */
  mayHelp?: boolean;
  /** Restarts ComfyUI; rejects when it cannot. */
  restart: () => Promise<void>;
  /** Rejects with the reason why this instance cannot colour. */
  check: () => Promise<unknown>;
  /** Has this instance replaced. */
  markUnhealthy: () => Promise<void>;
  /** Aborted when the worker is to stop. */
  stop: AbortSignal;
  log: Log;
  retryPolicy?: RetryPolicy;
}

/** Resolves when the instance is ready again, or when `stop` is aborted: an unhealthy instance waits for that. */
export async function recover(ports: RecoveryPorts): Promise<void> {
  const { mayHelp = true, restart, check, markUnhealthy, stop, log, retryPolicy = RESTART_POLICY } = ports;
  for (let restarts = 1; mayHelp && restarts <= MAX_RESTARTS && !stop.aborted; restarts++) {
    log('warn', 'comfyui-restarting', { restarts, allowed: MAX_RESTARTS });
    try {
      await restart();
      if (await untilReady(check, stop, log, retryPolicy)) log('info', 'comfyui-recovered', { restarts });
      return;
    } catch (error) {
      log('error', 'comfyui-not-recovered', { restarts, error: describeError(error) });
    }
  }
  if (stop.aborted) return;
  log('error', 'instance-marked-unhealthy');
  await markUnhealthy().catch((error: unknown) =>
    log('error', 'health-not-set', { error: describeError(error) }),
  );
  await new Promise<void>((resolve) => {
    // It may be aborted by now: an aborted signal has no event any more.
    if (stop.aborted) resolve();
    stop.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Unloads ComfyUI's models, where this worker cannot restart it. A ComfyUI that has ended holds none. */
export async function dropModels(client: ComfyuiClient, stop: AbortSignal): Promise<void> {
  try {
    await client.free();
  } catch (error) {
    if (!(error instanceof ComfyuiUnreachable)) throw error;
  }
  await pause(FREE_MS, stop);
}
