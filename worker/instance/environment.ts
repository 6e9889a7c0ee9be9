/** What the image says of its machine, in the environment of the worker's service. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { z } from 'zod';

const command = z
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
  /** With ComfyUI's `input` and `output`: what attempts leave there is removed. */
  COMFYUI_DIRECTORY: z.string().min(1).optional(),
  /** JSON of the command and its arguments that restart ComfyUI, for example `["systemctl","restart","comfyui"]`. */
  COMFYUI_RESTART: command.optional(),
  /** What was recorded when the image was baked. */
  CANARY_FILE: z.string().min(1).optional(),
});

export type InstanceEnvironment = z.infer<typeof schema>;

/** @throws with every wrong variable named */
export function readEnvironment(environment: NodeJS.ProcessEnv): InstanceEnvironment {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const machine = schema.safeParse(given);
  if (!machine.success) throw new Error(`environment: ${z.prettifyError(machine.error)}`);
  return machine.data;
}

const RESTART_MS = 60_000;

/** @returns what rejects when the command fails */
export const commandRunner = ([file, ...args]: [string, ...string[]]) => {
  return async () => {
    await promisify(execFile)(file, args, { timeout: RESTART_MS });
  };
};
