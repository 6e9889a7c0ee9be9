/** What every operator command has: a way out on Ctrl-C, and errors in words. */
import { setMaxListeners } from 'node:events';
import { ApiError } from '../../client/errors.ts';
import { UserError } from '../../common/errors.ts';
import { Interrupted } from '../colour/outcome.ts';
import { EXIT } from '../../common/errors.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a command to its end.
 *
 * @returns its exit code
 * @throws UsageError, which the table of commands tells; what is a fault of ours
 */
export async function operate(body: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const abort = new AbortController();
  // Each call listens to it.
  setMaxListeners(0, abort.signal);
  const stop = () => {
    // The second one does not wait.
    if (abort.signal.aborted) process.exit(EXIT.interrupted);
    abort.abort(new Interrupted('Interrupted.'));
  };
  for (const name of SIGNALS) process.on(name, stop);
  try {
    return await body(abort.signal);
  } catch (error) {
    const exit = exitOf(error);
    if (exit === undefined) throw error;
    console.error((error as Error).message);
    return exit;
  } finally {
    for (const name of SIGNALS) process.off(name, stop);
  }
}

/** Undefined for a fault of ours. */
function exitOf(error: unknown): number | undefined {
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof UserError) return EXIT.failed;
  // Nobody answered; another time somebody may.
  if (error instanceof ApiError) return EXIT.open;
  return undefined;
}

/** One object on a line of its own. */
export const printJson = (value: object): void => console.log(JSON.stringify(value));

export const printLines = (lines: string[]): void => {
  for (const line of lines) console.log(line);
};
