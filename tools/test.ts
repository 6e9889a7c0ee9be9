/**
 * `npm test`: checks format, types, secrets and lint in parallel with all tests; prints a line for each step and the counts. With
 * `TEST_CPU` set it lists the test files that take most processor time.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import { command } from '../common/command.ts';
import { localPath } from '../common/environment.ts';
import { runToEnd, start } from '../common/processes.ts';
import type { Scope } from '../common/scope.ts';
import { ensureVenv } from '../local/aws/venv.ts';
import { ensureBrowser } from './browser/ensure.ts';
import { forget, largest, processorSeconds } from './processor-time.ts';

const require = createRequire(import.meta.url);
const bin = (name: string, path: string) => join(require.resolve(`${name}/package.json`), '..', path);

const SECRETLINT = bin('secretlint', 'bin/secretlint.js');
const STATIC_CHECKS: [name: string, command: string[]][] = [
  ['format', [bin('oxfmt', 'bin/oxfmt'), '--check']],
  ['types and lint', [bin('oxlint', 'bin/oxlint')]],
  ['secrets', ['--import', './tools/lint/no-profile.mjs', SECRETLINT, '**/*', '.github/**']],
];

/** Test files that are listed with `TEST_CPU` set. */
const LISTED = 25;

const reportSchema = z.object({ numPassedTests: z.number(), numTotalTests: z.number() });

type Print = (line: string) => void;

const since = (startedAt: number) => `${Math.round((Date.now() - startedAt) / 1000)} s`;

/** Runs the checks that need no test runner; prints the output of each when it exits. @returns names that failed */
async function staticChecks(abort: AbortSignal, print: Print): Promise<string[]> {
  const failed: string[] = [];
  for (const [name, args] of STATIC_CHECKS) {
    const startedAt = Date.now();
    const { code, output } = await runToEnd(process.execPath, args, { abort });
    if (code !== 0) failed.push(name);
    if (output.trim() !== '') print(output.trimEnd());
    print(`== ${name}: ${code === 0 ? 'ok' : `failed (${code})`}, ${since(startedAt)}`);
  }
  return failed;
}

/** @returns whether vitest passed, and the counts of its report */
async function vitest(args: string[], scope: Scope, print: Print) {
  const startedAt = Date.now();
  const report = localPath('tests.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = start(process.execPath, [bin('vitest', 'vitest.mjs'), 'run', ...reporters, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  await scope.defer(() => child.stop());
  const code = await child.ended;
  print(`== tests: ${code === 0 ? 'ok' : `failed (${code})`}, ${since(startedAt)}`);
  return { passed: code === 0, counts: reportSchema.parse(JSON.parse(readFileSync(report, 'utf8'))) };
}

/** @param args given to vitest; with any, only the tests run */
export async function main(args: string[]): Promise<number> {
  return command('npm test', async ({ abort, scope, progress }) => {
    const print = (line: string) => progress.print(line);
    const startedAt = Date.now();
    await ensureVenv(abort, print);
    const browser = await ensureBrowser(abort, print);
    print(`Browser: ${browser.path} (${browser.from}).`);
    forget();
    print(args.length > 0 ? '== tests' : '== format, types, secrets and lint, in parallel with the tests');
    const [failed, tests] = await Promise.all([
      args.length > 0 ? Promise.resolve<string[]>([]) : staticChecks(abort, print),
      vitest(args, scope, print),
    ]);
    const { numPassedTests: passed, numTotalTests: total } = tests.counts;
    // A test that did not run guards nothing: it counts as failed.
    if (!tests.passed || passed < total) failed.push('tests');
    if (failed.length > 0) print(`failed: ${failed.join(', ')}`);
    if (process.env.TEST_CPU) {
      print('CPU seconds of test files, and of processes that they started:');
      for (const line of largest(LISTED)) print(line);
    }
    const { own, children } = processorSeconds();
    print(`${since(startedAt)} in total, ${Math.round(own + children)} CPU seconds`);
    print(`${passed} passed, ${total - passed} failed`);
    return failed.length === 0 && passed > 0 ? 0 : 1;
  });
}
