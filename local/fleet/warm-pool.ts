/** The warm pool of a group, by the documented rules of EC2 Auto Scaling: its size, and which of its instances go. */
import { isTerminating, type Instance } from './instance.ts';

/** With stopped instances: the only state that the stack's template asks for. */
export interface WarmPool {
  minSize: number;
  /** Instances of group and pool together, as far as the pool adds any. @default the group's maximum */
  maxGroupPreparedCapacity?: number | undefined;
  /** Whether a scale-in puts instances back into the pool. */
  reuseOnScaleIn: boolean;
}

/** @returns instances that the pool should have beside a group of this desired capacity */
export const poolSize = (
  { minSize, maxGroupPreparedCapacity }: WarmPool,
  { desired, max }: { desired: number; max: number },
): number => Math.max(minSize, (maxGroupPreparedCapacity ?? max) - desired);

/** What a pool lacks, or has too many of. @param pool its instances @param size that it should have */
export function poolStep(pool: Instance[], size: number): { lacking: number; ends: Instance[] } {
  const alive = pool.filter((one) => !isTerminating(one));
  // One that is still on its way into the pool may have a photo, so it goes once it is stopped.
  const stopped = alive.filter(({ lifecycleState }) => lifecycleState === 'Warmed:Stopped');
  return {
    lacking: Math.max(0, size - alive.length),
    ends: stopped.slice(0, Math.max(0, alive.length - size)),
  };
}
