/** The workflows of a stage: a photo names one of them, or a chain, which it goes through step by step. */
import { z } from 'zod';
import { isChain, stepNames, WORKFLOW_NAME, WORKFLOW_NAME_RULE } from './workflow-names.ts';
import { photoOptions } from './workflow-option.ts';
import { workflowSchema, type Workflow } from './workflow.ts';

/** Beside the stage's own workflow, with which photos that name none are processed. */
export const otherWorkflowsSchema = z.object({
  /** Each once, whether it is named alone or in a chain. */
  graphs: z.array(workflowSchema),
  /** What a photo may name, beside the stage's own: workflows and chains. */
  names: z.array(z.string()).min(1),
});

export interface StageWorkflows {
  workflow: Workflow;
  /** @default - photos have the stage's own workflow */
  otherWorkflows?: z.infer<typeof otherWorkflowsSchema> | undefined;
}

/** What a photo goes through. */
export interface PhotoWorkflow {
  name: string;
  /** One, or those of a chain in their order. */
  steps: readonly Workflow[];
}

/** The workflows of a stage, each once, its own first. */
export const graphsOf = ({ workflow, otherWorkflows }: StageWorkflows): Workflow[] => [
  workflow,
  ...(otherWorkflows?.graphs ?? []),
];

/** @param name of one of them. @default the stage's own @throws Error for a name that the stage does not have */
export function graphNamed(stage: StageWorkflows, name = stage.workflow.name): Workflow {
  const graph = graphsOf(stage).find((one) => one.name === name);
  if (!graph) throw new Error(`the stage has no workflow '${name}'`);
  return graph;
}

/** What a photo of the stage may name, its own workflow first. */
export const workflowNames = ({ workflow, otherWorkflows }: StageWorkflows): string[] => [
  workflow.name,
  ...(otherWorkflows?.names ?? []),
];

/** @param name @default the stage's own @returns undefined for a name that photos of the stage cannot have */
export function workflowNamed(stage: StageWorkflows, name = stage.workflow.name): PhotoWorkflow | undefined {
  if (!workflowNames(stage).includes(name)) return undefined;
  if (name === stage.workflow.name) return { name, steps: [stage.workflow] };
  const graphs = graphsOf(stage);
  const steps = stepNames(name).flatMap((step) => graphs.find((one) => one.name === step) ?? []);
  return { name, steps };
}

/** Width and height of the result, relative to the photo's. */
export const scaleOf = ({ steps }: PhotoWorkflow): number => steps.at(-1)?.output.scale ?? 1;

/** What is wrong with a stage's workflows, each with the value and what is allowed. */
export function workflowProblems(stage: StageWorkflows): string[] {
  const { otherWorkflows } = stage;
  if (!otherWorkflows) return [];
  const graphs = graphsOf(stage);
  const problems = graphs.flatMap(({ name }) =>
    WORKFLOW_NAME.test(name)
      ? []
      : [`workflow '${name}': beside others its name must be ${WORKFLOW_NAME_RULE}`],
  );
  const twice = (names: string[]) => names.filter((name, at) => names.indexOf(name) !== at);
  for (const name of twice(graphs.map((one) => one.name)))
    problems.push(`workflow '${name}': two files have this name; each needs its own`);
  for (const name of twice(workflowNames(stage))) problems.push(`workflow '${name}': is listed twice`);
  for (const name of otherWorkflows.names)
    problems.push(...(isChain(name) ? chainProblems(name, graphs) : unknownSteps(name, [name], graphs)));
  return problems;
}

const unknownSteps = (name: string, steps: string[], graphs: Workflow[]): string[] =>
  steps
    .filter((step) => !graphs.some((one) => one.name === step))
    .map(
      (step) =>
        `workflow '${name}': there is no workflow '${step}'; the stage has ${graphs.map((one) => one.name).join(', ')}`,
    );

function chainProblems(name: string, graphs: Workflow[]): string[] {
  const names = stepNames(name);
  const unknown = unknownSteps(name, names, graphs);
  if (unknown.length > 0) return unknown;
  const steps = names.map((step) => graphs.find((one) => one.name === step)!);
  const problems: string[] = [];
  for (const { name: step, output } of steps.slice(0, -1))
    if (output.scale !== 1)
      problems.push(
        `chain '${name}': '${step}' gives ${output.scale} times the size, which only the last step may`,
      );
  const seen = new Map<string, string>();
  for (const { name: step, options, graph } of steps)
    for (const option of photoOptions({ options, graph })) {
      const other = seen.get(option.name);
      if (other !== undefined)
        problems.push(
          `chain '${name}': '${other}' and '${step}' both have an option '${option.name}'; in a chain each name may be there once`,
        );
      else seen.set(option.name, step);
    }
  return problems;
}
