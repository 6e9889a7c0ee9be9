/** An operator's overrides of the rule: pauses, limits within the group's, a dry run. Each may expire. */
import type { Observation } from './observation.ts';

interface Expiring {
  /**
   * Epoch seconds.
   *
   * @default - until it is removed
   */
  until?: number;
}

interface Limit {
  /** Instances; a value beyond the group's own limits is brought within them. */
  instances: number;
  /** Epoch seconds. */
  until: number;
}

export interface Controls {
  /** The fleet does not grow, except to a floor. */
  pauseScaleOut?: Expiring;
  /** The fleet does not shrink, except to a ceiling. */
  pauseScaleIn?: Expiring;
  floor?: Limit;
  /** Wins over a floor above it. */
  ceiling?: Limit;
  /** Ticks decide and publish, and do not set the desired capacity. */
  dryRun?: Expiring;
}

export type ControlName = keyof Controls;

/** The controls that are active at a time, epoch seconds. */
export function controlsAt(controls: Controls, at: number): Controls {
  const active = Object.entries(controls).filter(
    ([, control]: [string, Expiring | undefined]) => control && at < (control.until ?? Infinity),
  );
  return Object.fromEntries(active);
}

/** The observation with the limits that a floor and a ceiling leave. */
export function withLimits(seen: Observation, { floor, ceiling }: Controls): Observation {
  const max = Math.max(seen.min, Math.min(seen.max, ceiling?.instances ?? Infinity));
  const min = Math.min(max, Math.max(seen.min, floor?.instances ?? 0));
  return { ...seen, min, max };
}
