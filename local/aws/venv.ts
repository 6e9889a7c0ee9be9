/** Installs pinned Python packages into a virtual environment, once; among them the local AWS. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const REQUIREMENTS = join(import.meta.dirname, 'requirements.txt');
const MINIMUM = [3, 10] as const;

/** Finds the first Python on the PATH that is 3.10 or newer. @throws UserError when there is none */
export async function findPython(abort: AbortSignal): Promise<string> {
  const seen: string[] = [];
  for (const command of ['python3', 'python', 'python3.13', 'python3.12', 'python3.11', 'python3.10']) {
    const asked = await runToEnd(command, ['-c', 'import sys; print(*sys.version_info[:2])'], { abort });
    if (asked.code !== 0) continue;
    const [major = 0, minor = 0] = asked.output.trim().split(' ').map(Number);
    if (major === MINIMUM[0] && minor >= MINIMUM[1]) return command;
    seen.push(`${command} is ${major}.${minor}`);
  }
  const found = seen.length > 0 ? seen.join(', ') : 'none found on the PATH';
  throw new UserError(`Python ${MINIMUM.join('.')} or newer is needed: ${found}.`);
}

export interface PythonPackages {
  /** Pins with hashes, as `uv pip compile --generate-hashes` writes them. */
  requirements: string;
  /** Folder below `.local/`. */
  folder: string;
  /** For messages. */
  name: string;
}

const LOCAL_AWS: PythonPackages = { requirements: REQUIREMENTS, folder: 'venv', name: 'the local AWS' };

/** The local AWS. @returns the path of its Python @throws as {@link ensurePackages} */
export const ensureVenv = (abort: AbortSignal, say: (line: string) => void): Promise<string> =>
  ensurePackages(LOCAL_AWS, abort, say);

/**
 * Installs on the first call and whenever the requirements change.
 *
 * @returns the path of the environment's Python
 * @throws UserError when Python is missing, too old or cannot create an environment
 */
export async function ensurePackages(
  { requirements, folder, name }: PythonPackages,
  abort: AbortSignal,
  say: (line: string) => void,
): Promise<string> {
  const directory = localPath(folder);
  const bin = process.platform === 'win32' ? 'Scripts' : 'bin';
  const python = join(directory, bin, 'python');
  const wanted = createHash('sha256').update(readFileSync(requirements)).digest('hex');
  const marker = join(directory, 'installed-from');
  if (existsSync(python) && existsSync(marker) && readFileSync(marker, 'utf8') === wanted) return python;

  const base = await findPython(abort);
  say(`Installing ${name} into .local/${folder} (first run)...`);
  rmSync(directory, { recursive: true, force: true });
  const made = await runToEnd(base, ['-m', 'venv', directory], { abort });
  if (made.code !== 0) {
    throw new UserError(
      `${base} cannot create a virtual environment (on Debian and Ubuntu: apt-get install python3-venv):\n${made.output}`,
    );
  }
  // What runs is compiled then; all of it would take longer than the download.
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-compile'];
  const installed = await runToEnd(python, [...pip, '--require-hashes', '-r', requirements], { abort });
  if (installed.code !== 0) throw new UserError(`pip could not install ${name}:\n${installed.output}`);
  writeFileSync(marker, wanted);
  return python;
}
