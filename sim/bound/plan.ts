/** The bound's plan as a rule: it launches a boot ahead of each need. What it costs is an upper bound on the best. */
import { runPolicy } from '../result.ts';
import type { Measures } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import type { Controller } from '../engine/types.ts';
import { BUCKET } from './demand.ts';
import type { Bound } from './index.ts';

/**
 * @param sizes ready instances wanted in each bucket
 * @param boot seconds; what the plan would let go and ask for again within it is kept, which costs no more
 */
export function planned(sizes: Uint16Array, boot: number): Controller {
  const lead = Math.ceil(boot / BUCKET);
  return {
    intervalSeconds: BUCKET,
    tick(system, at) {
      const now = Math.round(at / BUCKET);
      let desired = 0;
      for (let k = now; k <= now + lead; k++) desired = Math.max(desired, sizes[k] ?? 0);
      const { min, max } = system.actual();
      system.setDesired(Math.min(max, Math.max(min, desired)));
      system.explain('plan');
    },
  };
}

export interface PlanResult {
  measures: Measures;
  mu: number;
}

/** How much dearer waiting is made until the replayed plan keeps the wait, and how often that is halved again. */
const DEARER = 2;
const TRIES = 9;
const HALVINGS = 4;

/** The cheapest plan found whose exact replay keeps the mean wait; undefined when none of the tries does. */
export async function feasiblePlan(
  bound: Bound,
  scenario: Scenario,
  at: number,
  mu: number,
  progress?: (share: number) => void,
): Promise<PlanResult | undefined> {
  let best: PlanResult | undefined;
  let done = 0;
  const keeps = async (price: number): Promise<boolean> => {
    const share = (part: number) => progress?.((done + part) / (TRIES + HALVINGS));
    const sizes = await bound.plan(price, share);
    const make = () => planned(sizes, scenario.world.boot);
    const { measures } = await runPolicy(scenario, { make });
    done++;
    const kept = measures.wait.mean !== null && measures.wait.mean <= at;
    if (kept && (!best || measures.gpuHours < best.measures.gpuHours)) best = { measures, mu: price };
    return kept;
  };
  let low = mu;
  let high = mu;
  for (let k = 0; k < TRIES && !(await keeps(high)); k++) {
    low = high;
    high *= DEARER;
  }
  for (let k = 0; k < HALVINGS && best && low < high; k++) {
    const between = Math.sqrt(low * high);
    if (await keeps(between)) high = between;
    else low = between;
  }
  return best;
}
