/** Counters of an instance for each workflow, of a stage that has several: attributes of its item in the scaler's table. */

export const WORKFLOW_COUNTERS = [
  /** Photos that started, of both lanes. */
  'started',
  /** Of these, bulk photos. */
  'bulkStarted',
  /** Photos that started and have an outcome. */
  'completed',
  /** Seconds that the instance was busy with them. */
  'busySeconds',
] as const;

export type WorkflowCounter = (typeof WORKFLOW_COUNTERS)[number];
export type WorkflowWork = Record<WorkflowCounter, number>;

export const workflowAttribute = (workflow: string, counter: WorkflowCounter): string =>
  `workflow/${workflow}/${counter}`;

/** Every attribute of these workflows. */
export const workflowAttributes = (workflows: readonly string[]): string[] =>
  workflows.flatMap((name) => WORKFLOW_COUNTERS.map((counter) => workflowAttribute(name, counter)));

export const NO_WORKFLOW_WORK: WorkflowWork = { started: 0, bulkStarted: 0, completed: 0, busySeconds: 0 };

/** The sum by workflow. */
export function addWorkflows(
  one: Readonly<Record<string, WorkflowWork>>,
  other: Readonly<Record<string, WorkflowWork>>,
): Record<string, WorkflowWork> {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  const sum = (name: string, counter: WorkflowCounter) =>
    (one[name]?.[counter] ?? 0) + (other[name]?.[counter] ?? 0);
  return Object.fromEntries(
    [...names].map((name) => [
      name,
      Object.fromEntries(WORKFLOW_COUNTERS.map((counter) => [counter, sum(name, counter)])) as WorkflowWork,
    ]),
  );
}
