/**
 * What `npm start` tells other commands of this checkout while it runs: where its AWS is.
 *
 * Gotcha: a run that was killed leaves the file behind, so whoever reads it asks whether its process is still there.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ACCOUNT, LOCAL_DIRECTORY, REGION } from './environment.ts';
import { UserError } from './errors.ts';
import type { Scope } from './scope.ts';

/** Of this checkout, wherever it is asked from. */
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
  region: z.string(),
});

export type LocalRun = z.infer<typeof runningSchema>;

/** Says so until the scope closes. */
export async function announce(
  run: Omit<LocalRun, 'pid' | 'account' | 'region'>,
  scope: Scope,
  file = FILE,
): Promise<void> {
  const running: LocalRun = { pid: process.pid, ...run, account: ACCOUNT, region: REGION };
  writeFileSync(file, `${JSON.stringify(running, undefined, 2)}\n`);
  await scope.defer(() => {
    // Another run may have said so since.
    if (read(file)?.pid === process.pid) rmSync(file, { force: true });
  });
}

/** @throws UserError when nothing runs */
export function readLocalRun(file = FILE): LocalRun {
  const running = read(file);
  const nothing = 'start one with: npm start -- --keep';
  if (!running) throw new UserError(`--local: nothing runs on this machine; ${nothing}`);
  if (isAlive(running.pid)) return running;
  throw new UserError(`--local: the run of process ${running.pid} has ended without a word; ${nothing}`);
}

/** Undefined also for what is no such file: whoever wrote it is of another version. */
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
    // It is there, and another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
