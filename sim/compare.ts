/** Every rule on one trace, at its defaults and tuned in hindsight: what it costs against what one waits. */
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
  /** With nothing set; absent for a rule that has no default. */
  usual: Point | undefined;
  /** The cheapest that keeps the wait; where none of the tries does, the one with the least wait. */
  tuned: Point | undefined;
  /** Whether `tuned` keeps the wait. */
  keeps: boolean;
  /** All tries. */
  points: Point[];
}

export interface Comparison {
  trace: string;
  world: string;
  with: Record<string, number | string>;
  seed: number;
  seeds: number;
  jobs: number;
  /** Wait that tuning keeps, seconds. */
  slo: number;
  bound: BoundPoint[];
  /** The least possible sum of billed seconds and `REGRET_PRICE` times the seconds waited; null where it was left out. */
  leastSum: number | null;
  /** What the bound's own plan costs, replayed exactly; null where it was left out or found no way. */
  plan: { gpuHours: number; mean: number } | null;
  policies: PolicyComparison[];
}

/** Instance-seconds that a waited second is worth in `regretOf`: what the policy was tuned with for a mean wait of 10 s. */
export const REGRET_PRICE = 0.12;

/** Billed seconds and the price of all waits, over the least possible of that sum. */
export function regretOf(
  { gpuHours, wait, completed, jobs }: Measures,
  leastSum: number | null,
): number | null {
  if (leastSum === null || wait.mean === null || completed < jobs) return null;
  return (3600 * gpuHours + REGRET_PRICE * wait.mean * jobs) / leastSum;
}

/** The least regret of any setting tried; in hindsight, which nobody has. */
export function leastRegret(points: Point[], leastSum: number | null): number | null {
  const all = points.map(({ measures }) => regretOf(measures, leastSum)).filter((one) => one !== null);
  return all.length > 0 ? Math.min(...all) : null;
}

/** Waits that the frontier is given for, seconds. */
export const WAITS = [120, 60, 30, 20, 10, 5, 3, 1];

const completes = ({ measures }: Point) => measures.completed === measures.jobs;

/** The cheapest point that keeps a mean wait and does every job. */
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

/** Runs every rule with every setting that tuning tries, on every seed. */
export async function compareAll(
  options: ScenarioOptions,
  scenario: Scenario,
  seeds: number,
  done: (share: number) => void,
  names: readonly string[] = POLICIES.map(({ name }) => name),
): Promise<PolicyComparison[]> {
  const kinds = POLICIES.filter(({ name }) => names.includes(name));
  const tries = kinds.map((kind) => {
    const settings = candidateSettings(kind, scenario.world);
    if (kind.name !== 'fixed') return settings;
    return settings.filter(
      ({ instances = 0 }) => instances >= scenario.world.min && instances <= scenario.world.max,
    );
  });
  const tasks: Task[] = [];
  for (let k = 0; k < seeds; k++) {
    kinds.forEach(({ name }, index) => {
      for (const settings of tries[index] ?? []) {
        tasks.push({ scenario: options, seed: scenario.seed + k, policy: name, settings });
      }
    });
  }
  const results = await runAll(tasks, (count) => done(count / tasks.length));
  const perSeed = tasks.length / seeds;
  let index = 0;
  return kinds.map((kind, which) => {
    const points = (tries[which] ?? []).map((settings): Point => {
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
