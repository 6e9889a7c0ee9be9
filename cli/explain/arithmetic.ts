/**
 * The arithmetic of docs/scaling.md, from the numbers that a decision left behind. Only for showing: the rule itself is
 * lambda/scaler/policy/slo.ts, and a test holds one to the other.
 */
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
  /** What arrives now keeps so many instances busy: rate times service. */
  now: number;
  /** Asked for by the rate, ahead by part of a boot. */
  load: number;
  /** What the price asks for beyond it; less than nothing below the reference. */
  margin: number;
  /** Instances for each photo that will be waiting. */
  perQueued: number;
  forQueue: number;
  total: number;
}

export function sumOf({ rate, serviceSeconds, bootSeconds, price, queuedThen, load }: Calculation): Sum {
  const margin = marginAt(price);
  const perQueued = instancesForQueue(1, price, serviceSeconds, bootSeconds);
  const forQueue = queuedThen * perQueued;
  return { now: rate * serviceSeconds, load, margin, perQueued, forQueue, total: load + margin + forQueue };
}
