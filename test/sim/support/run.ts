import { measure, type Measures } from '../../../sim/measure.ts';
import { policyOf } from '../../../sim/policies/index.ts';
import { worldOf, type WorldChanges } from '../../../sim/world.ts';
import { simulate } from '../../../sim/engine/simulate.ts';
import type { Run } from '../../../sim/engine/types.ts';
import { billedSeconds } from '../../../sim/engine/fleet.ts';

export interface Given {
  arrivals: number[];
  /** `threshold`, or `threshold backlog=3` with knobs after it. */
  policy: string;
  with?: WorldChanges;
  seed?: number;
}

/** Runs arrivals of their own times in the clean world; the horizon is the last arrival unless one is given. */
export async function runOf({ arrivals, policy, with: changes = {}, seed = 1 }: Given): Promise<{
  run: Run;
  starts: number[];
  billed: number;
  measures: Measures;
}> {
  const world = worldOf('clean', { service: 6, ...changes });
  const [name = '', ...knobs] = policy.split(' ');
  const set = knobs.map((knob) => knob.split('=') as [string, string]);
  const run = await simulate({
    arrivals: Float64Array.from(arrivals),
    horizon: world.horizon ?? (arrivals.at(-1) as number),
    world,
    seed,
    controller: policyOf(name, set, world).make(),
  });
  const billed = run.instances.reduce((sum, life) => sum + billedSeconds(life, run.end, world), 0);
  return { run, starts: [...run.starts], billed, measures: measure(run, world) };
}
