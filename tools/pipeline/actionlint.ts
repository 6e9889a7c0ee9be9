/** Checks GitHub's workflows with actionlint: `node tools/run.mjs actionlint`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';
import { printError, printLine, printText } from '../../common/terminal.ts';

const VERSION = '1.7.12';
const MODULE = `github.com/rhysd/actionlint/cmd/actionlint@v${VERSION}`;
const WORKFLOWS = join('.github', 'workflows');
/** Exit code for a missing program. */
const NO_PROGRAM = 127;
/** Without ShellCheck and pyflakes, whose findings depend on the versions of a machine. */
const OPTIONS = ['-shellcheck=', '-pyflakes=', '-no-color'];

export interface Tool {
  path: string;
  /** Source of the program, for messages. */
  from: string;
}

/** @returns paths of the workflows, sorted */
export const workflowFiles = (): string[] =>
  readdirSync(WORKFLOWS)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(WORKFLOWS, name));

const outputOf = async (command: string, argument: string): Promise<string | undefined> => {
  const { code, output } = await runToEnd(command, [argument], {});
  return code === 0 ? output : undefined;
};

/**
 * Finds actionlint on the PATH or an earlier build, or builds it with Go.
 *
 * @throws UserError when neither actionlint nor Go is installed
 */
export async function findActionlint(say: (line: string) => void, env = process.env): Promise<Tool> {
  const onPath = await outputOf('actionlint', '-version');
  if (onPath !== undefined) return { path: 'actionlint', from: `${onPath.split('\n')[0]} on the PATH` };
  const folder = localPath('bin', VERSION);
  const path = join(folder, process.platform === 'win32' ? 'actionlint.exe' : 'actionlint');
  if (!existsSync(path)) {
    say(`Building actionlint ${VERSION} with Go, once...`);
    const { code, output } = await runToEnd('go', ['install', MODULE], { env: { ...env, GOBIN: folder } });
    if (code === NO_PROGRAM) {
      throw new UserError(
        `actionlint is not installed, nor Go to build it: install actionlint ${VERSION}, or Go 1.25 or newer.`,
      );
    }
    if (code !== 0)
      throw new UserError(`Go could not build actionlint ${VERSION} (${code}):\n${output.trim()}`);
  }
  return { path, from: `${VERSION} in .local/bin` };
}

/** @returns the findings; undefined without any */
export async function lint({ path }: Tool, files: string[]): Promise<string | undefined> {
  const { code, output } = await runToEnd(path, [...OPTIONS, ...files], {});
  return code === 0 ? undefined : output.trim() || `actionlint exited with ${code}`;
}

export async function main(): Promise<number> {
  try {
    const tool = await findActionlint((line) => printLine(line));
    const files = workflowFiles();
    const found = await lint(tool, files);
    printText(found ?? `actionlint (${tool.from}): ${files.length} workflows, no findings`);
    return found === undefined ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    printError(error.message);
    return 1;
  }
}
