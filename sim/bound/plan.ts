/** The bound's plan as a policy, which launches one boot time ahead. Its cost is an upper bound on the optimum. */
import { runPolicy } from '../result.ts';
import type { Measures } from '../measure.ts';
import type { Scenario } from '../scenario.ts';
import type { Controller } from '../engine/types.ts';
import { BUCKET } from './demand.ts';
import type { Bound } from './bound.ts';

/**
 * @param sizes ready instances in each bucket
 * @param boot seconds; an instance that the plan needs again within a boot time is kept, which costs no more
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

/** The price of waiting is doubled until the replayed plan keeps the wait, then refined by bisection. */
const DOUBLINGS = 9;
const BISECTIONS = 4;

/** The cheapest plan found whose exact replay keeps the mean wait; undefined when none does. */
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
    const share = (part: number) => progress?.((done + part) / (DOUBLINGS + BISECTIONS));
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
  for (let k = 0; k < DOUBLINGS && !(await keeps(high)); k++) {
    low = high;
    high *= 2;
  }
  for (let k = 0; k < BISECTIONS && best && low < high; k++) {
    const between = Math.sqrt(low * high);
    if (await keeps(between)) high = between;
    else low = between;
  }
  return best;
}
