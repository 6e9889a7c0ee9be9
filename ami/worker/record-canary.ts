/** `--record-canary FILE WORKFLOW.json`: has ComfyUI colour the test picture, and writes the colours down; when an image is baked. */
import { readFile, writeFile } from 'node:fs/promises';
import { workflowSchema } from '../../contract/workflow.ts';
import { ComfyClient } from './comfy.ts';
import { infer } from './inference.ts';
import type { Log } from './log.ts';
import { checkReady } from './readiness.ts';
import { LocalStudio } from './studio.ts';
import { onPath } from './workflow.ts';

/** @throws the reason why ComfyUI cannot colour it */
export async function recordCanary(url: string, file: string, workflowFile: string, log: Log): Promise<void> {
  const workflow = workflowSchema.parse(JSON.parse(await readFile(workflowFile, 'utf8')));
  const client = new ComfyClient(url);
  const device = (await client.device()) === 'cuda' ? 'cuda' : 'cpu';
  const colours = await checkReady({
    client,
    settings: { device, workflow },
    studio: new LocalStudio({ maxMegapixels: 1, path: 'chroma', workflow }),
    infer: (png, withinMs) => infer({ client, workflow: onPath(workflow, 'chroma'), log }, png, withinMs),
  });
  await writeFile(file, `${JSON.stringify(colours)}\n`);
  log('info', 'canary-recorded', { file });
}
