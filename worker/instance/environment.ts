/** The environment variables that the image and its units set for the worker. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const commandSchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: 'custom', message: `not JSON: '${text}'` });
      return z.NEVER;
    }
  })
  .pipe(z.tuple([z.string().min(1)]).rest(z.string()));

const schema = z.object({
  COMFYUI_URL: z.url().default('http://127.0.0.1:8188'),
  /** ComfyUI's directory with `input` and `output`, where files of attempts are removed. */
  COMFYUI_DIRECTORY: z.string().min(1).optional(),
  /** JSON of the command that restarts ComfyUI and its arguments: `["systemctl","restart","comfyui"]`. */
  COMFYUI_RESTART: commandSchema.optional(),
  /** Colours that were recorded when the image was baked. */
  CANARY_FILE: z.string().min(1).optional(),
});

export type InstanceEnvironment = z.infer<typeof schema>;

/** @throws with every wrong variable named */
export function readEnvironment(environment: NodeJS.ProcessEnv): InstanceEnvironment {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) throw new Error(`environment: ${z.prettifyError(result.error)}`);
  return result.data;
}

const COMMAND_TIMEOUT_MS = 60_000;

/** @returns runs the command; rejects when it fails */
export const commandRunner = ([file, ...args]: [string, ...string[]]) => {
  return async () => {
    await promisify(execFile)(file, args, { timeout: COMMAND_TIMEOUT_MS });
  };
};
