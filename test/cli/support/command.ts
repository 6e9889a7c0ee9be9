/** Runs commands in a temporary folder: in this process, or as a child process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { main } from '../../../cli/commands.ts';

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

const FOREIGN = /^(AWS_|npm_|INIT_CWD|DDCOLOR_)/i;

/** Environment of a command: that of this process, without variables of AWS and npm and the token. */
const environment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !FOREIGN.test(name))),
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  ...env,
});

/** Starts a child process, for tests of signals and of the process itself. */
export function start(folder: string, args: string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, ['--import', TSX, ENTRY, ...args], {
    cwd: folder,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...said })));
  return { process: child, ended };
}

/** Runs a command in this process, which takes a second less than a child. One at a time. */
export async function command(folder: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const before = { env: process.env, cwd: process.cwd() };
  const said = { out: '', err: '' };
  const to = (stream: keyof typeof said) => (text: unknown) => {
    said[stream] += String(text);
    return true;
  };
  const line =
    (stream: keyof typeof said) =>
    (text: unknown = '') =>
      void to(stream)(`${String(text)}\n`);
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(to('out')),
    vi.spyOn(process.stderr, 'write').mockImplementation(to('err')),
    vi.spyOn(console, 'log').mockImplementation(line('out')),
    vi.spyOn(console, 'error').mockImplementation(line('err')),
  ];
  process.env = environment(env);
  process.chdir(folder);
  try {
    return { code: await main(args), ...said };
  } finally {
    process.chdir(before.cwd);
    process.env = before.env;
    for (const spy of spies) spy.mockRestore();
  }
}

/** The objects of `--json`. */
export const objects = ({ out }: Ended): Record<string, unknown>[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'cli-'));

  /** Writes files. @param files content by path below the folder */
  write(files: Record<string, string | Buffer>): this {
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
