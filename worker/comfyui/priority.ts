import { setPriority } from 'node:os';
import { describeError, type Log } from '../telemetry/log.ts';

/** Of 19: a tenth of ComfyUI's turns where both want a processor. */
const NICENESS = 10;

/**
 * ComfyUI goes first where both want a processor: it keeps the GPU busy, and its own share of the work is small.
 *
 * To be called before threads are started: on Linux they inherit it, and those already running keep theirs.
 */
export function lowerPriority(log: Log): void {
  try {
    setPriority(NICENESS);
  } catch (error) {
    log('warn', 'priority-not-lowered', { error: describeError(error) });
  }
}
