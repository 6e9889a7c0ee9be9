/** Which of our workflows a ComfyUI can run: ours, or the one for the public DDColor node, which many have. */
import { ComfyClient } from '../../ami/worker/comfy.ts';
import { UserError } from '../processes.ts';

const BY_NODE: [node: string, workflow: string][] = [
  ['DDColor', 'ddcolor'],
  ['DDColor_Colorize', 'ddcolor-public-node'],
];

/** @throws UserError when it has no node for DDColor */
export async function workflowAt(url: string): Promise<string> {
  const client = new ComfyClient(url);
  for (const [node, workflow] of BY_NODE) if (await client.hasClass(node)) return workflow;
  const nodes = BY_NODE.map(([node]) => `'${node}'`).join(' nor ');
  throw new UserError(
    `${url} has neither ${nodes}: 'npm run comfyui -- setup' makes a ComfyUI that has, or install a node for DDColor there.`,
  );
}
