/** A real ComfyUI on the CPU as a child process, whose DDColor node has a constant in place of its network. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  comfyuiArguments,
  comfyuiEnvironment,
  comfyuiPython,
  FOLDERS,
  untilUp,
} from '../../cli/comfyui/launch.ts';
import { UserError } from '../../common/errors.ts';
import { start } from '../../common/processes.ts';
import type { Scope } from '../../common/scope.ts';
import { freePort } from '../../local/aws/ministack.ts';

const NODE = join(import.meta.dirname, '..', '..', 'ami', 'comfyui', 'ddcolor_node');
const CONSTANT = join(import.meta.dirname, 'comfyui-node', 'model.py');

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
  const port = await freePort();
  const child = start(
    comfyuiPython(),
    [
      ...comfyuiArguments({ port, device: 'cpu', node: 'constant_node', work: folder }),
      ...['--extra-model-paths-config', paths],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...comfyuiEnvironment() } },
  );
  await scope.defer(() => child.stop());
  let last = '';
  const keep = (chunk: Buffer) => (last = (last + chunk.toString()).slice(-2000));
  child.process.stdout?.on('data', keep);
  child.process.stderr?.on('data', keep);
  let ended = false;
  void child.ended.then(() => (ended = true));
  const url = `http://127.0.0.1:${port}`;
  if (await untilUp(url, () => ended, abort)) return { pid: child.process.pid!, url, folder };
  throw new UserError(`ComfyUI did not come up:\n${last}`);
}

/** A peak of `peakMegabytesOf` then starts at what the process has. */
export const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, '5');
