/** What the launches under way mean for a decision: the breaker's limit, and what is ended or replaced. */
import type { Reason } from '../../../contract/reasons.ts';
import {
  bootLimit,
  isOpen,
  MOST_LAUNCHES,
  observeBootFailures,
  type BootFailureMemory,
  type BootLimit,
} from './boot-failure.ts';
import type { Decision, PolicyMemory } from './decision.ts';
import type { InstanceLaunch, Observation } from './observation.ts';
import { stragglersOf } from './straggler.ts';

/** Reasons of a fleet that has the size that is needed, or may not be changed: with a launch that may fail, it has not. */
const UNCHANGED: Reason[] = ['steady', 'at-min', 'scale-in-cooldown', 'scale-out-cooldown'];

export interface Launches {
  memory: BootFailureMemory | undefined;
  limit: BootLimit;
  replaces: InstanceLaunch[];
  /** Launches that Auto Scaling makes again. */
  relaunched: number;
}

/** @param boot seconds */
export function judgeLaunches(
  seen: Observation,
  before: BootFailureMemory | undefined,
  boot: number,
): Launches {
  const memory = observeBootFailures(seen, before, boot);
  const limit = bootLimit(seen, memory, seen.min);
  // A second tick at the same instant does nothing again.
  const isRepeated = before?.at === seen.at;
  const replaces = isOpen(memory) || isRepeated ? [] : stragglersOf(seen, memory, boot);
  const noticed = (seen.launches ?? []).filter(
    ({ id, outcome }) =>
      outcome === 'boot-failed' && memory?.counted.includes(id) && !before?.counted.includes(id),
  );
  const ended = [...limit.ends, ...replaces].map(({ id }) => id);
  const known = memory ?? { at: seen.at, failures: 0, counted: [], ended: [], suspected: false, latest: [] };
  return {
    memory: ended.length > 0 ? { ...known, ended: [...known.ended, ...ended].slice(-MOST_LAUNCHES) } : memory,
    limit,
    replaces,
    relaunched: isRepeated ? 0 : noticed.length + replaces.length,
  };
}

/** The breaker wins over an operator's floor: more instances that do not boot help nobody. */
export const limitedBy = ({ limit, relaunched }: Launches, seen: Observation): Observation => ({
  ...seen,
  relaunched,
  max: Math.min(seen.max, limit.max),
  min: Math.min(seen.min, limit.max),
});

export function withBootFailure(
  memory: PolicyMemory,
  bootFailure: BootFailureMemory | undefined,
): PolicyMemory {
  const { bootFailure: _, ...rest } = memory;
  return bootFailure ? { ...rest, bootFailure } : rest;
}

/** The decision with the instances to end and to replace, and with its reason where the breaker holds the fleet. */
export function afterLaunches(
  decision: Decision,
  seen: Observation,
  { limit, replaces }: Launches,
): Decision {
  const ids = (launches: InstanceLaunch[]) => launches.flatMap(({ instance }) => instance ?? []);
  if (limit.ends.length > 0) decision.ends = ids(limit.ends);
  if (replaces.length > 0) decision.replaces = ids(replaces);
  const { needed = 0, reason } = decision;
  const isHeld = reason === 'at-max' || (UNCHANGED.includes(reason) && needed > seen.inService);
  if (limit.max === seen.max && isHeld) decision.reason = 'boot-failure';
  return decision;
}
