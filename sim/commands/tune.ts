/** `simulate tune`: settings of one policy for your own traffic. */
import type { Options } from '../options.ts';
import { policyOf } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { scenarios } from '../scenario.ts';
import { aligned, differing, number, writeJson } from '../output.ts';
import { stoppedPoints, stoppedText } from '../stopped.ts';
import { tunePolicy } from '../tune.ts';
import { boundsAt } from './bounds.ts';
import { printText } from '../../common/terminal.ts';

const WAITS = [120, 60, 30, 20, 10, 5];

export async function tune(options: Options, progress: Progress): Promise<void> {
  const scenario = (await scenarios(options))(options.seed);
  const { world } = scenario;
  const policy = policyOf(options.policy, options.set, world);
  const waits = [...new Set([...WAITS, world.slo])].sort((a, b) => b - a);
  const tuning = tunePolicy(policy.kind.name, options, scenario, options.seeds, waits, (share) =>
    progress.show(`settings of ${policy.kind.name}`, share),
  );
  const bound = options.noBound ? [] : await boundsAt(scenario, waits, progress);
  const { usual, best } = await tuning;
  const tried = {
    policy: policy.kind.name,
    settings: policy.settings,
    seed: options.seed,
    seeds: options.seeds,
  };
  const stopped =
    world.fastTier > 0
      ? await stoppedPoints(options, world.fastTier, tried, (share) =>
          progress.show('stopped instances', share),
        )
      : undefined;
  progress.clear();
  const result = {
    trace: scenario.trace,
    world: scenario.worldName,
    with: { ...scenario.changes },
    seed: options.seed,
    seeds: options.seeds,
    policy: policy.kind.name,
    ...(stopped && { stopped }),
    usual: usual ?? null,
    best: best.map(({ wait, point }, k) => ({
      wait,
      settings: point?.settings ?? null,
      measures: point?.measures ?? null,
      bound: bound[k] ? { gpuHours: bound[k].gpuHours, at: bound[k].at } : null,
    })),
  };
  if (await writeJson(options, result)) return;
  const row = (wait: string, point: typeof usual, least: number | null | undefined, settings: string) => [
    wait,
    number(point?.measures.wait.mean, 1),
    number(point?.measures.wait.p95, 1),
    number(point?.measures.gpuHours, 2),
    number(point && least ? point.measures.gpuHours / least : null, 2),
    settings,
  ];
  const rows = best.map(({ wait, point }, k) =>
    row(
      `${wait} s`,
      point,
      bound[k]?.gpuHours,
      point ? differing(point, usual) : 'no setting tried reaches it',
    ),
  );
  printText(
    `${scenario.trace}: ${scenario.arrivals.length} jobs; ${policy.kind.name} tuned for a mean wait of at most`,
  );
  const head = ['', 'mean s', 'p95', 'GPU h', 'x bound', 'settings'];
  printText(aligned([head, row('default', usual, null, 'default'), ...rows], [0, 5]));
  if (stopped)
    printText(`\n${policy.kind.name} at its own settings with stopped instances:\n${stoppedText(stopped)}`);
  const wanted = best.find(({ wait }) => wait === world.slo)?.point;
  const settings = wanted && policy.kind.stageSettings?.(wanted.settings);
  if (!settings) return;
  const values = Object.entries(settings).map(
    ([key, value]) => `${key}: ${typeof value === 'string' ? `'${value}'` : value}`,
  );
  printText(`\nin bin/stages.ts: policy: { ${values.join(', ')} },`);
}
