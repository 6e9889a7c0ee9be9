/** Reports of instances, tick after tick. */
import type { InstanceReport } from '../../../../lambda/scaler/policy/plausible.ts';
import { believe, type Belief, type ReportsMemory } from '../../../../lambda/scaler/policy/reports.ts';

export const AT = 1_000_000;
export const TICK = 30;

export type Counters = [completed: unknown, busySeconds: unknown];
export type Tick = Record<string, Counters>;

export interface Driven {
  backlog?: number;
  /** Of instances. @default g4dn.xlarge */
  types?: Record<string, string>;
  serviceSeconds?: number;
}

/** Reports of instances, tick after tick; every instance that is named is in service. */
export function drive(ticks: Tick[], { backlog = 0, types = {}, serviceSeconds = 6 }: Driven = {}) {
  let memory: ReportsMemory | undefined;
  const beliefs: Belief[] = [];
  ticks.forEach((tick, k) => {
    const reports = Object.entries(tick).map(([instance, [completed, busySeconds]]): InstanceReport => ({
      instance,
      completed,
      busySeconds,
    }));
    const reporters = Object.keys(tick).map((instance) => ({
      instance,
      type: types[instance] ?? 'g4dn.xlarge',
    }));
    const belief = believe({ at: AT + k * TICK, backlog, reporters, reports, serviceSeconds }, memory);
    ({ memory } = belief);
    beliefs.push(belief);
  });
  return beliefs;
}

/** Ticks in which some instances are busy throughout with photos of a service time. */
export const busy = (ticks: number, instances: string[], service = 6): Tick[] =>
  Array.from({ length: ticks }, (_, k) =>
    Object.fromEntries(
      instances.map((instance): [string, Counters] => [instance, [(TICK / service) * k, TICK * k]]),
    ),
  );
/** Adds one more instance to each tick. */
export const withOne = (ticks: Tick[], instance: string, counters: (k: number) => Counters): Tick[] =>
  ticks.map((tick, k) => ({ ...tick, [instance]: counters(k) }));
export const last = <T>(list: readonly T[]): T => list.at(-1) as T;
