/** The CLI as a child process, called from a folder of its own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ENTRY = fileURLToPath(new URL('entry.ts', import.meta.url));
const TSX = import.meta.resolve('tsx');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Running {
  process: ChildProcess;
  ended: Promise<Ended>;
}

/** @param env beside what this process has, but for AWS's, npm's and the token */
export function start(folder: string, args: string[], env: NodeJS.ProcessEnv = {}): Running {
  const own = Object.entries(process.env).filter(([name]) => !/^(AWS_|npm_|INIT_CWD|DDCOLOR_)/i.test(name));
  const child = spawn(process.execPath, ['--import', TSX, ENTRY, ...args], {
    cwd: folder,
    env: { ...Object.fromEntries(own), AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  return { process: child, ended };
}

export const command = (folder: string, args: string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  start(folder, args, env).ended;

/** The objects of `--json`. */
export const objects = ({ out }: Ended): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'cli-'));

  /** Writes files: paths below the folder, with what is in them. */
  write(files: Record<string, string>): this {
    for (const [name, content] of Object.entries(files)) {
      const path = join(this.path, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return this;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
