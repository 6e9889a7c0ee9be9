/** What every long command of ours has: a way out on Ctrl-C that leaves nothing behind, and one line for what people can mend. */
import { UserError } from './errors.ts';
import { Progress } from './progress.ts';
import { Scope } from './scope.ts';

export interface CommandContext {
  /** Aborted on the first signal. */
  abort: AbortSignal;
  /** Closed at the end, however it comes. */
  scope: Scope;
  progress: Progress;
}

const INTERRUPTED = 130;

/**
 * Runs a command to its end.
 *
 * @param name for people
 * @returns its exit code
 */
export async function command(
  name: string,
  body: (context: CommandContext) => Promise<number>,
): Promise<number> {
  const scope = new Scope();
  const controller = new AbortController();
  const progress = new Progress(process.stdout);
  let interrupted = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // The second one does not wait; children die with this process in any case.
      if (interrupted) process.exit(INTERRUPTED);
      interrupted = true;
      progress.print('Stopping...');
      controller.abort();
      void scope.close().finally(() => process.exit(INTERRUPTED));
    });
  }
  try {
    return await body({ abort: controller.signal, scope, progress });
  } catch (error) {
    if (interrupted) return INTERRUPTED;
    progress.print(error instanceof UserError ? error.message : `${name} failed: ${(error as Error).stack}`);
    return 1;
  } finally {
    await scope.close();
  }
}
