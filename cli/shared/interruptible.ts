/** Runs a command so that Ctrl-C aborts its calls, and turns its errors into messages and exit codes. */
import { setMaxListeners } from 'node:events';
import { ApiError } from '../../client/errors.ts';
import { EXIT, Interrupted, UsageError, UserError } from '../../common/errors.ts';
import { printError } from '../../common/terminal.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * @param body gets a signal that is aborted with `Interrupted`; the second Ctrl-C ends the process at once
 * @returns the exit code
 * @throws UsageError; what is a bug
 */
export async function interruptible(body: (abort: AbortController) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  // Each call listens to it.
  setMaxListeners(0, abort.signal);
  const stop = () => {
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort(new Interrupted());
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await body(abort);
  } catch (error) {
    const exit = exitCodeOf(error);
    if (exit === undefined) throw error;
    printError((error as Error).message);
    return exit;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}

/** @returns undefined for a bug, and for a UsageError, which the command line reports */
export function exitCodeOf(error: unknown): number | undefined {
  if (error instanceof UsageError) return undefined;
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UserError) return EXIT.failed;
  // AWS or the API did not answer; a later try may succeed.
  if (error instanceof ApiError) return EXIT.incomplete;
  return undefined;
}
