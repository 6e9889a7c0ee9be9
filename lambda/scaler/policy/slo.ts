/**
 * The policies `slo` and `forecast`: seconds of work against a target mean wait. docs/scaling.md derives the formulas.
 *
 * Gotcha: SQS may count a message that starts at the instant of a tick as visible or as in flight. Arrivals are taken
 * from the sum of both, and no instance counts as idle while a message is visible.
 */
import { observeBulk, withoutBulkReports, type BulkNow } from './bulk/bulk.ts';
import { calculate } from './calculate.ts';
import { emptyCapacity, observeCapacity, withDesired } from './capacity.ts';
import { choose, type Choice } from './choose.ts';
import type { BulkSettings, Decision, PolicyMemory, SloMemory, SloRuleSettings } from './decision.ts';
import { isInconsistent, observeFlow, serviceOf, type Flow } from './flow.ts';
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

export function decideSlo(
  observed: Observation,
  memory: PolicyMemory,
  settings: SloRuleSettings & BulkSettings,
): Decision {
  const seen = withoutBulkReports(observed);
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
  const bulk = observeBulk(observed, memory.bulk, serviceOf(learned.flow, settings.serviceSeconds));
  const result = calculate(seen, learned, settings, bulk);
  const { calculation, idle: idleNow, emptySeconds } = result;
  const needed = Math.max(result.needed, result.bulk.needed);
  const kept = Math.max(result.kept, result.bulk.kept);
  const idle = Math.max(idleNow, idleByWork(...ofBothLanes(seen, flow, bulk), calculation.serviceSeconds));
  const tick = seen.tickSeconds ?? Infinity;
  const idleTicks = ticksFor(calculation.bootSeconds * IDLE_BOOTS, tick);
  const idleCounts = recordIdle(before.idle, { at: seen.at, count: idle }, idleTicks);
  const spare = idleOver(idleCounts, idleTicks, tick);

  const { serviceSeconds } = calculation;
  const { isEmptyConfirmed = false } = learned;
  const sizes = { needed, kept, spare, idle, emptySeconds, isEmptyConfirmed, serviceSeconds };
  const choice = choose(seen, sizes, memory, settings);
  if (choice.reason === 'scale-out' && result.needed <= seen.desired) choice.reason = 'bulk-deadline';
  const next = { ...memory, ...(bulk && { bulk: bulk.memory }), slo: { ...learned, idle: idleCounts } };
  return { ...choice, memory: afterChoice(seen, next, choice, idle), needed, calculation };
}

/** What waits and what was done, whatever lane it is of: an instance that works on bulk photos is not idle. */
function ofBothLanes(
  seen: Observation,
  flow: Flow,
  bulk: BulkNow | undefined,
): [Pick<Observation, 'visible' | 'inService'>, Pick<Flow, 'seconds' | 'busySeconds'>] {
  if (!bulk || flow.busySeconds === undefined) return [seen, flow];
  const { inService } = seen;
  const visible = seen.visible + (bulk.working > 0 ? bulk.counts.visible : 0);
  return [
    { visible, inService },
    { seconds: flow.seconds, busySeconds: flow.busySeconds + (bulk.flow.busySeconds ?? 0) },
  ];
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
