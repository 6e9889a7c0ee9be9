/** The cheapest settings of a policy that keep a wait: searched on a grid, then around its best points. */
import { cheapest, compareAll, type Point } from './compare.ts';
import { meanOf } from './result.ts';
import { runAll, type Task } from './parallel/pool.ts';
import { POLICIES } from './policies/index.ts';
import type { PolicyKind } from './policies/kind.ts';
import type { Scenario, ScenarioOptions } from './scenario.ts';

export interface Tuned {
  usual: Point | undefined;
  /** For each wait the cheapest point that keeps it; undefined when none does. */
  best: { wait: number; point: Point | undefined }[];
  points: Point[];
}

/** Factors by which the search then varies each parameter, up and down. */
const FACTORS = [1.4, 1.15];

/** Settings that differ in one parameter by a factor up or down, within its limits. */
export function neighbours(
  kind: PolicyKind,
  settings: Record<string, number>,
  factor: number,
): Record<string, number>[] {
  return Object.entries(kind.parameters).flatMap(([key, one]) => {
    const value = settings[key] as number;
    if (!one.candidates?.length || value === 0) return [];
    return [value * factor, value / factor]
      .map((near) => (one.whole ? Math.max(one.min, Math.round(near)) : Number(near.toPrecision(3))))
      .filter((near) => near !== value && near >= one.min && near <= one.max)
      .map((near) => ({ ...settings, [key]: near }));
  });
}

export async function tunePolicy(
  name: string,
  options: ScenarioOptions,
  scenario: Scenario,
  seeds: number,
  waits: number[],
  done: (share: number) => void,
): Promise<Tuned> {
  const kind = POLICIES.find((one) => one.name === name) as PolicyKind;
  const rounds = FACTORS.length + 1;
  const [compared] = await compareAll(options, scenario, seeds, (share) => done(share / rounds), {
    names: [name],
  });
  const points = [...(compared?.points ?? [])];
  const tried = new Set(points.map(({ settings }) => JSON.stringify(settings)));
  for (const [round, factor] of FACTORS.entries()) {
    const fresh: Record<string, number>[] = [];
    for (const wait of waits) {
      const best = cheapest(points, wait);
      for (const settings of best ? neighbours(kind, best.settings, factor) : []) {
        const key = JSON.stringify(settings);
        if (tried.has(key)) continue;
        tried.add(key);
        fresh.push(settings);
      }
    }
    const tasks = Array.from({ length: seeds }, (_, k) =>
      fresh.map((settings): Task => ({ scenario: options, seed: scenario.seed + k, policy: name, settings })),
    ).flat();
    const results = await runAll(tasks, (count) => done((round + 1 + count / tasks.length) / rounds));
    fresh.forEach((settings, index) => {
      const own = results.filter((_, k) => k % fresh.length === index);
      points.push({ settings, measures: meanOf(own) });
    });
  }
  return {
    usual: compared?.usual,
    best: waits.map((wait) => ({ wait, point: cheapest(points, wait) })),
    points,
  };
}
