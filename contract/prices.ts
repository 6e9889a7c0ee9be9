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

/** How a group's size is shared out, in EC2 Auto Scaling's words. */
export interface PurchaseOptions {
  /** Instances that are on demand before the Spot share applies. */
  onDemandBaseCapacity: number;
  /** Share of the rest that is Spot, per cent. */
  spotPercentage: number;
}

/** Instances on demand and Spot at a size, as Auto Scaling shares them out: in doubt on demand. */
export function sharesOf(
  { onDemandBaseCapacity, spotPercentage }: PurchaseOptions,
  size: number,
): { onDemand: number; spot: number } {
  const base = Math.min(size, onDemandBaseCapacity);
  const onDemand = base + Math.ceil(((size - base) * (100 - spotPercentage)) / 100);
  return { onDemand, spot: size - onDemand };
}

/** Of everything that is no instance: USD for one of what the name says, before any free tier. */
export const UNIT_PRICES = {
  /** Lambda on ARM. */
  lambdaGigabyteSecond: 0.0000133334,
  lambdaInvocation: 0.2e-6,
  /** DynamoDB on demand. */
  tableWriteUnit: 0.625e-6,
  tableReadUnit: 0.125e-6,
  /** CloudWatch: a series, an alarm of standard resolution and a dashboard for a month; a call that puts metrics. */
  metricMonth: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  metricPut: 0.01e-3,
  logGigabyte: 0.5,
  logGigabyteMonth: 0.03,
  /** EventBridge Scheduler. */
  scheduleInvocation: 1e-6,
  /** SQS, standard queues. */
  queueRequest: 0.4e-6,
  /** S3: a request that writes, and one that reads. */
  storePut: 0.005e-3,
  storeGet: 0.0004e-3,
  /** EBS: gp3 and snapshots for a month; the blocks of a snapshot brought to a volume at 300 MiB/s, the highest rate. */
  volumeGibibyteMonth: 0.08,
  snapshotGibibyteMonth: 0.05,
  volumeInitializationGibibyte: 0.0036,
  /** A public IPv4 address in use. */
  addressHour: 0.005,
} as const;
