/** Runs a tool and turns its exit code into the result of a check. */
import { execFile } from 'node:child_process';

export interface Finished {
  code: number;
  /** Standard output, then standard error. */
  output: string;
}

/** Exit code for a missing program. */
export const NO_PROGRAM = 127;

/** Runs a program until it exits; never rejects. */
export function runProgram(
  command: string,
  args: string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<Finished> {
  const env = { ...process.env, LC_ALL: 'C', ...environment };
  return new Promise((resolve) => {
    execFile(command, args, { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      const missing = error?.code === 'ENOENT';
      const code = missing ? NO_PROGRAM : error ? (typeof error.code === 'number' ? error.code : 1) : 0;
      resolve({ code, output: `${stdout}${stderr}`.trim() || (error?.message ?? '') });
    });
  });
}

/** Result of a check. */
export interface CheckResult {
  name: string;
  state: 'ok' | 'failed' | 'not installed';
  /** Output of the tool, or how to install it. */
  detail?: string;
}

export const ok = (name: string): CheckResult => ({ name, state: 'ok' });
export const failed = (name: string, detail: string): CheckResult => ({ name, state: 'failed', detail });
export const notInstalled = (name: string, detail: string): CheckResult => ({
  name,
  state: 'not installed',
  detail,
});

export const resultOf = (name: string, { code, output }: Finished): CheckResult =>
  code === 0 ? ok(name) : failed(name, output);
