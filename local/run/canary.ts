/** Records the canary of a local run from the ComfyUI that its workers use, as an image bake does. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { childEnvironment, localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

export interface CanaryOptions {
  /** Bundles. */
  worker: string;
  standIn: string;
  /** A real ComfyUI; undefined takes the stand-in. */
  comfyui: string | undefined;
  workflow: string;
  endpoint: string;
  abort: AbortSignal;
}

/** @returns the path of the canary. @throws UserError when ComfyUI cannot colour the test picture */
export async function recordCanary(options: CanaryOptions): Promise<string> {
  const { worker, standIn, comfyui, workflow, endpoint, abort } = options;
  const file = localPath('build', 'canary.json');
  const child = comfyui === undefined ? fork(standIn, ['--seconds', '0'], { silent: true }) : undefined;
  try {
    const url = comfyui ?? ((await once(child!, 'message')) as [{ url: string }])[0].url;
    const env = { ...childEnvironment(endpoint), COMFYUI_URL: url };
    const args = [worker, '--record-canary', file, workflow];
    const { code, output } = await runToEnd(process.execPath, args, { abort, env });
    if (code !== 0) throw new UserError(`ComfyUI at ${url} could not colour a test picture:\n${output}`);
    return file;
  } finally {
    child?.kill();
  }
}
