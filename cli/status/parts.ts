/** The parts of a status, each read on its own, so that one that fails leaves the others. */
import { ApiError } from '../../client/errors.ts';
import { UserError } from '../../common/errors.ts';
import type { ScalerMemory } from '../shared/scaler-memory.ts';

export interface QueueCounts {
  waiting: number;
  inFlight: number;
  /** Of those waiting, the ones in the interactive lane's second queue. @default there is no such queue */
  sidelined?: number;
}

/** Seconds that the oldest photo of each queue of the interactive lane has waited; null when it is not measured. */
export interface OldestAges {
  first: number | null;
  sidelined: number | null;
}

export interface FleetCounts {
  desired: number;
  inService: number;
  pending: number;
  draining: number;
  /** Limits of the whole fleet; null where they are unknown. */
  min: number | null;
  max: number | null;
  /** Of which the others are sums. @default the fleet has one group */
  pools?: Record<'spot' | 'onDemand', PoolCounts>;
}

export type PoolCounts = Omit<FleetCounts, 'min' | 'max' | 'pools'>;

/** Without limits: each group may have the whole fleet, whose limits the scaler keeps. */
export function bothPools(spot: FleetCounts, onDemand: FleetCounts): FleetCounts {
  const sum = (name: keyof PoolCounts) => spot[name] + onDemand[name];
  return {
    ...{ desired: sum('desired'), inService: sum('inService') },
    ...{ pending: sum('pending'), draining: sum('draining'), min: null, max: null },
    pools: { spot: countsOf(spot), onDemand: countsOf(onDemand) },
  };
}

const countsOf = ({ desired, inService, pending, draining }: FleetCounts): PoolCounts => ({
  ...{ desired, inService, pending, draining },
});

/** The fleet, with the limits that the scaler last read where it has two groups. */
export function fleetOf(parts: Pick<StatusParts, 'fleet' | 'memory'>): FleetCounts | undefined {
  const fleet = valueOf(parts.fleet);
  if (!fleet?.pools) return fleet;
  const last = valueOf(parts.memory)?.recent.findLast(({ max }) => max !== null);
  return { ...fleet, min: last?.min ?? null, max: last?.max ?? null };
}

export interface Alarm {
  name: string;
  state: 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
  /** Epoch seconds. */
  since: number;
}

/** The value, or why it could not be read. */
export type Part<T> = { value: T } | { missing: string };

export interface StatusPorts {
  queue(): Promise<QueueCounts>;
  /** The queue of the bulk lane; null in a stage without it. */
  bulk(): Promise<QueueCounts | null>;
  oldest(): Promise<OldestAges>;
  /** Messages in the dead-letter queue. */
  deadLetters(): Promise<number>;
  fleet(): Promise<FleetCounts>;
  memory(): Promise<ScalerMemory>;
  alarms(): Promise<Alarm[]>;
}

export type StatusParts = { [Name in keyof StatusPorts]: Part<Awaited<ReturnType<StatusPorts[Name]>>> };

/** @throws what is a bug */
export async function readParts(ports: StatusPorts): Promise<StatusParts> {
  const [queue, bulk, oldest, deadLetters, fleet, memory, alarms] = await Promise.all([
    part(() => ports.queue()),
    part(() => ports.bulk()),
    part(() => ports.oldest()),
    part(() => ports.deadLetters()),
    part(() => ports.fleet()),
    part(() => ports.memory()),
    part(() => ports.alarms()),
  ]);
  return { queue, bulk, oldest, deadLetters, fleet, memory, alarms };
}

async function part<T>(read: () => Promise<T>): Promise<Part<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    if (error instanceof UserError || error instanceof ApiError) return { missing: error.message };
    throw error;
  }
}

export const valueOf = <T>(one: Part<T>): T | undefined => ('value' in one ? one.value : undefined);

/** The parts that could not be read, grouped by reason. */
export function missingOf(parts: StatusParts): { what: string[]; why: string }[] {
  const reasons = new Map<string, string[]>();
  for (const [what, one] of Object.entries(parts) as [string, Part<unknown>][]) {
    if ('missing' in one) reasons.set(one.missing, [...(reasons.get(one.missing) ?? []), what]);
  }
  return [...reasons].map(([why, what]) => ({ what, why }));
}
