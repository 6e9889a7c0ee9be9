/** `npm test`: lint, types and all tests, with a line for each step and the count of tests in the end. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { localPath } from '../common/environment.ts';
import { ensureBrowser } from './browser/ensure.ts';
import { ensureVenv } from '../local/aws/venv.ts';
import { start, type Child } from '../common/processes.ts';
import { UserError } from '../common/errors.ts';

const require = createRequire(import.meta.url);
const bin = (name: string, path: string) => join(require.resolve(`${name}/package.json`), '..', path);

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numTotalTests: z.number(),
});

export async function main(args: string[]): Promise<number> {
  const report = localPath('tests.json');
  const abort = new AbortController();
  let running: Child | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      abort.abort();
      void (running?.stop() ?? Promise.resolve()).then(() => process.exit(130));
    });
  }
  try {
    await ensureVenv(abort.signal, console.log);
    const browser = await ensureBrowser(abort.signal, console.log);
    console.log(`Browser: ${browser.path} (${browser.from}).`);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 1;
  }
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const steps: [name: string, command: string[]][] = [
    ['format', [bin('prettier', 'bin/prettier.cjs'), '--check', '--log-level', 'warn', '.']],
    ['types', [bin('typescript', 'bin/tsc'), '--noEmit']],
    ['lint', [bin('eslint', 'bin/eslint.js'), '--max-warnings', '0', '.']],
    ['tests', [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...args]],
  ];
  // With arguments, the caller is after certain tests only.
  const wanted = args.length > 0 ? steps.slice(-1) : steps;
  const failed: string[] = [];
  for (const [name, command] of wanted) {
    const startedAt = Date.now();
    console.log(`== ${name}`);
    running = start(process.execPath, command, { stdio: ['ignore', 'inherit', 'inherit'] });
    const code = await running.ended;
    console.log(
      `== ${name}: ${code === 0 ? 'ok' : `failed (${code})`}, ${Math.round((Date.now() - startedAt) / 1000)} s`,
    );
    if (code !== 0) failed.push(name);
  }
  if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
  const counted = reportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
  console.log(`${counted.numPassedTests} passed, ${counted.numTotalTests - counted.numPassedTests} failed`);
  return failed.length === 0 && counted.numPassedTests > 0 ? 0 : 1;
}
