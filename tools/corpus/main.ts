/** `node tools/run.mjs corpus`: makes the corpus anew, or runs it through the worker's path. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../../common/errors.ts';
import { runToEnd } from '../../common/processes.ts';
import { printError, printLine } from '../../common/terminal.ts';
import { ensurePackages } from '../../local/aws/venv.ts';
import { CORPUS, manifest, type Row } from './manifest.ts';
import { runThroughWorker, type RowResult } from './run.ts';
import { corpusTables, MEASURED, measuredOf, PAGE, withCorpusTables } from './table.ts';

const USAGE =
  'corpus make: writes all files anew; corpus check [TEXT...]: runs those whose names have a text.';

/** @returns 0 when every row is right */
export async function main(args: string[]): Promise<number> {
  const { positionals } = parseArgs({ args, allowPositionals: true });
  const [command = 'check', ...texts] = positionals;
  if (command === 'make') return make();
  if (command === 'check') return check(texts);
  if (command === 'table') return table();
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
  return (await run(rows)).every(({ faults }) => faults.length === 0) ? 0 : 1;
}

async function run(rows: Row[]): Promise<RowResult[]> {
  const results = await runThroughWorker(rows);
  const wrong = results.filter(({ faults }) => faults.length > 0);
  for (const { row, faults } of wrong) printLine(`${row.file} (${row.what}): ${faults.join('; ')}`);
  printLine(`${rows.length - wrong.length} of ${rows.length} files are right.`);
  return results;
}

/** Writes nothing unless every file is right. */
async function table(): Promise<number> {
  const results = await run(manifest());
  if (results.some(({ faults }) => faults.length > 0)) return 1;
  const measured = measuredOf(results);
  writeFileSync(MEASURED, `${JSON.stringify(measured, undefined, 2)}\n`);
  const page = join(CORPUS, '..', '..', PAGE);
  writeFileSync(page, withCorpusTables(readFileSync(page, 'utf8'), corpusTables(measured)));
  printLine(`${PAGE}: written`);
  return 0;
}
