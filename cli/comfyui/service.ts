/** Starts and stops the ComfyUI of `setup`: one at a time, which outlives the command that started it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { needCheckout } from '../../common/checkout.ts';
import { inheritedEnvironment } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';
import {
  comfyuiArguments,
  comfyuiEnvironment,
  comfyuiPython,
  FOLDERS,
  untilUp,
  UP_WITHIN_SECONDS,
} from './launch.ts';
import { isSetUp, prefix } from './setup.ts';

const runningSchema = z.object({ pid: z.number().int(), url: z.url(), device: z.enum(['cuda', 'cpu']) });
export type Running = z.infer<typeof runningSchema>;

/** ComfyUI's default. */
export const COMFYUI_PORT = 8188;
const GRACE_MS = 10_000;

const stateFile = () => join(prefix(), 'running.json');
/** Outside of the logs folder, which each run empties. */
const logFile = () => join(prefix(), 'comfyui.log');

/** @returns undefined when none runs */
export function running(): Running | undefined {
  try {
    const found = runningSchema.parse(JSON.parse(readFileSync(stateFile(), 'utf8')));
    process.kill(found.pid, 0);
    return found;
  } catch {
    return undefined;
  }
}

async function deviceHere(): Promise<Running['device']> {
  const asked = await runToEnd('nvidia-smi', ['-L'], {}).catch(() => undefined);
  return asked?.code === 0 ? 'cuda' : 'cpu';
}

/**
 * Starts it, unless it runs already.
 *
 * @param cpu use the CPU even when there is a GPU
 * @throws UserError when it is not set up, or does not come up
 */
export async function startComfyui(
  { port, cpu = false }: { port: number; cpu?: boolean },
  abort: AbortSignal,
): Promise<Running> {
  const found = running();
  if (found) return found;
  if (!isSetUp()) throw new UserError("ComfyUI is not set up: run 'npm run comfyui -- setup'.");
  const device = cpu ? 'cpu' : await deviceHere();
  const here = needCheckout('comfyui start', 'cli/comfyui/');
  const work = join(prefix(), 'work');
  for (const folder of FOLDERS) mkdirSync(join(work, folder), { recursive: true });
  const log = openSync(logFile(), 'w');
  const child = spawn(
    comfyuiPython(),
    [
      join(here, 'cli', 'comfyui', 'guarded.py'),
      ...comfyuiArguments({ port, device, node: 'ddcolor_node', work }),
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...inheritedEnvironment(/^(HOME|(CUDA|NVIDIA|HIP|ROCR|PYTORCH)_[A-Z_]+)$/),
        ...comfyuiEnvironment(),
      },
    },
  );
  closeSync(log);
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const started = { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, device };
  writeFileSync(stateFile(), JSON.stringify(started));
  try {
    if (await untilUp(started.url, () => ended, abort)) return started;
    if (ended) throw new UserError(`ComfyUI exited while it started:\n${lastLines()}`);
    throw new UserError(`ComfyUI did not come up within ${UP_WITHIN_SECONDS} s:\n${lastLines()}`);
  } catch (error) {
    await stopComfyui();
    throw error;
  }
}

/** @returns whether there was one */
export async function stopComfyui(): Promise<boolean> {
  const found = running();
  rmSync(stateFile(), { force: true });
  if (!found) return false;
  const kill = (signal: NodeJS.Signals | 0) => {
    try {
      process.kill(found.pid, signal);
      return true;
    } catch {
      return false;
    }
  };
  kill('SIGTERM');
  for (const startMs = performance.now(); performance.now() - startMs < GRACE_MS; await sleep(100))
    if (!kill(0)) return true;
  kill('SIGKILL');
  return true;
}

const lastLines = () => readFileSync(logFile(), 'utf8').trim().split('\n').slice(-15).join('\n');
