/**
 * Prices, USD without tax: estimates for a dashboard, a brake and a table, never a bill.
 *
 * us-east-1, as public price lists said in mid-2026. Spot moves: its share of the on-demand price is what GPU types of this
 * size were seen at (42 to 58 %).
 */

/** What the prices below were read at. */
export const PRICES_AS_OF = '2026-07';
export const PRICES_REGION = 'us-east-1';

export interface InstancePrice {
  /** USD for an hour on demand. */
  hour: number;
  /** vCPUs, by which EC2's quotas count. */
  vcpus: number;
}

/** By instance type; those with one GPU that DDColor runs on. */
export const INSTANCE_PRICES: Record<string, InstancePrice> = {
  'g4dn.xlarge': { hour: 0.526, vcpus: 4 },
  'g4dn.2xlarge': { hour: 0.752, vcpus: 8 },
  'g5.xlarge': { hour: 1.006, vcpus: 4 },
  'g5.2xlarge': { hour: 1.212, vcpus: 8 },
  'g6.xlarge': { hour: 0.8048, vcpus: 4 },
  'g6.2xlarge': { hour: 0.9776, vcpus: 8 },
};

/** Spot price over on-demand price. */
export const SPOT_SHARE = 0.5;
