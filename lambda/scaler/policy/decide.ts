/**
 * The rule that sizes the fleet: a pure function of an observation, its memory and its settings. The Lambda function and
 * the simulator run the same code.
 */
import { nextTick } from './cadence.ts';
import { bootOf, emptyCapacity, withDesired } from './capacity.ts';
import { controlsAt, withLimits, type Controls } from './controls.ts';
import type { Decision, PolicyMemory, RuleSettings } from './decision.ts';
import { afterLaunches, judgeLaunches, limitedBy, withBootFailure } from './launches.ts';
import { checkObservation, type Observation } from './observation.ts';
import { observeShortage, observeSurplus, unfulfilledOf, withoutSurplus } from './shortage.ts';
import { decideSlo } from './slo.ts';
import { decideThreshold } from './threshold.ts';

/** Seconds from a request until an instance must at least be pending, under a policy that measures no boots. */
const PATIENCE_SECONDS = 120;

/**
 * Decides the desired capacity.
 *
 * Limits come first: a desired capacity beyond them is brought back within, which counts as a scaling, and the policy
 * continues from there.
 *
 * @param controls of the operator; a dry run decides like any other tick
 * @throws RangeError when a count is not a whole number from 0 to 1e9, or the minimum exceeds the maximum
 */
export function decide(
  observed: Observation,
  memory: PolicyMemory,
  settings: RuleSettings,
  controls: Controls = {},
): Decision {
  checkObservation(observed);
  const active = controlsAt(controls, observed.at);
  const boot = Math.max(patienceOf(memory, settings), observed.coldBootSeconds ?? 0);
  const launches = judgeLaunches(observed, memory.bootFailure, boot);
  const seen = limitedBy(launches, withLimits(observed, active));
  const remembered = withBootFailure(memory, launches.memory);
  const desired = Math.min(seen.max, Math.max(seen.min, seen.desired));
  const isWithin = desired === seen.desired;
  const isOut = desired > seen.desired;
  const scaled = isWithin ? {} : isOut ? { lastOutAt: seen.at } : { lastInAt: seen.at };
  const decision = decideWithinLimits({ ...seen, desired }, { ...remembered, ...scaled }, settings, active);
  if (!isWithin) decision.reason = isOut ? 'scale-out' : 'scale-in';
  return withNextTick(afterLaunches(decision, seen, launches), seen);
}

function withNextTick(decision: Decision, seen: Observation): Decision {
  if (seen.tickSeconds === undefined || !decision.memory.slo) return decision;
  const { seconds, memory } = nextTick(seen, decision, decision.memory.cadence, seen.tickSeconds);
  return { ...decision, nextSeconds: seconds, memory: { ...decision.memory, cadence: memory } };
}

function decideWithinLimits(
  seen: Observation,
  memory: PolicyMemory,
  settings: RuleSettings,
  { pauseScaleOut, pauseScaleIn }: Controls,
): Decision {
  const { shortage: before, ...rest } = memory;
  const shortage = observeShortage(seen, before, patienceOf(memory, settings));
  const isShort = shortage?.confirmed ?? false;
  const unfulfilled = isShort ? unfulfilledOf(seen) : 0;
  // A fleet that must not grow or shrink now has its present size as a limit, so that the policy's memory stays right.
  const held = {
    ...seen,
    unfulfilled,
    max: isShort || pauseScaleOut || seen.overBudget ? seen.desired : seen.max,
    min: pauseScaleIn ? seen.desired : seen.min,
  };
  const decision =
    settings.kind === 'threshold' ? decideThreshold(held, rest, settings) : decideSlo(held, rest, settings);
  decision.unfulfilled = unfulfilled;
  if (shortage) {
    const surplus = observeSurplus(shortage, seen.desired, decision.needed);
    decision.memory = { ...decision.memory, shortage: surplus };
    const useful = withoutSurplus(
      held,
      surplus,
      settings.kind === 'threshold' ? 0 : settings.emptyHoldSeconds,
    );
    // A second tick at the same instant learns nothing.
    if (before?.at !== seen.at && useful < decision.desired) return scaleInSurplus(decision, seen, useful);
  }
  if (decision.reason === 'at-max' && held.max < seen.max) {
    decision.reason = isShort ? 'shortage' : pauseScaleOut ? 'paused' : 'over-budget';
  }
  if (decision.reason === 'at-min' && held.min > seen.min) decision.reason = 'paused';
  return decision;
}

const patienceOf = (memory: PolicyMemory, settings: RuleSettings): number =>
  settings.kind === 'threshold'
    ? PATIENCE_SECONDS
    : bootOf(memory.slo?.capacity ?? emptyCapacity(), settings.bootSeconds);

/** Lowers the desired capacity to what is useful; idle times are measured again from here. */
function scaleInSurplus(decision: Decision, seen: Observation, desired: number): Decision {
  const memory: PolicyMemory = { ...decision.memory, lastInAt: seen.at };
  const { slo } = memory;
  if (slo) {
    const idle = slo.idle.map(({ at }) => ({ at, count: 0 }));
    memory.slo = { ...slo, capacity: withDesired(slo.capacity, seen, desired), idle };
  }
  return { ...decision, desired, reason: 'scale-in', memory };
}

/**
 * The memory of a decision that could not be carried out: all that was learned, without the scaling, so that a failed
 * action starts no cooldown and no capacity is expected from it.
 */
export function withoutScaling(decision: Decision, before: PolicyMemory): PolicyMemory {
  const memory = { ...decision.memory, lastOutAt: before.lastOutAt, lastInAt: before.lastInAt };
  if (memory.pools) memory.pools = before.pools;
  const { bootFailure } = memory;
  if (bootFailure) memory.bootFailure = { ...bootFailure, ended: before.bootFailure?.ended ?? [] };
  if (!memory.slo) return memory;
  return { ...memory, slo: { ...memory.slo, capacity: before.slo?.capacity ?? emptyCapacity() } };
}
