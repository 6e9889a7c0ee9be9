/** Runs one policy on a scenario; the JSON of the result. */
import type { BoundPoint } from './bound/bound.ts';
import { measure, type Measures } from './measure.ts';
import type { Policy } from './policies/index.ts';
import type { Scenario } from './scenario.ts';
import { simulate } from './engine/simulate.ts';
import type { Run } from './engine/types.ts';

/** The JSON of one run. No field depends on the machine: the same seed gives the same bytes. */
export interface RunResult extends Measures {
  trace: string;
  policy: string;
  settings: Record<string, number>;
  world: string;
  /** Values that differ from that world's defaults. */
  with: Record<string, number | string>;
  seed: number;
  /** Lower bound of instance-hours for a mean wait of `at` seconds; null with `--no-bound`. */
  bound: { gpuHours: number | null; at: number } | null;
}

export async function runPolicy(
  scenario: Scenario,
  policy: Pick<Policy, 'make'>,
  options: { keepDecisions?: boolean; progress?: (share: number) => void } = {},
): Promise<{ run: Run; measures: Measures }> {
  const { arrivals, bulkArrivals, horizon, world, seed } = scenario;
  const system = { arrivals, bulkArrivals, horizon, world, seed };
  const run = await simulate({ ...system, controller: policy.make(), ...options });
  return { run, measures: measure(run, world) };
}

export function runResult(
  scenario: Scenario,
  policy: Policy,
  measures: Measures,
  bound: BoundPoint | undefined,
): RunResult {
  return {
    trace: scenario.trace,
    policy: policy.name,
    settings: policy.settings,
    world: scenario.worldName,
    with: { ...scenario.changes },
    seed: scenario.seed,
    ...measures,
    bound: bound ? { gpuHours: bound.gpuHours, at: bound.at } : null,
  };
}

/** The mean of each figure over runs; null when it is null in any run. */
export function meanOf<T>(values: T[]): T {
  const [first] = values;
  if (values.some((value) => value === null)) return null as T;
  if (typeof first === 'number') {
    const sum = (values as number[]).reduce((total, value) => total + value, 0);
    return Number((sum / values.length).toPrecision(12)) as T;
  }
  if (typeof first !== 'object') return first as T;
  return Object.fromEntries(
    Object.keys(first as object).map((key) => [
      key,
      meanOf(values.map((value) => (value as Record<string, unknown>)[key])),
    ]),
  ) as T;
}
