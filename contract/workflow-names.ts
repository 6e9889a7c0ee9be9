/** Names of workflows and of chains, as photos, callers and settings give them. Plain values, also for browsers. */

/** S3 metadata of a photo (`x-amz-meta-workflow`) with its workflow or chain. @default the stage's own workflow */
export const WORKFLOW_METADATA = 'workflow';

/** Between the workflows of a chain. */
const CHAIN = '+';

/** Of a workflow that a photo can name: metadata and metrics have it. */
export const WORKFLOW_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/;
export const WORKFLOW_NAME_RULE = "up to 40 letters, digits, '.', '_' and '-', the first a letter or digit";

/** Workflows and chains beside the stage's own. */
export const MOST_OTHER_WORKFLOWS = 8;

export const isChain = (name: string): boolean => name.includes(CHAIN);

/** Of a chain its workflows in order; of a workflow itself. */
export const stepNames = (name: string): string[] => name.split(CHAIN);

/** Longest part of a name in an error: metadata may have anything. */
const SHOWN = 60;

/** Why a photo cannot have this workflow: the value, and what is allowed. */
export function workflowRefusal(name: string, allowed: readonly string[]): string {
  const shown = name.length > SHOWN ? `${name.slice(0, SHOWN)}...` : name;
  return `The workflow is '${shown}'; allowed is ${allowed.join(', ')}.`;
}
