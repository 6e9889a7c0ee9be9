/** The signal that cancels the photos that have not started. */
import { setMaxListeners } from 'node:events';

/** @returns a controller that is aborted with the worker's `stop`, or by an instance fault */
export function drainController(stop: AbortSignal): AbortController {
  const drain = new AbortController();
  // Every photo that waits listens to the one, every recovery to the other: Node warns of the eleventh.
  setMaxListeners(0, drain.signal, stop);
  if (stop.aborted) drain.abort(stop.reason);
  stop.addEventListener('abort', () => drain.abort(stop.reason), { once: true });
  return drain;
}
