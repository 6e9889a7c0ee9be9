/** `node tools/run.mjs corpus`: makes the corpus anew, or runs it through the worker's path. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../common/errors.ts';
import { runToEnd } from '../../common/processes.ts';
import { printError, printLine } from '../../common/terminal.ts';
import { ensurePackages } from '../../local/aws/venv.ts';
import { CORPUS, manifest } from './manifest.ts';
import { runThroughWorker } from './run.ts';

const USAGE =
  'corpus make: writes all files anew; corpus check [TEXT...]: runs those whose names have a text.';

/** @returns 0 when every row is right */
export async function main(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [command = 'check', ...texts] = positionals;
  if (command === 'make') return make();
  if (command === 'check') return check(texts);
  printError(USAGE);
  return 2;
}

async function make(): Promise<number> {
  const abort = new AbortController().signal;
  const requirements = join(import.meta.dirname, 'requirements.txt');
  const python = await ensurePackages(
    { requirements, folder: 'corpus', name: 'what makes the corpus' },
    abort,
    printLine,
  );
  const { code, output } = await runToEnd(
    python,
    ['-B', '-W', 'ignore', join(import.meta.dirname, 'make', 'main.py'), CORPUS],
    { abort },
  );
  if (code !== 0) throw new UserError(`The corpus could not be made:\n${output}`);
  printLine(output.trim());
  return 0;
}

async function check(texts: string[]): Promise<number> {
  const rows = manifest().filter(
    ({ file }) => texts.length === 0 || texts.some((text) => file.includes(text)),
  );
  const results = await runThroughWorker(rows, () => undefined);
  const wrong = results.filter(({ faults }) => faults.length > 0);
  for (const { row, faults } of wrong) printLine(`${row.file} (${row.what}): ${faults.join('; ')}`);
  printLine(`${rows.length - wrong.length} of ${rows.length} files are right.`);
  return wrong.length === 0 ? 0 : 1;
}
