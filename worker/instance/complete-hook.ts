/**
 * Completes this instance's lifecycle hooks, again and again where that fails. Auto Scaling throttles the calls of a whole account: when
 * hundreds of instances are ready at once, some of them are refused for minutes, and a launch hook that nobody completes ends an
 * instance that colours.
 */
import { jittered, pause, randomShare } from '../../common/time.ts';
import type { WorkerPorts } from '../ports.ts';
import { describeError } from '../telemetry/log.ts';

export type HookPorts = Pick<WorkerPorts, 'group' | 'log'>;

const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 20_000;
/** Less than the heartbeat timeout of either hook, of which boot or drain has taken a part. */
const LIMIT_MS = 240_000;

/** @returns false when it failed, and another attempt may succeed */
export async function tryHook({ group, log }: HookPorts, hook: string): Promise<boolean> {
  try {
    const isWaiting = await group.complete(hook);
    log('info', isWaiting ? 'hook-completed' : 'hook-not-waiting', { hook });
    return true;
  } catch (error) {
    log('warn', 'hook-refused', { hook, error: describeError(error) });
    return false;
  }
}

/**
 * Repeats {@link tryHook} with growing pauses, in part random, for four minutes at most; then the hook's own timeout decides. Never
 * rejects.
 *
 * @param stop ends it early
 */
export async function retryHook(
  ports: HookPorts,
  hook: string,
  { stop, random = randomShare }: { stop?: AbortSignal; random?: () => number } = {},
): Promise<void> {
  let leftMs = LIMIT_MS;
  for (let pauseMs = FIRST_PAUSE_MS; leftMs > 0; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
    const waitMs = jittered(pauseMs, random);
    leftMs -= waitMs;
    await pause(waitMs, stop);
    if (stop?.aborted || (await tryHook(ports, hook))) return;
  }
  ports.log('error', 'hook-not-completed', { hook });
}
