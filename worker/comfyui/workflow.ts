/** Fills the stage's workflow for one attempt. */
import type { WorkerSettings } from '../../contract/worker.ts';
import type { Workflow } from '../../contract/workflow.ts';
import type { Options } from '../photo/options.ts';

/** A graph in ComfyUI's API format. */
export type Graph = Workflow['graph'];

/**
 * Returns the graph with a picture, the prefix of its output, and the photo's options.
 *
 * Node ids and classes stay the same: ComfyUI keeps loaded models by them.
 *
 * @param picture name of the uploaded picture
 */
export function fillWorkflow(
  workflow: Workflow,
  picture: string,
  outputPrefix: string,
  options: Options = {},
): Graph {
  const graph = structuredClone(workflow.graph);
  const set = (node: string, field: string, value: string | number) => {
    const target = graph[node];
    if (!target) throw new Error(`workflow '${workflow.name}' has no node '${node}'`);
    target.inputs[field] = value;
  };
  for (const [name, value] of Object.entries(options)) {
    const option = workflow.options[name];
    if (option) set(option.node, option.field, value);
  }
  set(workflow.input.node, workflow.input.field, picture);
  set(workflow.output.node, workflow.output.prefixField, outputPrefix);
  return graph;
}

/** The workflow as it runs on a path: on the chroma path it saves what `chroma.saves` names. */
export function onPath(workflow: Workflow, path: WorkerSettings['path']): Workflow {
  const saves = path === 'chroma' ? workflow.chroma?.saves : undefined;
  if (!saves) return workflow;
  const changed = structuredClone(workflow);
  changed.graph[workflow.output.node]!.inputs[workflow.output.pictureField] = saves;
  return changed;
}

/** The node classes of the graph, each once. */
export const workflowClasses = (workflow: Workflow) => [
  ...new Set(Object.values(workflow.graph).map((node) => node.class_type)),
];
