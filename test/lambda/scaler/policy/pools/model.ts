/** Two Auto Scaling groups as the split sees them: launches take a while, EC2 refuses some, Spot takes some back. */
import { observePools, type PoolsNow } from '../../../../../lambda/scaler/policy/pools/observe-pools.ts';
import type {
  PoolCounts,
  PoolSettings,
  PoolsMemory,
  RefusedLaunch,
} from '../../../../../lambda/scaler/policy/pools/pools.ts';
import { splitFleet, type PoolsPlan } from '../../../../../lambda/scaler/policy/pools/split.ts';

export const SETTINGS: PoolSettings = { spotPriceShare: 0.5, fastTier: 4, bootSeconds: 120 };

export interface Step {
  /** Seconds since the last one. */
  after: number;
  total: number;
  /** Whether each market gives instances. */
  gives: { spot: boolean; onDemand: boolean };
  /** Instances that come into service at most. */
  booted?: number;
  /** Spot instances that are interrupted at most. */
  interrupted?: number;
  isBurst?: boolean;
  canOverlap?: boolean;
  max?: number;
}

export interface Observed {
  now: PoolsNow;
  plan: PoolsPlan;
  refused: RefusedLaunch[];
  /** As seen, before the plan. */
  spot: PoolCounts;
  onDemand: PoolCounts;
}

const empty = (): PoolCounts => ({ desired: 0, inService: 0, pending: 0, draining: 0, min: 0, max: 100 });

export class TwoGroups {
  at = 1_000_000;
  readonly spot = empty();
  readonly onDemand = empty();
  stopped: number;
  memory: PoolsMemory | undefined;
  private givenAt: number | undefined;

  constructor(private readonly settings: PoolSettings = SETTINGS) {
    this.stopped = settings.fastTier;
  }

  /** What happens until the next tick, then the tick. */
  step({ after, total, gives, booted = 99, interrupted = 0, ...decision }: Step): Observed {
    this.at += after;
    const { at, spot, onDemand } = this;
    const refused: RefusedLaunch[] = [];
    if (after > 0) {
      const lost = Math.min(interrupted, spot.inService);
      spot.inService -= lost;
      for (const [pool, group, isGiven] of [
        ['spot', spot, gives.spot],
        ['on-demand', onDemand, gives.onDemand],
      ] as const) {
        const ready = Math.min(booted, group.pending);
        group.pending -= ready;
        group.inService += ready;
        const missing = Math.max(0, group.desired - group.inService - group.pending);
        if (missing > 0 && !isGiven) refused.push({ pool, at: at - after / 2 });
        if (missing === 0 || !isGiven) continue;
        group.pending += missing;
        if (pool === 'spot') this.givenAt = at - after / 2;
        else this.stopped -= Math.min(this.stopped, missing);
      }
    }
    const seen = {
      ...{ at, spot: { ...spot }, onDemand: { ...onDemand }, stopped: this.stopped, refused, booted: [] },
      max: decision.max ?? 100,
      spotGivenAt: this.givenAt,
    };
    const now = observePools(seen, this.memory, this.settings);
    const { isBurst = true, canOverlap = true } = decision;
    const ended = { spot: 0, onDemand: 0 };
    const plan = splitFleet(now, { total, isBurst, canOverlap, ended }, this.settings);
    this.memory = plan.memory;
    this.set(spot, plan.spot);
    this.stopped = Math.min(this.settings.fastTier, this.stopped + this.set(onDemand, plan.onDemand));
    return { now, plan, refused, spot: seen.spot, onDemand: seen.onDemand };
  }

  /** Pending instances are removed first. @returns instances removed */
  private set(group: PoolCounts, desired: number): number {
    group.desired = desired;
    const surplus = Math.max(0, group.inService + group.pending - desired);
    const pending = Math.min(surplus, group.pending);
    group.pending -= pending;
    group.inService -= surplus - pending;
    return surplus;
  }
}
