/** Lower bounds with their cache and progress lines. */
import { Bound, type BoundPoint } from '../bound/bound.ts';
import { feasiblePlan } from '../bound/plan.ts';
import { loadKnown, saveKnown } from '../bound/store.ts';
import type { Progress } from '../progress.ts';
import type { Scenario } from '../scenario.ts';

/** The lower bound of a scenario for each mean wait. */
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
        progress.show(`lower bound for a mean wait of ${at} s, step ${known.size - steps + 1}`, share),
      ),
    );
  }
  if (known.size > before) await saveKnown(scenario, known);
  return points;
}

/** Lower bound of billed seconds + `price` x seconds waited: `Bound.value` with the price per waited second. */
export async function leastSumAt(scenario: Scenario, price: number, progress: Progress): Promise<number> {
  const known = await loadKnown(scenario);
  const before = known.size;
  const bound = new Bound(scenario, known);
  const sum = await bound.value(price / bound.service, (share) =>
    progress.show('lower bound of cost and waits', share),
  );
  if (known.size > before) await saveKnown(scenario, known);
  return sum;
}

/** Cost of the bound's plan, replayed exactly. @returns null when no plan keeps the wait */
export async function planAt(scenario: Scenario, point: BoundPoint, progress: Progress) {
  if (point.mu === null) return null;
  const bound = new Bound(scenario);
  const plan = await feasiblePlan(bound, scenario, point.at, point.mu, (share) =>
    progress.show(`plan for a mean wait of ${point.at} s`, share),
  );
  if (!plan || plan.measures.wait.mean === null) return null;
  return { gpuHours: plan.measures.gpuHours, mean: plan.measures.wait.mean };
}
