/** The limits of the fleet at a tick that sets nothing else. Of a fleet with one group Auto Scaling keeps them by itself. */
import type { PoolSizes } from './order.ts';
import type { PoolName } from './pool-name.ts';
import type { PoolCounts, PoolsCounts } from './pools.ts';

/**
 * @param pools as they are
 * @param first pool that grows first
 * @returns undefined where both together are within the limits
 */
export function withinLimits(
  pools: Pick<PoolsCounts, 'spot' | 'onDemand'>,
  { min, max }: { min: number; max: number },
  first: PoolName,
): PoolSizes | undefined {
  const { spot, onDemand } = pools;
  const sizes = { spot: spot.desired, onDemand: onDemand.desired };
  const sum = sizes.spot + sizes.onDemand;
  if (sum >= min && sum <= max) return undefined;
  let left = Math.abs(sum < min ? min - sum : sum - max);
  const change = (pool: 'spot' | 'onDemand', most: number, sign: 1 | -1): void => {
    const count = Math.min(left, Math.max(0, most));
    sizes[pool] += sign * count;
    left -= count;
  };
  if (sum < min) {
    const order = first === 'spot' ? (['spot', 'onDemand'] as const) : (['onDemand', 'spot'] as const);
    for (const pool of order) change(pool, pools[pool].max - sizes[pool], 1);
    return sizes;
  }
  const keep = (pool: 'spot' | 'onDemand', least: number) =>
    change(pool, sizes[pool] - Math.max(least, pools[pool].min), -1);
  const given = ({ inService, pending }: PoolCounts) => inService + pending;
  // What is missing first, then what boots, then the more expensive ones.
  keep('spot', given(spot));
  keep('onDemand', given(onDemand));
  keep('spot', spot.inService);
  keep('onDemand', onDemand.inService);
  keep('onDemand', 0);
  keep('spot', 0);
  return sizes;
}
