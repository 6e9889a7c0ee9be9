/** What functions are given of a stage's workflows, as environment variables. */
import type { WorkflowWords } from '../contract/offered-workflow.ts';
import { photoOptions } from '../contract/workflow-option.ts';
import type { Workflow } from '../contract/workflow.ts';
import { loadWorkflows, type NamedWorkflows } from './workflows.ts';

/** Of the 4 KB that a function's environment may have. */
const MOST_BYTES = 3000;

/** Side of the square at which colours are computed, pixels; 0 where the workflow needs the whole photo. */
const chromaSizeOf = ({ chroma }: Workflow): number => chroma?.size ?? 0;

const named = ({ name, label = { en: name, 'zh-CN': name } }: Workflow) => ({ name, label });

/** Of the gateway's function. @throws Error when they are too long */
export function workflowVariables(settings: NamedWorkflows) {
  const { workflow, otherWorkflows } = loadWorkflows(settings);
  const words: WorkflowWords | undefined = otherWorkflows && {
    own: named(workflow),
    graphs: otherWorkflows.graphs.map((graph) => ({
      ...named(graph),
      chromaSize: chromaSizeOf(graph),
      options: photoOptions(graph),
    })),
    names: otherWorkflows.names,
  };
  const variables = {
    CHROMA_SIZE: String(chromaSizeOf(workflow)),
    OPTIONS: JSON.stringify(photoOptions(workflow)),
    ...(words && { WORKFLOWS: JSON.stringify(words) }),
  };
  const bytes = Buffer.byteLength(variables.OPTIONS + (variables.WORKFLOWS ?? ''));
  if (bytes <= MOST_BYTES) return variables;
  const names = [settings.workflow, ...settings.otherWorkflows].map((name) => `'${name}'`).join(', ');
  throw new Error(
    `workflow ${names}: its options with their words have ${bytes} bytes; at most ${MOST_BYTES} are allowed`,
  );
}

/** Of the scaler's function; without it the stage has one workflow. */
export const workflowsVariable = (names: readonly string[] = []): { WORKFLOWS?: string } =>
  names.length > 1 ? { WORKFLOWS: JSON.stringify(names) } : {};
