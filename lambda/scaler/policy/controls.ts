/** What somebody on call has set for now: limits within the group's, pauses, a dry run; each may end by itself. */
import type { Observation } from './observation.ts';

/** Until when a control holds, epoch seconds. */
interface Expiring {
  /** @default until it is taken back */
  until?: number;
}

interface Limit {
  /** Instances; beyond the group's own limits it is brought within. */
  instances: number;
  until: number;
}

export interface Controls {
  /** The fleet does not grow, but for a floor. */
  pauseScaleOut?: Expiring;
  /** The fleet does not shrink, but for a ceiling. */
  pauseScaleIn?: Expiring;
  floor?: Limit;
  /** Wins over a floor above it. */
  ceiling?: Limit;
  /** Ticks decide and publish, and set nothing. */
  dryRun?: Expiring;
}

export type ControlName = keyof Controls;

/** Those that hold at a time. */
export function controlsAt(controls: Controls, at: number): Controls {
  const holds = Object.entries(controls).filter(
    ([, control]: [string, Expiring | undefined]) => control && at < (control.until ?? Infinity),
  );
  return Object.fromEntries(holds);
}

/** What was seen, with the limits that a floor and a ceiling leave. */
export function withLimits(seen: Observation, { floor, ceiling }: Controls): Observation {
  const max = Math.max(seen.min, Math.min(seen.max, ceiling?.instances ?? Infinity));
  const min = Math.min(max, Math.max(seen.min, floor?.instances ?? 0));
  return { ...seen, min, max };
}
