/** An Auto Scaling group of the fleet; both launch the same instances, in different markets. */
export type PoolName = 'spot' | 'on-demand';
export const POOL_NAMES: readonly PoolName[] = ['spot', 'on-demand'];
