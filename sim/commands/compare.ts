/** `simulate compare`: every policy, at its defaults and tuned. */
import type { BoundPoint } from '../bound/bound.ts';
import { compareAll, REGRET_PRICE, WAITS, type Comparison, type Which } from '../compare.ts';
import type { Options } from '../options.ts';
import { meanOf } from '../result.ts';
import { policyOf } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { scenarios } from '../scenario.ts';
import { comparisonTables, write, writeJson } from '../output.ts';
import { boundsAt, leastSumAt, planAt } from './bounds.ts';
import { reportHtml } from './report.ts';
import { printLine, printText } from '../../common/terminal.ts';

/** Lower bounds and plan: means over the seeds; null when any seed has none. */
async function leastOf(options: Options, waits: number[], isPlanned: boolean, progress: Progress) {
  const scenarioOf = await scenarios(options);
  const bounds: BoundPoint[][] = [];
  const plans: Comparison['plan'][] = [];
  const sums: number[] = [];
  for (let k = 0; k < options.seeds; k++) {
    const scenario = scenarioOf(options.seed + k);
    const bound = await boundsAt(scenario, waits, progress);
    const at = isPlanned && bound.find((point) => point.at === scenario.world.slo);
    bounds.push(bound);
    sums.push(await leastSumAt(scenario, REGRET_PRICE, progress));
    plans.push(at ? await planAt(scenario, at, progress) : null);
  }
  return {
    bound: waits.map((_, k) => meanOf(bounds.map((bound) => bound[k] as BoundPoint))),
    plan: meanOf(plans),
    leastSum: meanOf(sums),
  };
}

export async function comparisonOf(
  options: Options,
  progress: Progress,
  which: Which = {},
): Promise<Comparison> {
  const scenario = (await scenarios(options))(options.seed);
  // A wrong --policy or --set fails here, not after an hour of runs.
  policyOf(options.policy, options.set, scenario.world);
  const { slo } = scenario.world;
  // For rows alone there is no need of the other waits, nor of the plan.
  const isWhole = which.names === undefined && which.isTuned !== false;
  const waits = isWhole ? [...new Set([...WAITS, slo])].sort((a, b) => b - a) : [slo];
  const compared = compareAll(
    options,
    scenario,
    options.seeds,
    (share) => progress.show('every policy with every setting that tuning tries', share),
    which,
  );
  // The bound is computed in this thread while the policies run in others.
  const least = options.noBound
    ? { bound: [], plan: null, leastSum: null }
    : await leastOf(options, waits, isWhole, progress);
  const { trace, worldName, changes } = scenario;
  const policies = await compared;
  return {
    trace,
    world: worldName,
    with: { ...changes },
    seed: options.seed,
    seeds: options.seeds,
    jobs: policies[0]?.points[0]?.measures.jobs ?? scenario.arrivals.length,
    slo,
    ...least,
    policies,
  };
}

export async function compare(options: Options, progress: Progress): Promise<void> {
  const comparison = await comparisonOf(options, progress);
  progress.clear();
  if (!(await writeJson(options, comparison))) printText(comparisonTables(comparison));
  if (options.report !== undefined) {
    await write(options.report, await reportHtml(options, comparison, progress));
    progress.clear();
    printLine(`report: ${options.report}`);
  }
}
