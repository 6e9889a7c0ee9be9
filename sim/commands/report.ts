/** The HTML pages: the report of a comparison (`--report`), and the dashboard of one run (`--dashboard`). */
import type { Comparison } from '../compare.ts';
import type { Run } from '../engine/types.ts';
import type { Options } from '../options.ts';
import { policyOf, policyOfKind, POLICIES, type Policy } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { dashboardOf, dashboardPanels, type DashboardRun } from '../report/dashboard.ts';
import { dashboardPage, page, type ReportRun } from '../report/page.ts';
import { panelInput } from '../report/periods.ts';
import { seriesOf } from '../report/series.ts';
import { runPolicy } from '../result.ts';
import { scenarios, type Scenario } from '../scenario.ts';

function dashboardRun(run: Run, { kind, settings }: Policy, { world }: Scenario): DashboardRun {
  const { p95WaitSeconds } = settings;
  const input = panelInput(run, world, kind.stageSettings !== undefined);
  return dashboardOf(input, p95WaitSeconds ? { p95WaitSeconds } : {});
}

/**
 * Runs each policy of a comparison once more, with its decisions kept.
 *
 * @returns the page, as HTML
 */
export async function reportHtml(
  options: Options,
  comparison: Comparison,
  progress: Progress,
): Promise<string> {
  const scenario = (await scenarios(options))(options.seed);
  const chosen = policyOf(options.policy, options.set, scenario.world);
  const policies = [chosen];
  for (const { policy, tuned } of comparison.policies) {
    const kind = POLICIES.find(({ name }) => name === policy);
    if (!kind || kind === chosen.kind) continue;
    // A fixed fleet has no default: the report shows the size that keeps the wait.
    if (kind.name !== 'fixed') policies.push(policyOf(policy, [], scenario.world));
    else if (tuned) policies.push(policyOfKind(kind, tuned.settings, scenario.world));
  }
  const runs: ReportRun[] = [];
  for (const policy of policies) {
    const { run, measures } = await runPolicy(scenario, policy, { keepDecisions: true });
    const series = seriesOf(run, scenario);
    const dashboard = dashboardRun(run, policy, scenario);
    runs.push({ policy: policy.name, settings: policy.settings, measures, series, dashboard });
    progress.show(`report, ${policy.name}`, runs.length / policies.length);
  }
  return page({ comparison, panels: dashboardPanels(), first: chosen.name, slo: comparison.slo, runs });
}

/** @param run with its decisions. @returns the page, as HTML */
export function dashboardHtml(run: Run, policy: Policy, scenario: Scenario): Promise<string> {
  const { trace, worldName, changes, seed, arrivals } = scenario;
  const { name } = policy;
  const pairs = (values: object) => Object.entries(values).map(([key, value]) => `${key} ${value}`);
  const world = [`${arrivals.length.toLocaleString('en')} photos`, `${worldName} world`, ...pairs(changes)];
  return dashboardPage(
    {
      panels: dashboardPanels(),
      first: name,
      runs: [{ policy: name, dashboard: dashboardRun(run, policy, scenario) }],
    },
    `${trace}: the dashboard under ${name}`,
    `${world.join(', ')}, seed ${seed}; ${name} with ${pairs(policy.settings).join(', ')}`,
  );
}
