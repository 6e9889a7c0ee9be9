/**
 * The rule that sizes the fleet: a pure function of what was seen, what is remembered and the settings.
 *
 * Imports nothing but its policies, so that the function, the simulator and a reader all have the same few lines.
 */
import { bootOf, emptyCapacity, withDesired } from './capacity.ts';
import { controlsAt, withLimits, type Controls } from './controls.ts';
import type { Decision, PolicyMemory, RuleSettings } from './decision.ts';
import type { Observation } from './observation.ts';
import { decideSlo } from './slo.ts';
import { unfulfilledOf, observeShortage, observeSurplus, withoutSurplus } from './shortage.ts';
import { decideThreshold } from './threshold.ts';

const COUNTS = ['visible', 'inFlight', 'desired', 'inService', 'pending', 'draining', 'min', 'max'] as const;

/** @throws RangeError naming the first value that cannot be */
function check(seen: Observation): void {
  for (const name of COUNTS) {
    if (Number.isInteger(seen[name]) && seen[name] >= 0) continue;
    throw new RangeError(`${name} is ${seen[name]}: expected a whole number of at least 0`);
  }
  if (!Number.isFinite(seen.at)) throw new RangeError(`at is ${seen.at}: expected epoch seconds`);
  if (seen.tickSeconds !== undefined && !(seen.tickSeconds > 0)) {
    throw new RangeError(`tickSeconds is ${seen.tickSeconds}: expected more than 0`);
  }
  for (const name of ['completed', 'busySeconds'] as const) {
    const value = seen.reported?.[name] ?? 0;
    if (!(value >= 0 && value < Infinity)) throw new RangeError(`${name} is ${value}: expected at least 0`);
  }
  if (seen.min > seen.max) throw new RangeError(`minimum ${seen.min} exceeds maximum ${seen.max}`);
}

const dispatch = (seen: Observation, memory: PolicyMemory, settings: RuleSettings): Decision =>
  settings.kind === 'threshold' ? decideThreshold(seen, memory, settings) : decideSlo(seen, memory, settings);

/** Seconds that an instance may take to show at all, where no boot is measured. */
const PATIENCE_SECONDS = 120;

function decideWithin(
  seen: Observation,
  memory: PolicyMemory,
  settings: RuleSettings,
  { pauseScaleOut, pauseScaleIn }: Controls,
): Decision {
  const { shortage: before, ...rest } = memory;
  const slo = settings.kind === 'threshold' ? undefined : settings;
  const patience = slo ? bootOf(memory.slo?.capacity ?? emptyCapacity(), slo.bootSeconds) : PATIENCE_SECONDS;
  const shortage = observeShortage(seen, before, patience);
  const inShortage = shortage?.confirmed ?? false;
  const unfulfilled = inShortage ? unfulfilledOf(seen) : 0;
  // What must not grow or shrink now is a limit like any other: the policy holds there, and remembers rightly.
  const held = {
    ...seen,
    unfulfilled,
    max: inShortage || pauseScaleOut || seen.overBudget ? seen.desired : seen.max,
    min: pauseScaleIn ? seen.desired : seen.min,
  };
  const decision = dispatch(held, rest, settings);
  decision.unfulfilled = unfulfilled;
  if (shortage) {
    const surplus = observeSurplus(shortage, seen.desired, decision.needed);
    decision.memory = { ...decision.memory, shortage: surplus };
    const useful = withoutSurplus(held, surplus, slo?.emptyHoldSeconds ?? 0);
    // A second look at the same instant learns nothing.
    if (before?.at !== seen.at && useful < decision.desired) return withoutPhantoms(decision, seen, useful);
  }
  if (decision.reason === 'at-max' && held.max < seen.max) {
    decision.reason = inShortage ? 'shortage' : pauseScaleOut ? 'paused' : 'over-budget';
  }
  if (decision.reason === 'at-min' && held.min > seen.min) decision.reason = 'paused';
  return decision;
}

function withoutPhantoms(decision: Decision, seen: Observation, desired: number): Decision {
  const memory: PolicyMemory = { ...decision.memory, lastInAt: seen.at };
  const { slo } = memory;
  if (slo) {
    // Who is idle is seen anew from here.
    const idle = slo.idle.map(({ at }) => ({ at, count: 0 }));
    memory.slo = { ...slo, capacity: withDesired(slo.capacity, seen, desired), idle };
  }
  return { ...decision, desired, reason: 'scale-in', memory };
}

/**
 * Decides the desired capacity.
 *
 * Limits that were changed under the fleet come first: a desired capacity beyond them is brought back within, which
 * counts as a scaling, and the policy goes on from there.
 *
 * @param controls what somebody has set for now; a dry run decides like any other
 * @throws RangeError when a count is no whole number of at least 0, or the minimum exceeds the maximum
 */
export function decide(
  observed: Observation,
  memory: PolicyMemory,
  settings: RuleSettings,
  controls: Controls = {},
): Decision {
  check(observed);
  const active = controlsAt(controls, observed.at);
  const seen = withLimits(observed, active);
  const desired = Math.min(seen.max, Math.max(seen.min, seen.desired));
  if (desired === seen.desired) return decideWithin(seen, memory, settings, active);
  const out = desired > seen.desired;
  const stamp = out ? { lastOutAt: seen.at } : { lastInAt: seen.at };
  const decision = decideWithin({ ...seen, desired }, { ...memory, ...stamp }, settings, active);
  return { ...decision, reason: out ? 'scale-out' : 'scale-in' };
}

/**
 * What to remember when the decision could not be carried out: all that was seen, but no scaling, so that an action
 * that failed starts no cooldown and no capacity is thought to be on its way.
 */
export function undone(decision: Decision, before: PolicyMemory): PolicyMemory {
  const memory = { ...decision.memory, lastOutAt: before.lastOutAt, lastInAt: before.lastInAt };
  if (!memory.slo) return memory;
  return { ...memory, slo: { ...memory.slo, capacity: before.slo?.capacity ?? emptyCapacity() } };
}
