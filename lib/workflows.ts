/** The workflows of a stage, from their names in its settings. */
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { graphsOf, workflowProblems, type StageWorkflows } from '../contract/photo-workflow.ts';
import { isChain, stepNames } from '../contract/workflow-names.ts';
import { withoutWords } from '../contract/workflow-option.ts';
import { workflowSchema, type Workflow } from '../contract/workflow.ts';

const WORKFLOWS = join(import.meta.dirname, '..', 'ami', 'workflow');

/**
 * @param name of a file of `ami/workflow/` without its extension, or the absolute path of another file
 * @throws Error when there is no such file, or it is no workflow
 */
export function loadWorkflow(name: string): Workflow {
  const file = isAbsolute(name) ? name : join(WORKFLOWS, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const shown = isAbsolute(name) ? name : `ami/workflow/${name}.json`;
    throw new Error(`workflow '${name}': there is no ${shown}`, { cause });
  }
  const parsed = workflowSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`workflow '${name}': ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

/** Settings that name a stage's workflows. */
export interface NamedWorkflows {
  readonly workflow: string;
  readonly otherWorkflows: readonly string[];
}

/**
 * @throws Error that names each workflow that cannot be, and what is allowed
 */
export function loadWorkflows({ workflow: name, otherWorkflows }: NamedWorkflows): StageWorkflows {
  const workflow = loadWorkflow(name);
  if (otherWorkflows.length === 0) return { workflow };
  const isWorkflow = (entry: string) => isAbsolute(entry) || !isChain(entry);
  const others = new Set(otherWorkflows.filter((entry) => isWorkflow(entry) && entry !== name));
  const graphs = [...others].map(loadWorkflow);
  const names = otherWorkflows.map((entry) => (isAbsolute(entry) ? loadWorkflow(entry).name : entry));
  // A step of a chain need not be offered alone.
  for (const step of otherWorkflows.filter((entry) => !isWorkflow(entry)).flatMap(stepNames))
    if (![workflow, ...graphs].some((one) => one.name === step)) graphs.push(loadWorkflow(step));
  const stage = { workflow, otherWorkflows: { graphs, names } };
  const problems = workflowProblems(stage);
  if (problems.length > 0) throw new Error(problems.join('\n  '));
  return stage;
}

const bare = ({ label: _, ...workflow }: Workflow): Workflow => ({
  ...workflow,
  options: withoutWords(workflow.options),
});

/** Workflows as workers get them: a change of their words alone replaces no instance. @throws Error as `loadWorkflows` does */
export function workflowsOfWorkers(settings: NamedWorkflows): StageWorkflows {
  const stage = loadWorkflows(settings);
  const { otherWorkflows } = stage;
  const [workflow, ...graphs] = graphsOf(stage).map(bare);
  return {
    workflow: workflow!,
    ...(otherWorkflows && { otherWorkflows: { ...otherWorkflows, graphs } }),
  };
}
