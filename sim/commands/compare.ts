/** `npm run simulate -- compare`: all rules, at their defaults and tuned. */
import { cheapest, compareAll, WAITS, type Comparison } from '../compare.ts';
import type { Options } from '../options.ts';
import type { Progress } from '../progress.ts';
import { scenarios } from '../scenario.ts';
import { comparisonTables } from '../table.ts';
import { boundsAt, planAt } from './bounds.ts';
import { write, writeJson } from './output.ts';
import { reportPage } from './report.ts';

export async function comparisonOf(options: Options, progress: Progress): Promise<Comparison> {
  const scenario = (await scenarios(options))(options.seed);
  const { slo } = scenario.world;
  const waits = [...new Set([...WAITS, slo])].sort((a, b) => b - a);
  const compared = compareAll(options, scenario, options.seeds, (share) =>
    progress.show('every rule with every setting that tuning tries', share),
  );
  // The bound keeps this thread busy while the rules run on others.
  const bound = options.noBound ? [] : await boundsAt(scenario, waits, progress);
  const at = bound.find((point) => point.at === slo);
  const plan = at ? await planAt(scenario, at, progress) : null;
  const { trace, worldName, changes, arrivals } = scenario;
  return {
    trace,
    world: worldName,
    with: { ...changes },
    seed: options.seed,
    seeds: options.seeds,
    jobs: arrivals.length,
    slo,
    bound,
    plan,
    policies: await compared,
  };
}

export async function compare(options: Options, progress: Progress): Promise<void> {
  const comparison = await comparisonOf(options, progress);
  progress.clear();
  if (!(await writeJson(options, comparison))) console.log(comparisonTables(comparison, cheapest));
  if (options.report !== undefined) {
    await write(options.report, await reportPage(options, comparison, progress));
    progress.clear();
    console.log(`report: ${options.report}`);
  }
}
