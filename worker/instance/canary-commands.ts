/**
 * Commands of the image bake: `--record-canary FILE WORKFLOW.json` has ComfyUI colour the test picture and records its colours;
 * `--check-canary FILE WORKFLOW.json` colours it again and fails when the colours differ.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { workflowSchema, type Workflow } from '../../contract/workflow.ts';
import { readCanary, type Canary } from '../comfyui/canary.ts';
import { ComfyuiClient } from '../comfyui/client.ts';
import { infer } from '../comfyui/inference.ts';
import { Precision, withPrecision } from '../comfyui/precision.ts';
import { checkReady } from '../comfyui/readiness.ts';
import { ImageProcesses } from '../imaging/image-processes.ts';
import type { Log } from '../telemetry/log.ts';

/** @throws the reason why ComfyUI cannot colour the test picture */
export async function recordCanary(url: string, file: string, workflowFile: string, log: Log): Promise<void> {
  // By the most exact precision, which judges the others.
  const colours = await colourTestPicture(url, workflowFile, log, (workflow) => Precision.last(workflow));
  await writeFile(file, `${JSON.stringify(colours)}\n`);
  log('info', 'canary-recorded', { file });
}

/** @throws CanaryMismatch, or the reason why ComfyUI cannot colour the test picture */
export async function checkCanary(url: string, file: string, workflowFile: string, log: Log): Promise<void> {
  const first = (workflow: Workflow) => Precision.first(workflow);
  await colourTestPicture(url, workflowFile, log, first, await readCanary(file));
  log('info', 'canary-passed', { file });
}

async function colourTestPicture(
  url: string,
  workflowFile: string,
  log: Log,
  precisionOf: (workflow: Workflow) => Precision,
  canary?: Canary,
): Promise<Canary> {
  const workflow = workflowSchema.parse(JSON.parse(await readFile(workflowFile, 'utf8')));
  const client = new ComfyuiClient(url);
  const device = (await client.device()) === 'cuda' ? 'cuda' : 'cpu';
  const precision = precisionOf(workflow);
  const inference = { client, workflow, path: 'chroma', precision, log } as const;
  const images = new ImageProcesses({ maxMegapixels: 1, path: 'chroma', workflow }, 1, log);
  const check = () =>
    checkReady({
      client,
      settings: { device, workflow },
      images,
      infer: (upload, withinMs) => infer(inference, upload, withinMs),
      canary,
    });
  return withPrecision(check, precision, log)();
}
