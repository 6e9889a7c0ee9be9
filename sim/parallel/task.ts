/** What a thread does: one rule with given settings on one trace under one seed. */
import type { Measures } from '../measure.ts';
import { runPolicy } from '../result.ts';
import { POLICIES, policyOfKind } from '../policies/index.ts';
import { scenarios, type Scenario, type ScenarioOptions } from '../scenario.ts';

export interface Task {
  scenario: ScenarioOptions;
  seed: number;
  /** Name of the rule. */
  policy: string;
  settings: Record<string, number>;
}

/** The scenario that was used last: tasks come in the order of their seeds. */
let last: { key: string; scenario: Scenario } | undefined;

export async function perform(task: Task): Promise<Measures> {
  const key = JSON.stringify([task.scenario, task.seed]);
  if (last?.key !== key) last = { key, scenario: (await scenarios(task.scenario))(task.seed) };
  const kind = POLICIES.find((one) => one.name === task.policy);
  if (!kind) throw new Error(`no rule is called '${task.policy}'`);
  const { scenario } = last;
  return (await runPolicy(scenario, policyOfKind(kind, task.settings, scenario.world))).measures;
}
