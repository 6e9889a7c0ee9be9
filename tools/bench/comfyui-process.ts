/** A real ComfyUI on the CPU as a child process, whose DDColor node has a constant in place of its network. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { prefix } from '../../cli/comfyui/setup.ts';
import { UserError } from '../../common/errors.ts';
import { start } from '../../common/processes.ts';
import type { Scope } from '../../common/scope.ts';
import { freePort } from '../../local/aws/ministack.ts';

const NODE = join(import.meta.dirname, '..', '..', 'ami', 'comfyui', 'ddcolor_node');
const CONSTANT = join(import.meta.dirname, 'comfyui-node', 'model.py');
const UP_WITHIN_MS = 180_000;
const FOLDERS = ['input', 'output', 'temp', 'user'] as const;

/** File name of a checkpoint, which is never read. */
export const CHECKPOINT = 'constant.pth';

export interface ComfyuiProcess {
  pid: number;
  url: string;
  /** With its `input`, `output` and `temp`. */
  folder: string;
}

/** @throws UserError when it does not come up */
export async function startConstantComfyui(scope: Scope, abort: AbortSignal): Promise<ComfyuiProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'comfyui-bench-'));
  await scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of [...FOLDERS, 'models', 'custom_nodes']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'models', CHECKPOINT), '');
  const node = join(folder, 'custom_nodes', 'constant_node');
  cpSync(NODE, node, { recursive: true, filter: (path) => !path.endsWith('__pycache__') });
  cpSync(CONSTANT, join(node, 'model.py'));
  const paths = join(folder, 'paths.yaml');
  writeFileSync(paths, `bench:\n  base_path: ${folder}\n  custom_nodes: custom_nodes\n  ddcolor: models\n`);
  const root = join(prefix(), 'opt', 'comfyui');
  const port = await freePort();
  const child = start(
    join(root, '.venv', 'bin', 'python'),
    [
      join(root, 'main.py'),
      ...['--cpu', '--listen', '127.0.0.1', '--port', String(port)],
      ...['--disable-auto-launch', '--disable-metadata', '--disable-api-nodes'],
      ...['--disable-all-custom-nodes', '--whitelist-custom-nodes', 'constant_node'],
      ...['--extra-model-paths-config', paths, '--front-end-root', join(root, 'empty-page')],
      ...FOLDERS.flatMap((name) => [`--${name}-directory`, join(folder, name)]),
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PYTHONPATH: join(prefix(), 'opt', 'ddcolor'),
        PYTHONUNBUFFERED: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        HF_HUB_OFFLINE: '1',
        TRANSFORMERS_OFFLINE: '1',
        DO_NOT_TRACK: '1',
      },
    },
  );
  await scope.defer(() => child.stop());
  let last = '';
  const keep = (chunk: Buffer) => (last = (last + chunk.toString()).slice(-2000));
  child.process.stdout?.on('data', keep);
  child.process.stderr?.on('data', keep);
  let ended = false;
  void child.ended.then(() => (ended = true));
  const url = `http://127.0.0.1:${port}`;
  for (const startMs = performance.now(); performance.now() - startMs < UP_WITHIN_MS; await sleep(200)) {
    abort.throwIfAborted();
    if (ended) break;
    const answer = await fetch(`${url}/system_stats`).catch(() => undefined);
    if (answer?.ok) return { pid: child.process.pid!, url, folder };
  }
  throw new UserError(`ComfyUI did not come up:\n${last}`);
}

/** CPU seconds of a process so far, all of its threads; to 10 ms. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Most resident memory of a process in megabytes, since `forgetPeak`. */
export function peakMegabytes(pid: number): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? [];
  return (Number(kilobytes) * 1024) / 1e6;
}

export const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');
