/** `npm run simulate -- --dashboard FILE`: what the deployed dashboard would have shown of a run. */
import type { Policy } from '../policies/index.ts';
import { dashboardOf, dashboardPanels, type DashboardRun } from '../report/dashboard.ts';
import { dashboardPage } from '../report/page.ts';
import { panelInput } from '../report/periods.ts';
import type { Scenario } from '../scenario.ts';
import type { Run } from '../engine/types.ts';

/** @param run with its decisions */
export const dashboardIn = (run: Run, policy: Policy, { world }: Scenario): DashboardRun =>
  dashboardOf(panelInput(run, world, policy.kind.stageSettings !== undefined));

/** @param run with its decisions. @returns the page, as HTML */
export function dashboardOnly(run: Run, policy: Policy, scenario: Scenario): Promise<string> {
  const { trace, worldName, changes, seed, arrivals } = scenario;
  const { name } = policy;
  const pairs = (values: object) => Object.entries(values).map(([key, value]) => `${key} ${value}`);
  const world = [`${arrivals.length.toLocaleString('en')} photos`, `${worldName} world`, ...pairs(changes)];
  return dashboardPage(
    {
      panels: dashboardPanels(),
      first: name,
      runs: [{ policy: name, dashboard: dashboardIn(run, policy, scenario) }],
    },
    `${trace}: the dashboard under ${name}`,
    `${world.join(', ')}, seed ${seed}; ${name} with ${pairs(policy.settings).join(', ')}`,
  );
}
