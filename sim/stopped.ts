/** What stopped instances cost and save: the same traffic with none of them, and with up to as many as the world has. */
import { ROOT_VOLUME_GIB } from '../contract/image.ts';
import { UNIT_PRICES } from '../contract/prices.ts';
import type { Measures } from './measure.ts';
import { aligned, number } from './output.ts';
import { runAll, type Task } from './parallel/pool.ts';
import { meanOf } from './result.ts';
import type { ScenarioOptions } from './scenario.ts';

export interface StoppedPoint {
  stopped: number;
  /** USD a month for their volumes. */
  volumesUsdMonth: number;
  /** Means over the seeds; their USD for volumes are those of the trace's time. */
  measures: Measures;
}

interface Tried {
  policy: string;
  settings: Record<string, number>;
  seed: number;
  seeds: number;
}

/** None, all, and three steps between. */
const numbersUpTo = (most: number): number[] => [
  ...new Set([0, 1 / 4, 1 / 2, 3 / 4, 1].map((part) => Math.round(part * most))),
];

/** @param most stopped instances; `run`: runs tasks in threads, unless a test does it itself */
export async function stoppedPoints(
  options: ScenarioOptions,
  most: number,
  { policy, settings, seed, seeds }: Tried,
  done: (share: number) => void,
  run: (tasks: Task[], done: (count: number) => void) => Promise<Measures[]> = runAll,
): Promise<StoppedPoint[]> {
  const numbers = numbersUpTo(most);
  const tasks = numbers.flatMap((fastTier) =>
    Array.from({ length: seeds }, (_, k) => ({
      // Without stopped instances the fleet has its two pools too.
      scenario: { ...options, with: { spotShortage: '0:0', ...options.with, fastTier } },
      ...{ seed: seed + k, policy, settings },
    })),
  );
  const measures = await run(tasks, (count) => done(count / tasks.length));
  return numbers.map((stopped, k) => ({
    stopped,
    volumesUsdMonth: Number((stopped * ROOT_VOLUME_GIB * UNIT_PRICES.volumeGibibyteMonth).toPrecision(12)),
    measures: meanOf(measures.slice(k * seeds, (k + 1) * seeds)),
  }));
}

/** A row for each number. Hours waited are those of all jobs together. */
export function stoppedText(points: StoppedPoint[]): string {
  const rows = points.map(({ stopped, volumesUsdMonth, measures }) => {
    const { wait, gpuHours, usd, pools, jobs } = measures;
    return [
      String(stopped),
      number(volumesUsdMonth, 0),
      number(wait.mean, 1),
      number(wait.p95, 1),
      number(wait.mean === null ? null : (wait.mean * jobs) / 3600, 1),
      number(gpuHours, 2),
      number(usd - (pools?.volumesUsd ?? 0), 2),
    ];
  });
  const head = [
    'stopped',
    'volumes, USD a month',
    'mean s',
    'p95',
    'hours waited',
    'GPU h',
    'USD of instances',
  ];
  return aligned([head, ...rows], []);
}
