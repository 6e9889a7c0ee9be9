/** Settings of one rule for one's own traffic: the cheapest that keeps a wait, searched on a grid and then around it. */
import { cheapest, compareAll, type Point } from './compare.ts';
import { meanOf } from './result.ts';
import { runAll, type Task } from './parallel/pool.ts';
import { POLICIES } from './policies/index.ts';
import type { PolicyKind } from './policies/kind.ts';
import type { Scenario, ScenarioOptions } from './scenario.ts';

export interface Tuned {
  usual: Point | undefined;
  /** For each wait the cheapest point that keeps it; undefined where none does. */
  best: { wait: number; point: Point | undefined }[];
  points: Point[];
}

/** Steps of the search around what the grid found, each as a factor both ways. */
const FACTORS = [1.4, 1.15];

/** One knob at a time, a little more and a little less, within what it takes. */
export function neighbours(
  kind: PolicyKind,
  settings: Record<string, number>,
  factor: number,
): Record<string, number>[] {
  return Object.entries(kind.parameters).flatMap(([key, knob]) => {
    const value = settings[key] as number;
    if (!knob.candidates?.length || value === 0) return [];
    return [value * factor, value / factor]
      .map((near) => (knob.whole ? Math.max(knob.min, Math.round(near)) : Number(near.toPrecision(3))))
      .filter((near) => near !== value && near >= knob.min && near <= knob.max)
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
  const [compared] = await compareAll(options, scenario, seeds, (share) => done(share / rounds), [name]);
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
