/**
 * `npm run bench -- adopt [--worker FILE] [--comfyui FILE]`: puts measured figures into contract/photo-costs.ts, from the JSON that `bench -- worker`
 * and `bench -- comfyui` write, and writes the tables that follow from them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Measurement } from '../../contract/photo-costs.ts';
import { UserError } from '../../common/errors.ts';
import { printLine } from '../../common/terminal.ts';
import { SCAN_KINDS } from './worker-options.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const FILE = join(ROOT, 'contract', 'photo-costs.ts');

const workerSchema = z.object({
  photos: z
    .array(
      z.object({
        megapixels: z.number().positive(),
        kind: z.enum(SCAN_KINDS),
        cpuSeconds: z.number().positive(),
      }),
    )
    .min(1),
});
const positive = z.number().positive();
/** CPU seconds, and those of the clock. */
const seconds = z.object({ secondsPerPhoto: positive, wallSecondsPerPhoto: positive });
const comfyuiSchema = z.object({ single: seconds, batch8: seconds });

/** To a tenth of a millisecond, or three digits. */
const rounded = (value: number) => Number(value.toPrecision(3));
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
const madeBy = ({ machine, date, command }: Measurement) =>
  [`  machine: ${quoted(machine)},`, `  date: ${quoted(date)},`, `  command: ${quoted(command)},`].join('\n');

/** Puts the body of a constant between its first line and its closing brace. @throws UserError when it is not there */
function withBody(text: string, start: string, body: string): string {
  const from = text.indexOf(start);
  const to = text.indexOf('\n};', from);
  if (from < 0 || to < 0) throw new UserError(`contract/photo-costs.ts has no '${start}'`);
  return `${text.slice(0, from)}${start}\n${body}${text.slice(to)}`;
}

function parsed<T>(schema: z.ZodType<T>, file: string, json: string): T {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    throw new UserError(`${file} has no figures of that bench: ${(error as Error).message}`);
  }
}

/** @param json of `bench -- worker --json` */
export function withWorkerCosts(text: string, file: string, json: string, by: Measurement): string {
  const { photos } = parsed(workerSchema, file, json);
  const rows = photos.map(
    ({ megapixels, kind, cpuSeconds }) =>
      `    { megapixels: ${megapixels}, kind: '${kind}', cpuSeconds: ${rounded(cpuSeconds)} },`,
  );
  const body = [madeBy(by), '  photos: [', ...rows, '  ],'].join('\n');
  return withBody(text, 'export const WORKER_COSTS: WorkerCosts = {', body);
}

/** @param json of `bench -- comfyui --json` */
export function withComfyuiCosts(text: string, file: string, json: string, by: Measurement): string {
  const { single, batch8 } = parsed(comfyuiSchema, file, json);
  const cost = ({ secondsPerPhoto, wallSecondsPerPhoto }: z.infer<typeof seconds>) =>
    `{ cpuSeconds: ${rounded(secondsPerPhoto)}, seconds: ${rounded(wallSecondsPerPhoto)} },`;
  const body = [madeBy(by), `  single: ${cost(single)}`, `  batch8: ${cost(batch8)}`].join('\n');
  return withBody(text, 'export const COMFYUI_COSTS: ComfyuiCosts = {', body);
}

export interface AdoptOptions {
  worker?: string;
  comfyui?: string;
  machine: string;
  date: string;
}

export async function adopt({ worker, comfyui, machine, date }: AdoptOptions): Promise<number> {
  if (worker === undefined && comfyui === undefined)
    throw new UserError('give --worker FILE, --comfyui FILE or both');
  let text = readFileSync(FILE, 'utf8');
  if (worker !== undefined) {
    const by = { machine, date, command: 'npm run bench -- worker' };
    text = withWorkerCosts(text, worker, readFileSync(worker, 'utf8'), by);
  }
  if (comfyui !== undefined) {
    const by = { machine, date, command: 'npm run bench -- comfyui' };
    text = withComfyuiCosts(text, comfyui, readFileSync(comfyui, 'utf8'), by);
  }
  writeFileSync(FILE, text);
  printLine('contract/photo-costs.ts: written');
  // A process of its own, which reads the new figures.
  execFileSync(process.execPath, [join(ROOT, 'tools', 'run.mjs'), 'reference'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return 0;
}
