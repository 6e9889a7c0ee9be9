/** Starts and stops the ComfyUI that `setup` has made; one at a time, which outlives the command that started it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';
import { isSetUp, prefix } from './setup.ts';

const runningSchema = z.object({ pid: z.number().int(), url: z.url(), device: z.enum(['cuda', 'cpu']) });
export type Running = z.infer<typeof runningSchema>;

/** ComfyUI's own. */
export const COMFYUI_PORT = 8188;
const UP_WITHIN_MS = 180_000;
const LOOK_MS = 500;
const GRACE_MS = 10_000;
const FOLDERS = ['input', 'output', 'temp', 'user'] as const;

const note = () => join(prefix(), 'running.json');
/** Not among the logs of runs, which are removed when the next one starts. */
const logFile = () => join(prefix(), 'comfyui.log');

/** The one that runs. */
export function running(): Running | undefined {
  try {
    const found = runningSchema.parse(JSON.parse(readFileSync(note(), 'utf8')));
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
 * Starts it, or finds it running.
 *
 * @param cpu computes on the CPU even where there is a GPU
 * @throws UserError when it is not set up, or does not come up
 */
export async function startComfyui(
  { port, cpu = false }: { port: number; cpu?: boolean },
  abort: AbortSignal,
): Promise<Running> {
  const found = running();
  if (found) return found;
  if (!isSetUp()) throw new UserError("ComfyUI is not set up: 'npm run comfyui -- setup' does that.");
  const device = cpu ? 'cpu' : await deviceHere();
  const root = join(prefix(), 'opt', 'comfyui');
  const work = join(prefix(), 'work');
  for (const folder of FOLDERS) mkdirSync(join(work, folder), { recursive: true });
  const log = openSync(logFile(), 'w');
  const child = spawn(
    join(root, '.venv', 'bin', 'python'),
    [
      join(root, 'main.py'),
      ...(device === 'cpu' ? ['--cpu'] : []),
      ...['--listen', '127.0.0.1', '--port', String(port)],
      // As on an instance: no page, no metadata in pictures, no node but ours.
      ...['--disable-auto-launch', '--disable-metadata', '--disable-api-nodes'],
      ...['--disable-all-custom-nodes', '--whitelist-custom-nodes', 'ddcolor_node'],
      ...['--front-end-root', join(root, 'empty-page')],
      ...FOLDERS.flatMap((folder) => [`--${folder}-directory`, join(work, folder)]),
    ],
    {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        PYTHONPATH: join(prefix(), 'opt', 'ddcolor'),
        PYTHONUNBUFFERED: '1',
        HF_HUB_OFFLINE: '1',
        TRANSFORMERS_OFFLINE: '1',
        DO_NOT_TRACK: '1',
      },
    },
  );
  closeSync(log);
  child.unref();
  let ended = false;
  child.once('exit', () => (ended = true));
  child.once('error', () => (ended = true));
  const started = { pid: child.pid ?? 0, url: `http://127.0.0.1:${port}`, device };
  writeFileSync(note(), JSON.stringify(started));
  try {
    for (
      const startMs = performance.now();
      performance.now() - startMs < UP_WITHIN_MS;
      await sleep(LOOK_MS)
    ) {
      abort.throwIfAborted();
      if (ended) throw new UserError(`ComfyUI ended while it started:\n${lastLines()}`);
      const answer = await fetch(`${started.url}/system_stats`).catch(() => undefined);
      if (answer?.ok) return started;
    }
    throw new UserError(`ComfyUI did not come up within ${UP_WITHIN_MS / 1000} s:\n${lastLines()}`);
  } catch (error) {
    await stopComfyui();
    throw error;
  }
}

/** @returns whether there was one */
export async function stopComfyui(): Promise<boolean> {
  const found = running();
  rmSync(note(), { force: true });
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
