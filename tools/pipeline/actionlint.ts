/** `node tools/run.mjs actionlint`: GitHub's workflows, looked over by a tool that knows what GitHub makes of them. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const VERSION = '1.7.12';
const MODULE = `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`;
const WORKFLOWS = join('.github', 'workflows');
/** What there is no program for. */
const NO_PROGRAM = 127;
/** ShellCheck's and pyflakes' findings would depend on what else a machine has. */
const ALONE = ['-shellcheck=', '-pyflakes=', '-no-color'];

export interface Tool {
  path: string;
  /** Where it is from, for people. */
  from: string;
}

/** Names of the workflows, in order. */
export const workflowFiles = (): string[] =>
  readdirSync(WORKFLOWS)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(WORKFLOWS, name));

const answers = async (command: string, argument: string): Promise<string | undefined> => {
  const { code, output } = await runToEnd(command, [argument], {});
  return code === 0 ? output : undefined;
};

/**
 * One on the PATH, one that was built before, or one that Go builds now.
 *
 * @throws UserError when there is none, with what is missing
 */
export async function findActionlint(say: (line: string) => void, env = process.env): Promise<Tool> {
  const onPath = await answers('actionlint', '-version');
  if (onPath !== undefined) return { path: 'actionlint', from: `${onPath.split('\n')[0]} on the PATH` };
  const folder = localPath('bin', VERSION);
  const path = join(folder, process.platform === 'win32' ? 'actionlint.exe' : 'actionlint');
  if (!existsSync(path)) {
    say(`Building actionlint ${VERSION} with Go, once...`);
    const { code, output } = await runToEnd('go', ['install', MODULE], { env: { ...env, GOBIN: folder } });
    if (code === NO_PROGRAM) {
      throw new UserError(
        `actionlint is missing, and so is Go, which would build it: install either (actionlint ${VERSION}, or Go 1.25 or newer).`,
      );
    }
    if (code !== 0)
      throw new UserError(`Go could not build actionlint ${VERSION} (${code}):\n${output.trim()}`);
  }
  return { path, from: `${VERSION} in .local/bin` };
}

/** @returns what it found, nothing when all is well */
export async function lint({ path }: Tool, files: string[]): Promise<string | undefined> {
  const { code, output } = await runToEnd(path, [...ALONE, ...files], {});
  return code === 0 ? undefined : output.trim() || `it ended with ${code}`;
}

export async function main(): Promise<number> {
  try {
    const tool = await findActionlint(console.log);
    const files = workflowFiles();
    const found = await lint(tool, files);
    console.log(found ?? `actionlint (${tool.from}): ${files.length} workflows, nothing to say`);
    return found === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    return 1;
  }
}
