/**
 * The file by which other commands of this checkout find the local stack of a running `npm start`.
 *
 * Gotcha: a killed run leaves the file behind, so a reader checks that its process is alive.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ACCOUNT, clientConfig, LOCAL_DIRECTORY, REGION } from './environment.ts';
import { UserError } from './errors.ts';
import type { Scope } from './scope.ts';

const FILE = join(import.meta.dirname, '..', LOCAL_DIRECTORY, 'running.json');

const runningSchema = z.object({
  /** Process of the run. */
  pid: z.number().int().positive(),
  stage: z.string(),
  /** Of CloudFormation. */
  stack: z.string(),
  /** Of the local AWS. */
  endpoint: z.url(),
  /** Of the fleet agent, which answers for Auto Scaling. */
  autoScalingEndpoint: z.url(),
  account: z.string(),
  /** Of the run's credentials; the access key id is the account. */
  secretAccessKey: z.string(),
  region: z.string(),
});

export type LocalRun = z.infer<typeof runningSchema>;

/** Writes the file; it is removed when the scope closes. */
export async function announce(
  run: Omit<LocalRun, 'pid' | 'account' | 'secretAccessKey' | 'region'>,
  scope: Scope,
  file = FILE,
): Promise<void> {
  const { secretAccessKey } = clientConfig(run.endpoint).credentials;
  const running: LocalRun = { pid: process.pid, ...run, account: ACCOUNT, secretAccessKey, region: REGION };
  // Removed first: the mode is only that of a new file.
  rmSync(file, { force: true });
  writeFileSync(file, `${JSON.stringify(running, undefined, 2)}\n`, { mode: 0o600 });
  await scope.defer(() => {
    // Another run may have written it since.
    if (read(file)?.pid === process.pid) rmSync(file, { force: true });
  });
}

/** @throws UserError when no run is alive */
export function readLocalRun(file = FILE): LocalRun {
  const running = read(file);
  const hint = 'start one with: npm start -- --keep';
  if (!running) throw new UserError(`--local: nothing runs on this machine; ${hint}`);
  if (isAlive(running.pid)) return running;
  throw new UserError(`--local: the run of process ${running.pid} has ended unexpectedly; ${hint}`);
}

/** @returns undefined also for a file of another version */
function read(file: string): LocalRun | undefined {
  try {
    return runningSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It runs as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
