/**
 * The policies `slo` and `forecast`: seconds of work against a target mean wait. docs/scaling.md derives the formulas.
 *
 * Gotcha: SQS may count a message that starts at the instant of a tick as visible or as in flight. Arrivals are taken
 * from the sum of both, and no instance counts as idle while a message is visible.
 */
import { calculate } from './calculate.ts';
import { emptyCapacity, observeCapacity, withDesired } from './capacity.ts';
import { choose, type Choice } from './choose.ts';
import type { Decision, PolicyMemory, SloMemory, SloRuleSettings } from './decision.ts';
import { isInconsistent, observeFlow } from './flow.ts';
import { idleByWork, idleOver, recordIdle, ticksFor, withoutRemoved } from './idle.ts';
import { learn } from './learn.ts';
import type { Observation } from './observation.ts';
import { emptyPrice } from './price.ts';
import { emptyRate } from './rate.ts';
import { IDLE_BOOTS } from './sizing.ts';

export const emptySlo = (): SloMemory => ({
  rate: emptyRate(),
  capacity: emptyCapacity(),
  price: emptyPrice(),
  idle: [],
});

export function decideSlo(seen: Observation, memory: PolicyMemory, settings: SloRuleSettings): Decision {
  const before = memory.slo ?? emptySlo();
  const flow = observeFlow(seen, before.flow, settings.serviceSeconds);
  // A second tick at the same instant learns nothing: what was requested since does not show yet.
  const capacity = before.flow?.at === seen.at ? before.capacity : observeCapacity(seen, before.capacity);

  if (isInconsistent(seen, flow, before.flow, settings.serviceSeconds)) {
    const inconsistentSince = Math.min(before.inconsistentSince ?? seen.at, seen.at);
    // Counts that stay contradictory for the hold time are believed.
    if (seen.at - inconsistentSince < settings.emptyHoldSeconds) {
      const slo = { ...before, capacity, inconsistentSince };
      return { desired: seen.desired, reason: 'inconsistent-metrics', memory: { ...memory, slo } };
    }
  }

  const learned = learn(seen, before, flow, capacity, settings);
  const { calculation, needed, kept, idle: idleNow, emptySeconds } = calculate(seen, learned, settings);
  const idle = Math.max(idleNow, idleByWork(seen, flow, calculation.serviceSeconds));
  const tick = seen.tickSeconds ?? Infinity;
  const idleTicks = ticksFor(calculation.bootSeconds * IDLE_BOOTS, tick);
  const idleCounts = recordIdle(before.idle, { at: seen.at, count: idle }, idleTicks);
  const spare = idleOver(idleCounts, idleTicks, tick);

  const { serviceSeconds } = calculation;
  const { isEmptyConfirmed = false } = learned;
  const sizes = { needed, kept, spare, idle, emptySeconds, isEmptyConfirmed, serviceSeconds };
  const choice = choose(seen, sizes, memory, settings);
  const next = { ...memory, slo: { ...learned, idle: idleCounts } };
  return { ...choice, memory: afterChoice(seen, next, choice, idle), needed, calculation };
}

/** The memory with the launch or the removal that a choice makes. */
function afterChoice(
  seen: Observation,
  memory: PolicyMemory & { slo: SloMemory },
  { desired }: Choice,
  idleNow: number,
): PolicyMemory {
  if (desired === seen.desired) return memory;
  const { slo } = memory;
  const capacity = withDesired(slo.capacity, seen, desired, idleNow);
  if (desired > seen.desired) return { ...memory, lastOutAt: seen.at, slo: { ...slo, capacity, idle: [] } };
  const idle = withoutRemoved(slo.idle, seen.desired - desired);
  return { ...memory, lastInAt: seen.at, slo: { ...slo, capacity, idle } };
}
