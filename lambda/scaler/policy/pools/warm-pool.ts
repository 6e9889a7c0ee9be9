/**
 * How many instances a group's warm pool may have while those launched into it do not boot.
 *
 * Auto Scaling fills the pool by itself, whether the fleet sleeps or not, and replaces an instance that fails on its way at once, for ever.
 * After three in a row the pool therefore keeps what it has, and gets one instance at a time, with growing pauses, until one is in the pool
 * or the launch template has another version: the circuit breaker of the fleet (`../boot-failure.ts`), with longer pauses, since nobody
 * waits for a stopped instance.
 */
import { isOpen, observeBootFailures, type BootFailureMemory, type Pauses } from '../boot-failure.ts';
import type { InstanceLaunch } from '../observation.ts';

/** How many stopped instances a group keeps, in the terms of EC2 Auto Scaling. */
export interface WarmPoolSizes {
  minSize: number;
  /** Of the group and its pool together. */
  maxGroupPreparedCapacity: number;
}

/** A pool, and the group that it belongs to. */
export interface WarmPoolCounts {
  /** Of the group. */
  desired: number;
  inService: number;
  /** Version of its launch template. */
  template: string;
  /** Instances that can resume now. */
  stopped: number;
  /** Instances on their way into the pool, launched for it or returned by a scale-in. They run, and are billed. */
  entering: string[];
  /** Of those, by instance type. */
  types: Record<string, number>;
  /** As Auto Scaling has them now. @default the group has no pool, or it is being deleted */
  sizes?: WarmPoolSizes | undefined;
}

export interface WarmPoolSeen extends WarmPoolCounts {
  /** Epoch seconds. */
  at: number;
  /** Those into the pool. @default unknown */
  launches?: InstanceLaunch[] | undefined;
  /** Of the group's launch hook, seconds. @default unknown */
  launchTimeoutSeconds?: number | undefined;
}

/** Present from a launch into the pool that failed to one that succeeded. */
export interface WarmPoolMemory {
  /** Version of the launch template of these launches. */
  template: string;
  boots: BootFailureMemory;
}

export interface WarmPoolStep {
  /** To be set; undefined where they stay. */
  sizes?: WarmPoolSizes | undefined;
  memory: WarmPoolMemory | undefined;
}

/** An S3 or network outage of minutes delays the pool by one of them; in days a bad image costs four boots a day. */
export const POOL_PAUSES: Pauses = { firstSeconds: 300, longestSeconds: 21_600 };
/** The pool is filled mostly while the fleet sleeps, with a tick a minute, seconds. */
const TICK_SECONDS = 60;

/** Instances that a pool should have beside its group, by the rules of EC2 Auto Scaling. */
const sizeOf = ({ minSize, maxGroupPreparedCapacity }: WarmPoolSizes, desired: number): number =>
  Math.max(minSize, maxGroupPreparedCapacity - desired);

/** Whether its launches say anything: one is under way, missing, or known to have failed. */
export const isAtWork = (
  { stopped, entering, desired }: WarmPoolCounts,
  full: WarmPoolSizes,
  memory: WarmPoolMemory | undefined,
): boolean => memory !== undefined || entering.length > 0 || stopped < sizeOf(full, desired);

/** @param full sizes of the stage */
export function keepPool(
  seen: WarmPoolSeen,
  before: WarmPoolMemory | undefined,
  full: WarmPoolSizes,
): WarmPoolStep {
  const memory = remember(seen, before);
  const wanted = isOpen(memory?.boots) ? heldSizes(seen, memory!.boots, full) : full;
  const { sizes } = seen;
  const isSet =
    !sizes ||
    !wanted ||
    (wanted.minSize === sizes.minSize && wanted.maxGroupPreparedCapacity === sizes.maxGroupPreparedCapacity);
  return { memory, ...(!isSet && { sizes: wanted }) };
}

function remember(seen: WarmPoolSeen, before: WarmPoolMemory | undefined): WarmPoolMemory | undefined {
  const { at, template } = seen;
  // What an earlier image did says nothing of this one: its launches count as those before a success.
  const isRenewed = before !== undefined && before.template !== template;
  const known = isRenewed ? { ...NONE, at: at - 1, succeededAt: at } : before?.boots;
  const boots = observeBootFailures({ ...seen, tickSeconds: TICK_SECONDS }, known, Infinity, POOL_PAUSES);
  return boots && { template, boots };
}

const NONE: Omit<BootFailureMemory, 'at'> = {
  ...{ failures: 0, counted: [], ended: [], latest: [] },
  suspected: false,
};

/**
 * What is stopped stays, and what a scale-in returns; beside them there is room for one instance after the pause.
 *
 * @returns undefined where the launches are unknown: nothing is launched or ended for that
 */
function heldSizes(
  seen: WarmPoolSeen,
  boots: BootFailureMemory,
  full: WarmPoolSizes,
): WarmPoolSizes | undefined {
  const { at, launches, entering, stopped, desired, inService } = seen;
  if (!launches) return undefined;
  const launched = new Set(launches.map(({ instance }) => instance));
  const returned = entering.filter((instance) => !launched.has(instance)).length;
  const isPause = at < (boots.pause?.until ?? -Infinity);
  const kept = stopped + returned + (isPause ? 0 : 1);
  if (full.minSize === full.maxGroupPreparedCapacity) {
    const size = Math.min(full.minSize, kept);
    return { minSize: size, maxGroupPreparedCapacity: size };
  }
  // Instances of the group that do not boot either leave it no places in the pool when they end.
  const group = kept > 0 ? desired : Math.min(desired, inService);
  return {
    minSize: Math.min(full.minSize, kept),
    maxGroupPreparedCapacity: Math.min(full.maxGroupPreparedCapacity, group + kept),
  };
}
