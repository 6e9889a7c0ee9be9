/** The report of a comparison: each rule once more, with its decisions kept, for the plots over time. */
import type { Comparison } from '../compare.ts';
import type { Options } from '../options.ts';
import { runPolicy } from '../result.ts';
import { policyOf, POLICIES, policyOfKind } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { dashboardPanels } from '../report/dashboard.ts';
import { page, type ReportRun } from '../report/page.ts';
import { seriesOf } from '../report/series.ts';
import { scenarios } from '../scenario.ts';
import { dashboardIn } from './dashboard.ts';

/** @returns the page, as HTML */
export async function reportPage(
  options: Options,
  comparison: Comparison,
  progress: Progress,
): Promise<string> {
  const scenario = (await scenarios(options))(options.seed);
  const asked = policyOf(options.policy, options.set, scenario.world);
  const policies = [asked];
  for (const { policy, tuned } of comparison.policies) {
    const kind = POLICIES.find(({ name }) => name === policy);
    if (!kind || kind === asked.kind) continue;
    // A fixed fleet has no default: it is shown in the size that keeps the wait.
    if (kind.name !== 'fixed') policies.push(policyOf(policy, [], scenario.world));
    else if (tuned) policies.push(policyOfKind(kind, tuned.settings, scenario.world));
  }
  const runs: ReportRun[] = [];
  for (const policy of policies) {
    const { run, measures } = await runPolicy(scenario, policy, { keepDecisions: true });
    const series = seriesOf(run, scenario);
    const dashboard = dashboardIn(run, policy, scenario);
    runs.push({ policy: policy.name, settings: policy.settings, measures, series, dashboard });
    progress.show(`the report, ${policy.name}`, runs.length / policies.length);
  }
  return page({ comparison, panels: dashboardPanels(), first: asked.name, slo: comparison.slo, runs });
}
