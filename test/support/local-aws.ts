/** Starts a local AWS for the tests of one file. */
import { freePort, startMiniStack } from '../../local/aws/ministack.ts';
import { ensureVenv } from '../../local/aws/venv.ts';
import { localPath } from '../../common/environment.ts';
import type { Scope } from '../../common/scope.ts';

/** @param name of its log file. @returns its endpoint; the scope stops it */
export async function startLocalAws(name: string, scope: Scope): Promise<string> {
  const abort = new AbortController().signal;
  const python = await ensureVenv(abort, console.log);
  const port = await freePort();
  // Not in `logs`, which a run of the local stack empties when it starts: test/local/run.test.ts does so beside other files.
  const logFile = localPath('test-logs', `${name}.log`);
  return startMiniStack({ python, port, lambdaEnvironment: {}, abort, scope, logFile });
}
