/** Bounds with their store and their progress. */
import { Bound, type BoundPoint } from '../bound/index.ts';
import { feasiblePlan } from '../bound/plan.ts';
import { loadKnown, saveKnown } from '../bound/store.ts';
import type { Progress } from '../progress.ts';
import type { Scenario } from '../scenario.ts';

/** The bound of a scenario for each mean wait, out of the store where it is known. */
export async function boundsAt(
  scenario: Scenario,
  waits: number[],
  progress: Progress,
): Promise<BoundPoint[]> {
  const known = await loadKnown(scenario);
  const before = known.size;
  const bound = new Bound(scenario, known);
  const points: BoundPoint[] = [];
  for (const at of waits) {
    const steps = known.size;
    points.push(
      await bound.at(at, (share) =>
        progress.show(`the least possible for a mean wait of ${at} s, step ${known.size - steps + 1}`, share),
      ),
    );
  }
  if (known.size > before) await saveKnown(scenario, known);
  return points;
}

/** The least possible sum of billed seconds and `price` times the seconds waited: Bound.value in a wait's own terms. */
export async function leastSumAt(scenario: Scenario, price: number, progress: Progress): Promise<number> {
  const known = await loadKnown(scenario);
  const before = known.size;
  const sum = await new Bound(scenario, known).value(price / scenario.world.service, (share) =>
    progress.show('the least possible sum of cost and waits', share),
  );
  if (known.size > before) await saveKnown(scenario, known);
  return sum;
}

/** What the bound's plan costs, replayed exactly. */
export async function planAt(scenario: Scenario, point: BoundPoint, progress: Progress) {
  if (point.mu === null) return null;
  const bound = new Bound(scenario);
  const plan = await feasiblePlan(bound, scenario, point.at, point.mu, (share) =>
    progress.show(`a plan for a mean wait of ${point.at} s`, share),
  );
  if (!plan || plan.measures.wait.mean === null) return null;
  return { gpuHours: plan.measures.gpuHours, mean: plan.measures.wait.mean };
}
