/**
 * Prices, USD without tax: estimates for the dashboard, the spending limit and the cost tables, not a bill.
 *
 * Public list prices of us-east-1 in mid-2026. Spot prices change: GPU types of this size cost 42 to 58 % of the on-demand
 * price then.
 */

/** Date of the price lists. */
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

/** How a group buys its instances, in the terms of EC2 Auto Scaling. */
export interface PurchaseOptions {
  /** On-demand instances before the Spot share applies. */
  onDemandBaseCapacity: number;
  /** Share of the rest that is Spot, per cent. */
  spotPercentage: number;
}

/** @returns on-demand and Spot instances at a size, as Auto Scaling splits it: the on-demand part is rounded up */
export function sharesOf(
  { onDemandBaseCapacity, spotPercentage }: PurchaseOptions,
  size: number,
): { onDemand: number; spot: number } {
  const base = Math.min(size, onDemandBaseCapacity);
  const onDemand = base + Math.ceil(((size - base) * (100 - spotPercentage)) / 100);
  return { onDemand, spot: size - onDemand };
}

/** Prices of everything else, USD per unit of the name, before any free tier. */
export const UNIT_PRICES = {
  /** Lambda on ARM. */
  lambdaGigabyteSecond: 0.0000133334,
  lambdaInvocation: 0.2e-6,
  /** DynamoDB on demand. */
  tableWriteUnit: 0.625e-6,
  tableReadUnit: 0.125e-6,
  /** CloudWatch: a metric, a standard alarm and a dashboard for a month; one PutMetricData call. */
  metricMonth: 0.3,
  alarmMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
  metricPut: 0.01e-3,
  logGigabyte: 0.5,
  logGigabyteMonth: 0.03,
  /** EventBridge Scheduler. */
  scheduleInvocation: 1e-6,
  /** EventBridge: an event of a service that sends them only where that is switched on, as S3 does. */
  serviceEvent: 1e-6,
  /** SQS, standard queues. */
  queueRequest: 0.4e-6,
  /** S3 requests. */
  storePut: 0.005e-3,
  storeGet: 0.0004e-3,
  /** EBS: gp3 and snapshots for a month; volume initialization at 300 MiB/s, the highest rate. */
  volumeGibibyteMonth: 0.08,
  snapshotGibibyteMonth: 0.05,
  volumeInitializationGibibyte: 0.0036,
  /** KMS: a key of the account for a month, before its first rotation; a request. */
  keyMonth: 1,
  keyRequest: 0.03e-4,
  /** WAF: a web ACL and a rule of it for a month. */
  webAclMonth: 5,
  webAclRuleMonth: 1,
  /** A public IPv4 address in use. */
  addressHour: 0.005,
} as const;
