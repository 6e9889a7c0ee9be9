/** Which of our workflows a running ComfyUI can run. */
import { UserError } from '../../common/errors.ts';

const WORKFLOWS: [node: string, workflow: string][] = [
  ['DDColor', 'ddcolor'],
  ['DDColor_Colorize', 'ddcolor-public-node'],
];
const OBJECT_INFO_WITHIN_MS = 15_000;

/**
 * Finds the workflow for the DDColor node that a ComfyUI has: ours or the public one.
 *
 * @returns the workflow's name
 * @throws UserError when it has neither
 */
export async function workflowAt(url: string): Promise<string> {
  for (const [node, workflow] of WORKFLOWS) {
    const signal = AbortSignal.timeout(OBJECT_INFO_WITHIN_MS);
    // ComfyUI answers `{}` for a class that it does not have.
    const answer = await fetch(`${url}/object_info/${node}`, { signal });
    if (answer.ok && node in ((await answer.json()) as object)) return workflow;
  }
  const nodes = WORKFLOWS.map(([node]) => `'${node}'`).join(' nor ');
  throw new UserError(
    `${url} has neither ${nodes}: 'npm run comfyui -- setup' installs a ComfyUI that has, or install a DDColor node there.`,
  );
}
