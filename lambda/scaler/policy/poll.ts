/** Between two ticks: whether the counts of the queue alone ask for a larger fleet, and so for a tick at once. */
import type { Controls } from './controls.ts';
import { decide } from './decide.ts';
import type { PolicyMemory, RuleSettings } from './decision.ts';
import type { Observation } from './observation.ts';

/** Between two polls, and from a tick to the first one, seconds: an instance boots much longer, and SQS's counts are as old. */
export const POLL_SECONDS = 5;

/** What the last tick saw and remembers. */
export interface LastTick {
  /** With the desired capacity that it set. */
  seen: Observation;
  memory: PolicyMemory;
}

/**
 * Decides as a tick would that saw these counts and the fleet of the last tick. Nothing is learned from them: the tick that
 * follows reads everything again. What the workers have finished meanwhile is unknown, and is estimated.
 */
export function wantsMore(
  { seen, memory }: LastTick,
  counts: Pick<Observation, 'at' | 'visible' | 'inFlight'>,
  settings: RuleSettings,
  controls: Controls = {},
): boolean {
  // No photo waits: the fleet is large enough so far.
  if (counts.visible === 0) return false;
  // They belong to the last tick, which has counted them.
  const { reported: _reported, launches: _launches, failedLaunches: _failed, ...fleet } = seen;
  return decide({ ...fleet, ...counts }, memory, settings, controls).desired > seen.desired;
}
