/** The arithmetic of docs/scaling.md, from a decision's record; a test compares it with the policy. */
import type { TickRecord } from '../../lambda/scaler/ports.ts';
import {
  DRAIN,
  instancesForQueue,
  MARGIN_POWER,
  marginAt,
  REFERENCE_PRICE,
} from '../../lambda/scaler/policy/sizing.ts';

export { DRAIN, MARGIN_POWER, REFERENCE_PRICE };

export type Calculation = NonNullable<TickRecord['calculation']>;

export interface Sum {
  /** Instances that arrivals keep busy now: rate times service time. */
  now: number;
  /** The same, ahead by part of a boot. */
  load: number;
  /** Instances beyond it by the price of waiting; negative below the reference price. */
  margin: number;
  /** Instances per photo that will be waiting. */
  perQueued: number;
  forQueue: number;
  total: number;
}

export function sumOf({
  rate,
  serviceSeconds,
  bootSeconds,
  price,
  queuedThen,
  load,
  batch,
  mostBelow,
}: Calculation): Sum {
  const margin = marginAt(price, batch, mostBelow);
  const perQueued = instancesForQueue(1, price, serviceSeconds, bootSeconds);
  const forQueue = queuedThen * perQueued;
  return { now: rate * serviceSeconds, load, margin, perQueued, forQueue, total: load + margin + forQueue };
}
