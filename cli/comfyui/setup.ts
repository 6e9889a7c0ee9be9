/** Sets up a real ComfyUI with DDColor below `.local/` by the steps that build an image. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const PROVISION = join(import.meta.dirname, '..', '..', 'ami', 'provision');

/** Its folder. */
export const prefix = () => localPath('comfyui');

export interface SetupOptions {
  /** Local checkouts instead of downloads. */
  comfyui?: string | undefined;
  ddcolor?: string | undefined;
  /** A local file of the weights instead of a download. */
  weights?: string | undefined;
  /** Seed of random weights. */
  randomWeights?: string | undefined;
  /** Scripts of `ami/provision/`, without extension. @default all that ComfyUI needs */
  steps?: string[];
}

/** @throws UserError with the last output of the failed step */
export async function setup(
  options: SetupOptions,
  abort: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const from: Record<string, string | undefined> = {
    COMFYUI_SOURCE: options.comfyui,
    DDCOLOR_SOURCE: options.ddcolor,
    WEIGHTS_SOURCE: options.weights,
    RANDOM_WEIGHTS: options.randomWeights,
  };
  for (const step of options.steps ?? ['all']) {
    const { code, output } = await runToEnd('bash', [join(PROVISION, `${step}.sh`)], {
      env: { ...process.env, ...from, PREFIX: prefix() },
      abort,
      onLine: say,
    });
    if (code === 0) continue;
    const last = output.trim().split('\n').slice(-3).join('\n');
    throw new UserError(`ComfyUI was not set up; finished steps are kept for the next attempt:\n${last}`);
  }
}

export const isSetUp = () => existsSync(join(prefix(), 'opt', 'comfyui', 'custom_nodes', 'ddcolor_node'));
