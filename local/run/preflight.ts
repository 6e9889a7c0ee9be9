/** Checks before anything is started; each failure is a UserError of one line. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../common/errors.ts';

const ANSWER_WITHIN_MS = 5000;
const statsSchema = z.object({ devices: z.array(z.object({ type: z.string() })).min(1) });

/** @throws UserError when no ComfyUI answers at the URL, or its device is not the one that the stage expects */
export async function checkComfyui(url: string, device: string): Promise<void> {
  let body: unknown;
  try {
    const answer = await fetch(`${url}/system_stats`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!answer.ok) throw new Error(`/system_stats answered ${answer.status}`);
    body = await answer.json();
  } catch (error) {
    const cause = (error as Error).cause;
    const reason = cause instanceof Error ? cause.message : (error as Error).message;
    throw new UserError(`--comfyui ${url}: no answer from ComfyUI (${reason}).`, { cause: error });
  }
  const stats = statsSchema.safeParse(body);
  if (!stats.success) throw new UserError(`--comfyui ${url}: the server there is not ComfyUI.`);
  const found = stats.data.devices[0]?.type;
  if (found !== device) {
    throw new UserError(
      `--comfyui ${url} computes on ${found}, and the stage 'local' expects ${device}: set its 'device' in bin/stages.ts.`,
    );
  }
}

/** @throws UserError when a file could not be written at this path */
export async function checkWritable(file: string): Promise<void> {
  const path = resolve(file);
  if ((await stat(path).catch(() => undefined))?.isDirectory())
    throw new UserError(`--json '${file}' is a folder.`);
  await access(dirname(path), constants.W_OK).catch((cause: Error) => {
    throw new UserError(`--json '${file}': its folder is not writable.`, { cause });
  });
}
