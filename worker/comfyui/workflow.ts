/** Fills the stage's workflow for one prompt. */
import type { WorkerSettings } from '../../contract/worker.ts';
import { inputsOf } from '../../contract/workflow-option.ts';
import { isPlanes, type Workflow } from '../../contract/workflow.ts';
import type { Options } from '../photo/options.ts';

/** A graph in ComfyUI's API format. */
export type Graph = Workflow['graph'];

/**
 * Returns the graph with a picture, the prefix of its output, and the options of its photos.
 *
 * Node ids and classes stay the same: ComfyUI keeps loaded models by them.
 *
 * @param workflow as it runs on a path
 * @param picture name of the uploaded picture
 * @param precision value of the workflow's input for it. @default the graph's own
 */
export function fillWorkflow(
  workflow: Workflow,
  picture: string,
  outputPrefix: string,
  options: Options = {},
  precision?: string,
): Graph {
  const graph = structuredClone(workflow.graph);
  const set = (node: string, field: string, value: string | number) => {
    const target = graph[node];
    if (!target) throw new Error(`workflow '${workflow.name}' has no node '${node}'`);
    target.inputs[field] = value;
  };
  for (const [name, value] of Object.entries(options)) {
    const option = workflow.options[name];
    if (!option) continue;
    for (const { node, field, value: chosen } of inputsOf(option, value)) set(node, field, chosen);
  }
  const { precision: input } = workflow.chroma ?? {};
  if (input && precision !== undefined) set(input.node, input.field, precision);
  set(workflow.input.node, workflow.input.field, picture);
  set(workflow.output.node, workflow.output.prefixField, outputPrefix);
  return graph;
}

/** The workflow as it runs on a path: on the chroma path with the graph of that path, or saving what `chroma.saves` names. */
export function onPath(workflow: Workflow, path: WorkerSettings['path']): Workflow {
  const { chroma, input, output } = workflow;
  if (path !== 'chroma' || !chroma) return workflow;
  const { graph } = chroma;
  if (graph)
    return {
      ...workflow,
      graph,
      input: { ...input, ...chroma.input },
      output: { ...output, ...chroma.output },
    };
  if (!chroma.saves) return workflow;
  const changed = structuredClone(workflow);
  changed.graph[output.node]!.inputs[output.pictureField] = chroma.saves;
  return changed;
}

/** Whether a photo on this path goes to ComfyUI as a plane of grey bytes and comes back as two of chroma. */
export const usesPlanes = (workflow: Workflow, path: WorkerSettings['path']): boolean =>
  path === 'chroma' && isPlanes(workflow);

/** Most photos in one prompt of a stage, on the chroma path. */
export const maxBatch = ({ workflow, batchSize }: Pick<WorkerSettings, 'workflow' | 'batchSize'>): number =>
  isPlanes(workflow) ? Math.min(batchSize, workflow.chroma?.batch ?? 1) : 1;

/** The node classes of a workflow on all its paths, each once. */
export const workflowClasses = ({ graph, chroma }: Workflow): string[] => [
  ...new Set(
    [graph, chroma?.graph ?? {}].flatMap((one) => Object.values(one).map((node) => node.class_type)),
  ),
];
