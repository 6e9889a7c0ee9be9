/** A real ComfyUI with DDColor below `.local/`, made by the same steps as an image. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localPath } from '../../common/environment.ts';
import { runToEnd } from '../../common/processes.ts';
import { UserError } from '../../common/errors.ts';

const PROVISION = join(import.meta.dirname, '..', '..', 'ami', 'provision');

/** Where it is made, and where its folders are. */
export const prefix = () => localPath('comfyui');

export interface SetupOptions {
  /** Checkouts on this machine, in place of the net. */
  comfyui?: string | undefined;
  ddcolor?: string | undefined;
  /** The weights on this machine, in place of the net. */
  weights?: string | undefined;
  /** Seed of weights that mean nothing. */
  randomWeights?: string | undefined;
  /** Scripts of `ami/provision/`, without their ending. @default all that a ComfyUI needs */
  steps?: string[];
}

/** @throws UserError with what the step that failed has said */
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
    throw new UserError(`ComfyUI was not set up; what is there already is kept for the next try:\n${last}`);
  }
}

export const isSetUp = () => existsSync(join(prefix(), 'opt', 'comfyui', 'custom_nodes', 'ddcolor_node'));
