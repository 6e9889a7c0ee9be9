/** `simulate run`: one policy on one trace. */
import type { Options } from '../options.ts';
import { meanOf, runResult, runPolicy, type RunResult } from '../result.ts';
import { policyOf } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { scenarios } from '../scenario.ts';
import { bulkText, poolsText, table, write, writeJson } from '../output.ts';
import { boundsAt } from './bounds.ts';
import { comparisonOf } from './compare.ts';
import { dashboardHtml, reportHtml } from './report.ts';
import { printLine, printText } from '../../common/terminal.ts';

export async function run(options: Options, progress: Progress): Promise<void> {
  const scenarioOf = await scenarios(options);
  const results: RunResult[] = [];
  for (let k = 0; k < options.seeds; k++) {
    const scenario = scenarioOf(options.seed + k);
    const policy = policyOf(options.policy, options.set, scenario.world);
    const label = options.seeds > 1 ? `${policy.name}, run ${k + 1} of ${options.seeds}` : policy.name;
    const withDashboard = k === 0 && options.dashboard !== undefined;
    const { run, measures } = await runPolicy(scenario, policy, {
      keepDecisions: withDashboard,
      progress: (share) => progress.show(label, share),
    });
    if (withDashboard) await write(options.dashboard as string, await dashboardHtml(run, policy, scenario));
    const [bound] = options.noBound ? [] : await boundsAt(scenario, [scenario.world.slo], progress);
    results.push(runResult(scenario, policy, measures, bound));
  }
  const [first] = results as [RunResult, ...RunResult[]];
  const result = options.seeds === 1 ? first : { ...meanOf(results), seed: first.seed, runs: results };
  progress.clear();
  if (!(await writeJson(options, result))) {
    printText(`${table([result])}${bulkText(result)}${poolsText(result)}`);
    const { bulk = { jobs: 0, completed: 0 } } = result;
    const unfinished = result.jobs - result.completed + bulk.jobs - bulk.completed;
    if (unfinished > 0) printLine(`${unfinished} jobs were not completed: the policy left them waiting.`);
  }
  if (options.dashboard !== undefined && options.json !== '-') printLine(`dashboard: ${options.dashboard}`);
  if (options.report !== undefined) {
    const comparison = await comparisonOf(options, progress);
    await write(options.report, await reportHtml(options, comparison, progress));
    progress.clear();
    if (options.json !== '-') printLine(`report: ${options.report}`);
  }
}
