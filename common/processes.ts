/**
 * Child processes that never outlive the command.
 *
 * Each leads its own process group, so that Ctrl-C on the terminal reaches only this process, which then stops the children
 * in order, each with everything it started.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

export interface Child {
  process: ChildProcess;
  /** Resolves when the process has ended: its exit code, or the signal's name. */
  ended: Promise<number | NodeJS.Signals>;
  /** SIGTERM to the group, SIGKILL after the grace; resolves when the process has ended. */
  stop(graceMs?: number): Promise<void>;
}

export function start(command: string, args: string[], options: SpawnOptions): Child {
  const child = spawn(command, args, { ...options, detached: true });
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 1));
    child.once('error', () => resolve(127));
  });
  const kill = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group has ended.
    }
  };
  const stop = async (graceMs = 3000) => {
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), graceMs);
    await ended;
    clearTimeout(timer);
    // Processes that it started may still run.
    kill('SIGKILL');
  };
  return { process: child, ended, stop };
}

export interface Finished {
  code: number | NodeJS.Signals;
  /** Standard output and standard error, interleaved. */
  output: string;
}

/** Runs a process until it exits and collects its output; `abort` stops it with its group. */
export async function runToEnd(
  command: string,
  args: string[],
  options: SpawnOptions & { abort?: AbortSignal; onLine?: (line: string) => void },
): Promise<Finished> {
  const { abort, onLine, ...spawnOptions } = options;
  abort?.throwIfAborted();
  const child = start(command, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let rest = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
    const lines = (rest + chunk.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine?.(line);
  };
  child.process.stdout?.on('data', collect);
  child.process.stderr?.on('data', collect);
  const onAbort = () => void child.stop();
  abort?.addEventListener('abort', onAbort, { once: true });
  const drained = new Promise<void>((resolve) => child.process.once('close', () => resolve()));
  const code = await child.ended;
  // A grandchild may hold the pipe open: wait only for the last lines.
  await Promise.race([drained, sleep(500)]);
  abort?.removeEventListener('abort', onAbort);
  abort?.throwIfAborted();
  return { code, output };
}
