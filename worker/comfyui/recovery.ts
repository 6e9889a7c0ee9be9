/** What a worker does about a fault of its own machine: ComfyUI begins anew and has to prove itself; three times at most. */
import { WrongColours } from './canary.ts';
import type { ComfyClient } from './comfy.ts';
import { Unreachable } from '../photo/faults.ts';
import { describeError, type Log } from '../telemetry/log.ts';
import { untilReady, type Patience } from './readiness.ts';
import { pause } from '../../common/time.ts';

/** ComfyUI that does not come right after so many new beginnings never will. */
const BEGINNINGS = 3;
/** ComfyUI drops its models a moment after it has answered that it will. */
const FREE_MS = 1000;
/** A start with its model from a warm disk takes seconds. */
const PATIENCE: Patience = {
  retryMs: 1000,
  limitMs: 180_000,
  now: () => performance.now(),
  inVain: (error) => error instanceof WrongColours,
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
  patience?: Patience;
}

/**
 * Resolves when the machine is fit again, or when the worker is to end: a machine that is given up waits for that and takes no
 * photo.
 */
export async function recover(ports: RecoveryPorts): Promise<void> {
  const { renew, check, giveUp, stop, log, patience = PATIENCE } = ports;
  for (let beginning = 1; beginning <= BEGINNINGS && !stop.aborted; beginning++) {
    log('warn', 'comfyui-begins-anew', { beginning, allowed: BEGINNINGS });
    try {
      await renew();
      if (await untilReady(check, stop, log, patience)) log('info', 'taking-photos-again', { beginning });
      return;
    } catch (error) {
      log('error', 'comfyui-not-recovered', { beginning, error: describeError(error) });
    }
  }
  if (stop.aborted) return;
  log('error', 'machine-given-up');
  await giveUp().catch((error: unknown) => log('error', 'health-not-set', { error: describeError(error) }));
  await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}

/** A new beginning where ComfyUI cannot be restarted from here: without its models. One that has ended begins without any. */
export async function dropModels(client: ComfyClient, stop: AbortSignal): Promise<void> {
  try {
    await client.free();
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
  }
  await pause(FREE_MS, stop);
}
