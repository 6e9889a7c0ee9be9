/**
 * The rule that sizes the fleet: a pure function of what was seen, what is remembered and the settings.
 *
 * Imports nothing but its policies, so that the function, the simulator and a reader all have the same few lines.
 */
import { bootOf, emptyCapacity, withDesired } from './policy-capacity.ts';
import { controlsAt, withLimits, type Controls } from './policy-controls.ts';
import type { Reported } from './policy-flow.ts';
import { decideSlo, type Reckoning, type SloMemory, type SloSettings } from './policy-slo.ts';
import {
  missingOf,
  observeShortage,
  observeSurplus,
  withoutSurplus,
  type ShortageMemory,
} from './policy-shortage.ts';
import { decideThreshold, type ThresholdSettings } from './policy-threshold.ts';

/** What one tick saw. Counts are of messages and instances; a job is one photo, an instance works on one at a time. */
export interface Observation {
  /** When, in epoch seconds. */
  at: number;
  /** Messages waiting. */
  visible: number;
  /** Messages received and not yet deleted: photos being worked on. */
  inFlight: number;
  /** Desired capacity: in service and on its way, without what is on its way out. */
  desired: number;
  inService: number;
  /** On its way: requested, booting, or at the launch hook. */
  pending: number;
  /** On its way out, still finishing a photo perhaps. */
  draining: number;
  min: number;
  max: number;
  /**
   * What workers have reported since they began to, as counters.
   *
   * @default unknown: what was finished is reckoned from what was in flight
   */
  reported?: Reported;
  /**
   * Launches that failed since the last tick, as Auto Scaling tells.
   *
   * @default unknown: a shortage shows by what stays missing
   */
  failedLaunches?: number;
  /**
   * Instances asked for in vain.
   *
   * @default 0, and found from what is missing for too long
   */
  missing?: number;
  /**
   * Whether the day's spending forbids the fleet to grow, but for a floor that somebody has set.
   *
   * @default false
   */
  overBudget?: boolean;
  /**
   * Seconds between two ticks: the time that one look speaks for, so that ticks which never came do not count as
   * observed.
   *
   * @default Infinity: whatever lies between two looks counts as seen
   */
  tickSeconds?: number;
}

/** What a policy remembers from tick to tick. */
export interface PolicyMemory {
  /** When the fleet was last made larger, epoch seconds. */
  lastOutAt?: number;
  /** When it was last made smaller, epoch seconds. */
  lastInAt?: number;
  /** Of the `slo` policy. */
  slo?: SloMemory;
  /** Present while instances are missing. */
  shortage?: ShortageMemory;
}

export type PolicySettings = SloSettings | ThresholdSettings;

export const REASONS = [
  /** More capacity was asked for. */
  'scale-out',
  /** Less capacity was asked for. */
  'scale-in',
  /** The fleet has the size it should have. */
  'steady',
  /** It should be larger, and a cooldown holds it. */
  'cooling-out',
  /** It should be smaller, and a cooldown or the hold time keeps it. */
  'cooling-in',
  /** It should be larger than the stage allows: the target cannot be met with the maximum. */
  'at-max',
  /** It should be smaller than the stage allows. */
  'at-min',
  /** It should be larger, and what was asked for already is not given. */
  'shortage',
  /** It should be larger, and today's spending has reached the stage's limit. */
  'over-budget',
  /** It should have another size, and somebody has paused that. */
  'paused',
  /** The counts contradict each other: more photos are gone than were finished. */
  'doubtful',
  /** What is needed for a decision could not be read: the fleet stays as it is. */
  'blind',
] as const;

export type Reason = (typeof REASONS)[number];

export interface Decision {
  /** Desired capacity from now on. */
  desired: number;
  reason: Reason;
  /** To be remembered once the decision has been carried out. */
  memory: PolicyMemory;
  /** Instances that the work asks for, before limits; absent in a policy that does not reckon it. */
  need?: number;
  /** Instances asked for in vain; 0 while capacity comes as it should. */
  short?: number;
  /** The numbers behind it; absent in a policy that reckons with none. */
  reckoning?: Reckoning;
}

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

const dispatch = (seen: Observation, memory: PolicyMemory, settings: PolicySettings): Decision =>
  settings.kind === 'threshold' ? decideThreshold(seen, memory, settings) : decideSlo(seen, memory, settings);

/** Seconds that an instance may take to show at all, where no boot is measured. */
const PATIENCE_SECONDS = 120;

function decideWithin(
  seen: Observation,
  memory: PolicyMemory,
  settings: PolicySettings,
  { pauseScaleOut, pauseScaleIn }: Controls,
): Decision {
  const { shortage: before, ...rest } = memory;
  const slo = settings.kind === 'threshold' ? undefined : settings;
  const patience = slo ? bootOf(memory.slo?.capacity ?? emptyCapacity(), slo.bootSeconds) : PATIENCE_SECONDS;
  const shortage = observeShortage(seen, before, patience);
  const short = shortage?.short ?? false;
  const missing = short ? missingOf(seen) : 0;
  // What must not grow or shrink now is a limit like any other: the policy holds there, and remembers rightly.
  const held = {
    ...seen,
    missing,
    max: short || pauseScaleOut || seen.overBudget ? seen.desired : seen.max,
    min: pauseScaleIn ? seen.desired : seen.min,
  };
  const decision = dispatch(held, rest, settings);
  decision.short = missing;
  if (shortage) {
    const surplus = observeSurplus(shortage, seen.desired, decision.need);
    decision.memory = { ...decision.memory, shortage: surplus };
    const useful = withoutSurplus(held, surplus, slo?.emptyHoldSeconds ?? 0);
    // A second look at the same instant learns nothing.
    if (before?.at !== seen.at && useful < decision.desired) return withoutPhantoms(decision, seen, useful);
  }
  if (decision.reason === 'at-max' && held.max < seen.max) {
    decision.reason = short ? 'shortage' : pauseScaleOut ? 'paused' : 'over-budget';
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
  settings: PolicySettings,
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
