/** How the ComfyUI of `setup` is launched. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prefix } from './setup.ts';

export const UP_WITHIN_SECONDS = 180;
const POLL_MS = 250;

/** Each is an option of ComfyUI too. */
export const FOLDERS = ['input', 'output', 'temp', 'user'] as const;

export const comfyuiRoot = () => join(prefix(), 'opt', 'comfyui');
export const comfyuiPython = () => join(comfyuiRoot(), '.venv', 'bin', 'python');

export interface Launch {
  port: number;
  device: 'cuda' | 'cpu';
  /** Folder of the one node that is loaded. */
  node: string;
  /** With the {@link FOLDERS}. */
  work: string;
}

/** As on an instance: no web page, no metadata in pictures, only our node. */
export function comfyuiArguments({ port, device, node, work }: Launch): string[] {
  const root = comfyuiRoot();
  return [
    join(root, 'main.py'),
    ...(device === 'cpu' ? ['--cpu'] : []),
    ...['--listen', '127.0.0.1', '--port', String(port)],
    ...['--disable-auto-launch', '--disable-metadata', '--disable-api-nodes'],
    ...['--disable-all-custom-nodes', '--whitelist-custom-nodes', node],
    ...['--front-end-root', join(root, 'empty-page')],
    ...FOLDERS.flatMap((folder) => [`--${folder}-directory`, join(work, folder)]),
  ];
}

/** Without downloads. */
export const comfyuiEnvironment = () => ({
  PYTHONPATH: join(prefix(), 'opt', 'ddcolor'),
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '1',
  HF_HUB_OFFLINE: '1',
  TRANSFORMERS_OFFLINE: '1',
  DO_NOT_TRACK: '1',
});

/** @returns whether it answers before it has ended and within {@link UP_WITHIN_SECONDS} */
export async function untilUp(url: string, hasEnded: () => boolean, abort: AbortSignal): Promise<boolean> {
  const untilMs = performance.now() + 1000 * UP_WITHIN_SECONDS;
  while (performance.now() < untilMs && !hasEnded()) {
    abort.throwIfAborted();
    const answer = await fetch(`${url}/system_stats`).catch(() => undefined);
    if (answer?.ok) return true;
    await sleep(POLL_MS);
  }
  return false;
}
