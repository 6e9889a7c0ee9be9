/** The two pools of a fleet: what a tick sees of them, and what it remembers. */

import type { FleetCounts } from '../observation.ts';
import type { BurstMemory } from './bursts.ts';
import type { PoolName } from './pool-name.ts';

/** Counts of one group; `inService` without those that have an interruption notice: their capacity will be lost. */
export type PoolCounts = FleetCounts;

export interface PoolsCounts {
  spot: PoolCounts;
  onDemand: PoolCounts;
  /** Stopped instances of the on-demand group that can resume now; null where that is unknown. */
  stopped: number | null;
}

export interface PoolsSeen extends PoolsCounts {
  /** Epoch seconds. */
  at: number;
  /** Instances of both pools at most, those of a hand-over included. */
  max: number;
  /** Recent launches that EC2 refused. */
  refused: RefusedLaunch[];
  /** Start of the latest Spot launch that got an instance, epoch seconds. @default none is known */
  spotGivenAt?: number | undefined;
  /** Boots of the Spot instances that came into service since the last tick, seconds. */
  booted: number[];
  /** The same of the on-demand instances. @default none */
  resumed?: number[];
}

export interface RefusedLaunch {
  pool: PoolName;
  /** Epoch seconds. */
  at: number;
  /** Of the instance, where AWS names it. */
  type?: string | undefined;
  zone?: string | undefined;
}

export interface PoolSettings {
  /** Price of a Spot instance over that of an on-demand one. */
  spotPriceShare: number;
  /** Stopped instances to keep. */
  fastTier: number;
  /** Where `fastTier` is a limit and bursts say how many to keep. @default `fastTier` instances are kept */
  learned?: { volumeShare: number };
  /** Seconds from requesting an instance that is not stopped to its service, until boots are measured. */
  bootSeconds: number;
  /** Instance types and zones of the groups. @default unknown: a refusal of one of them counts for all */
  types?: readonly string[];
  zones?: readonly string[];
}

/** A refused launch that is remembered. */
export interface Refusal {
  pool: PoolName;
  /** Absent where every type, or every zone, was refused or AWS names none. */
  type?: string;
  zone?: string;
  /** Epoch seconds. */
  until: number;
}

/** Instances by the time for which they have been requested without a break. */
export interface Lasting {
  /** Since when, epoch seconds. */
  at: number;
  count: number;
}

export interface PoolsMemory {
  /** Of the last tick, epoch seconds. */
  at: number;
  /** Spot instances on their way, each of which will take the place of an on-demand one. */
  handover: number;
  /** Spot instances on their way in all. */
  coming: number;
  refusals: Refusal[];
  /** When Spot last refused a launch, epoch seconds. @default it has given one since */
  shortAt?: number;
  /** Whether the fleet is on its way back to Spot after a shortage. */
  isReturning: boolean;
  /** Since when instances are missing though no refusal is reported, epoch seconds. */
  missingSince: { spot?: number; onDemand?: number };
  /** On-demand instances by the time since when they have been requested. */
  lasting: Lasting[];
  /** Recent measured boots of Spot instances, and their seconds. */
  boots: number;
  bootSeconds: number;
  /** The same of the on-demand instances of a fleet with a fast tier, nearly all of which resume. @default none */
  resumes?: number;
  resumeSeconds?: number;
  /** Stopped instances when they were last read, epoch seconds, without those that were asked to resume since. @default unknown */
  stopped?: { at: number; count: number };
  /** Of a fleet that learns how many stopped instances to keep. */
  bursts?: BurstMemory;
}
