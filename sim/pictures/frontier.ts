/** Cost against wait: the least possible, and what policies reach with their settings. */
import { boundsAt } from '../commands/bounds.ts';
import { runAll, type Task } from '../parallel/pool.ts';
import { policyOf } from '../policies/index.ts';
import type { Progress } from '../progress.ts';
import { scenarios, type ScenarioOptions } from '../scenario.ts';
import type { WorldName } from '../world.ts';
import type { Line, Panel } from './plot.ts';

/** Least and most that is shown, over the least possible cost for a mean wait of 10 s. */
const RANGE = [0.8, 2.4] as const;
const WAITS = [120, 60, 30, 20, 10, 5, 3, 2, 1];
/** A policy, the setting that trades cost for wait, and values of it. */
const POLICIES: [name: string, setting: string, values: number[], colour: string][] = [
  ['slo', 'targetWaitSeconds', [2, 5, 10, 20, 40, 80], '#2563eb'],
  ['keda', 'queueLength', [0.7, 1.5, 3, 5, 8, 12], '#ea7a17'],
  ['target-tracking-hr', 'target', [1.67, 5, 10, 20], '#7c3aed'],
];

/** @param perInstance photos of an instance in the place of one job, by which settings in messages are multiplied */
export async function frontier(
  title: string,
  world: WorldName,
  perInstance: number,
  progress: Progress,
): Promise<Panel> {
  const scenario: ScenarioOptions = { trace: 'steps', world, with: {} };
  const one = (await scenarios(scenario))(1);
  const bounds = await boundsAt(one, WAITS, progress);
  const least = bounds.find(({ at }) => at === 10)?.gpuHours ?? NaN;
  const tasks = POLICIES.flatMap(([policy, setting, values]) =>
    values.map((value): Task => {
      const scaled = setting === 'targetWaitSeconds' ? value : value * perInstance;
      return {
        scenario,
        seed: 1,
        policy,
        settings: policyOf(policy, [[setting, String(scaled)]], one.world).settings,
      };
    }),
  );
  const results = await runAll(tasks, (count) =>
    progress.show('policies of the frontier', count / tasks.length),
  );
  const lines = POLICIES.map(([label, , , colour]): Line => {
    // In the order of the setting.
    const points = results.flatMap(({ wait, gpuHours }, k): [number, number][] => {
      const isShown = tasks[k]?.policy === label && gpuHours / least <= RANGE[1];
      return isShown && wait.mean !== null && wait.mean <= 120 ? [[wait.mean, gpuHours / least]] : [];
    });
    return { label, colour, form: 'dots', points };
  });
  const bound: Line = {
    ...{ label: 'least possible', colour: '#111', form: 'line', dash: '5 3' },
    points: bounds.flatMap(({ at, gpuHours }): [number, number][] =>
      gpuHours === null ? [] : [[at, gpuHours / least]],
    ),
  };
  return {
    title,
    x: { label: 'mean wait, s', from: 1, to: 120, ticks: [1, 2, 5, 10, 30, 120], isLogarithmic: true },
    y: {
      label: 'cost over the least for 10 s',
      from: RANGE[0],
      to: RANGE[1],
      ticks: [1, 1.25, 1.5, 1.75, 2, 2.25],
    },
    lines: [bound, ...lines],
  };
}
