/** Which of our workflows a ComfyUI can run: ours, or the one for the public DDColor node, which many have. */
import { UserError } from '../../common/errors.ts';

const BY_NODE: [node: string, workflow: string][] = [
  ['DDColor', 'ddcolor'],
  ['DDColor_Colorize', 'ddcolor-public-node'],
];
const ANSWER_WITHIN_MS = 15_000;

/** @throws UserError when it has no node for DDColor */
export async function workflowAt(url: string): Promise<string> {
  for (const [node, workflow] of BY_NODE) {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    // `{}` for a class that is not there.
    const answer = await fetch(`${url}/object_info/${node}`, { signal });
    if (answer.ok && node in ((await answer.json()) as object)) return workflow;
  }
  const nodes = BY_NODE.map(([node]) => `'${node}'`).join(' nor ');
  throw new UserError(
    `${url} has neither ${nodes}: 'npm run comfyui -- setup' makes a ComfyUI that has, or install a node for DDColor there.`,
  );
}
