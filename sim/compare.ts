/** Every policy on one trace, at its defaults and tuned in hindsight: cost against wait. */
import type { BoundPoint } from './bound/bound.ts';
import type { Measures } from './measure.ts';
import { meanOf } from './result.ts';
import { runAll, type Task } from './parallel/pool.ts';
import { POLICIES, policyOf, candidateSettings } from './policies/index.ts';
import type { Scenario, ScenarioOptions } from './scenario.ts';

export interface Point {
  settings: Record<string, number>;
  /** Means over the seeds. */
  measures: Measures;
}

export interface PolicyComparison {
  policy: string;
  /** At its defaults; absent for a fixed fleet, which has none. */
  usual: Point | undefined;
  /** The cheapest settings that keep the wait; if none do, those with the shortest wait. */
  tuned: Point | undefined;
  /** Whether `tuned` keeps the wait. */
  keeps: boolean;
  /** All settings that tuning tried. */
  points: Point[];
}

export interface Comparison {
  trace: string;
  world: string;
  with: Record<string, number | string>;
  seed: number;
  seeds: number;
  jobs: number;
  /** Mean wait that tuning keeps, seconds. */
  slo: number;
  bound: BoundPoint[];
  /** Lower bound of billed seconds + `REGRET_PRICE` x seconds waited; null with `--no-bound`. */
  leastSum: number | null;
  /** The bound's own plan, replayed exactly; null with `--no-bound` or without a plan that keeps the wait. */
  plan: { gpuHours: number; mean: number } | null;
  policies: PolicyComparison[];
}

/** Instance-seconds per second waited, in `regretOf`: the price at which the deployed policy keeps a mean wait of 10 s. */
export const REGRET_PRICE = 0.12;

/** (Billed seconds + price of all waits) / lower bound of that sum. @returns null when unknown or jobs are left */
export function regretOf(
  { gpuHours, wait, completed, jobs }: Measures,
  leastSum: number | null,
): number | null {
  if (leastSum === null || wait.mean === null || completed < jobs) return null;
  return (3600 * gpuHours + REGRET_PRICE * wait.mean * jobs) / leastSum;
}

/** The least regret of all settings tried. */
export function leastRegret(points: Point[], leastSum: number | null): number | null {
  const all = points.map(({ measures }) => regretOf(measures, leastSum)).filter((one) => one !== null);
  return all.length > 0 ? Math.min(...all) : null;
}

/** Mean waits of the frontier, seconds. */
export const WAITS = [120, 60, 30, 20, 10, 5, 3, 1];

const completes = ({ measures }: Point) => measures.completed === measures.jobs;

/** The cheapest point that keeps a mean wait and completes every job. */
export function cheapest(points: Point[], wait: number): Point | undefined {
  let best: Point | undefined;
  for (const point of points) {
    const { mean } = point.measures.wait;
    if (mean === null || mean > wait || !completes(point)) continue;
    if (!best || point.measures.gpuHours < best.measures.gpuHours) best = point;
  }
  return best;
}

function leastWait(points: Point[]): Point | undefined {
  const mean = ({ measures }: Point) => measures.wait.mean ?? Infinity;
  return points.filter(completes).sort((a, b) => mean(a) - mean(b))[0];
}

/** What to run. */
export interface Which {
  /** @default every policy */
  names?: readonly string[] | undefined;
  /** Whether other settings than the defaults are tried. @default true */
  isTuned?: boolean;
}

/** Runs policies with all candidate settings, on every seed. */
export async function compareAll(
  options: ScenarioOptions,
  scenario: Scenario,
  seeds: number,
  done: (share: number) => void,
  { names = POLICIES.map(({ name }) => name), isTuned = true }: Which = {},
): Promise<PolicyComparison[]> {
  const kinds = POLICIES.filter(({ name }) => names.includes(name));
  const candidates = kinds.map((kind) => {
    if (!isTuned) return [policyOf(kind.name, [], scenario.world).settings];
    const settings = candidateSettings(kind, scenario.world);
    if (kind.name !== 'fixed') return settings;
    return settings.filter(
      ({ instances = 0 }) => instances >= scenario.world.min && instances <= scenario.world.max,
    );
  });
  const tasks: Task[] = [];
  for (let k = 0; k < seeds; k++) {
    kinds.forEach(({ name }, index) => {
      for (const settings of candidates[index] ?? []) {
        tasks.push({ scenario: options, seed: scenario.seed + k, policy: name, settings });
      }
    });
  }
  const results = await runAll(tasks, (count) => done(count / tasks.length));
  const perSeed = tasks.length / seeds;
  let index = 0;
  return kinds.map((kind, which) => {
    const points = (candidates[which] ?? []).map((settings): Point => {
      const measures = meanOf(
        Array.from({ length: seeds }, (_, k) => results[k * perSeed + index] as Measures),
      );
      index++;
      return { settings, measures };
    });
    const { settings: usual } = policyOf(kind.name, [], scenario.world);
    const keeping = cheapest(points, scenario.world.slo);
    const same = ({ settings }: Point) => JSON.stringify(settings) === JSON.stringify(usual);
    return {
      policy: kind.name,
      usual: kind.name === 'fixed' ? undefined : points.find(same),
      tuned: keeping ?? leastWait(points),
      keeps: keeping !== undefined,
      points,
    };
  });
}
