/** Runs a long command so that Ctrl-C cleans up everything it started, and reports errors that the operator can fix in one line. */
import { EXIT, UsageError, UserError } from './errors.ts';
import { Progress } from './progress.ts';
import { Scope } from './scope.ts';
import { messageLines } from './terminal.ts';

export interface CommandContext {
  /** Aborted on the first signal. */
  abort: AbortSignal;
  /** Closed when the command ends, fails or is interrupted. */
  scope: Scope;
  progress: Progress;
}

/**
 * @param name in the message of an unexpected error
 * @returns the exit code
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
      // The second signal does not wait; children die with this process in any case.
      if (interrupted) process.exit(EXIT.interrupted);
      interrupted = true;
      progress.print('Stopping...');
      controller.abort();
      void scope.close().finally(() => process.exit(EXIT.interrupted));
    });
  }
  try {
    return await body({ abort: controller.signal, scope, progress });
  } catch (error) {
    if (interrupted) return EXIT.interrupted;
    const message = error instanceof UserError ? error.message : `${name} failed: ${(error as Error).stack}`;
    for (const line of messageLines(message)) progress.print(line);
    return error instanceof UsageError ? EXIT.usage : EXIT.failed;
  } finally {
    await scope.close();
  }
}
