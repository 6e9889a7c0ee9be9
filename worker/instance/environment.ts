/** The environment variables that the image and its units set for the worker, and the priority of its process. */
import { execFile } from 'node:child_process';
import { setPriority } from 'node:os';
import { promisify } from 'node:util';
import { z } from 'zod';
import { describeError, type Log } from '../telemetry/log.ts';

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
  /** Unix socket that has one image process behind each connection. @default child processes of the worker */
  IMAGE_SOCKET: z.string().min(1).optional(),
  /** @default two more than the processors can keep at work beside ComfyUI */
  IMAGE_PROCESSES: z.coerce.number().int().min(1).max(256).optional(),
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

/** Of 0 to 19: ComfyUI, which keeps the GPU busy, then gets about ten times the processor time of the worker. */
const NICENESS = 10;

/** Lowers the priority of this process. Call it first: on Linux only threads and processes that start later inherit it. */
export function lowerPriority(log: Log): void {
  try {
    setPriority(NICENESS);
  } catch (error) {
    log('warn', 'priority-not-lowered', { error: describeError(error) });
  }
}
