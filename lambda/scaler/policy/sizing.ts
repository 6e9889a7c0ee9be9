/** How many instances the work needs: the formulas of docs/scaling.md, "The rule", as plain functions of numbers. */

import { LEAST_SERVICE_SECONDS } from './plausible.ts';

/** The price that met a mean wait of 10 s for photos of 6 s and boots of 90 s on the training traffic. */
export const REFERENCE_PRICE = 0.12;
/** Where the reference price was found, seconds. */
export const REFERENCE = { targetWait: 10, service: 6, boot: 90 };
/** Exponent of the margin, fitted on the training traffic. */
export const MARGIN_POWER = 0.4;
/**
 * Weight of extra boots against waiting when a backlog is cleared: 2 in theory, 13 on the training traffic, since
 * backlogs often end before the capacity for them is in service.
 */
export const DRAIN = 13;
/** Time over which noise of the load is averaged, seconds: its standard deviation, √(load s / 150), is kept beyond the need. */
const NOISE_SECONDS = 150;
/** Instances that are kept for noise at most. */
const MOST_NOISE = 0.4;
/** Share of a boot by which the arrival rate is predicted ahead. A burst that ends before capacity for it is in service is in the queue by then. */
export const AHEAD_BOOTS = 1 / 2;
/** Share of a boot for which an idle instance is kept. */
export const IDLE_BOOTS = 1 / 3;

/** Parts of the need, in instances; fractions are rounded up once, in the sum. */
export interface Parts {
  /** Busy with what arrives: photos/s times seconds per photo. */
  load: number;
  /** See {@link marginAt}. */
  margin: number;
  /** See {@link instancesForQueue}. */
  forQueue: number;
}

/**
 * Photos that will wait when capacity requested now is in service.
 *
 * @param arriving photos until then
 * @param finishing photos that capacity in service and on its way can finish until then
 */
export const queuedWhenReady = (visible: number, arriving: number, finishing: number): number =>
  Math.max(0, visible + arriving - finishing);

/**
 * Instances for a queue: k extra instances clear q photos in q s / k, which costs p q² s / 2k of waiting and k b of
 * boots; the sum is least at q √(p s / 2b). {@link DRAIN} takes the place of the 2.
 *
 * @param price instance-seconds per second of waiting
 * @param service seconds per photo
 * @param boot seconds
 */
export const instancesForQueue = (queued: number, price: number, service: number, boot: number): number =>
  queued * Math.sqrt((price * service) / (DRAIN * boot));

/**
 * Instances beyond the load for a price of waiting: (n p / 0.12)^0.4 - 1; negative below the reference price.
 *
 * @param batch n, see {@link batchOf}: many short photos that come together scatter as one long photo does
 * @param below how far it may be below 0, see {@link mostBelow}
 */
export const marginAt = (price: number, batch = 1, below = 1): number =>
  Math.max(-below, ((batch * price) / REFERENCE_PRICE) ** MARGIN_POWER - 1);

/**
 * Instances by which a fleet may be smaller than the load. One that is smaller by up to B has a queue that stands where
 * {@link instancesForQueue} makes up for it; over all loads its mean wait is B² / (2 λ c), with c instances for each queued
 * photo. It may be the target T:
 *
 *     B = √(2 λ T c)
 *
 * @param rate λ, photos/s
 * @param start price at the start: one that was learned to be lower must be able to let the waits grow
 */
export const mostBelow = (
  rate: number,
  targetWait: number,
  start: number,
  service: number,
  boot: number,
): number => Math.sqrt(2 * instancesForQueue(rate * targetWait, start, service, boot));

/** Photos of so many seconds that are as much work as one of the reference. */
export const referencePhotos = (service: number): number =>
  REFERENCE.service / Math.max(LEAST_SERVICE_SECONDS, service);

/** The median of the squared scatter of counts over its mean, as of any normal variable. */
const MEDIAN_OF_SQUARES = 0.455;

/**
 * Photos that arrive together and count as one in the margin, of no more work than one of the reference: more shows in
 * the queue.
 *
 * @param dispersion as measured: a median, or 1 where that would be less
 */
export const batchOf = (dispersion: number, service: number): number =>
  Math.min(1 + (dispersion - 1) / MEDIAN_OF_SQUARES, referencePhotos(service));

/** Instances to request; at least one while photos wait or are worked on. */
export const neededInstances = ({ load, margin, forQueue }: Parts, backlog: number): number =>
  Math.max(backlog > 0 ? 1 : 0, Math.ceil(load + margin + forQueue));

/**
 * Instances to keep: the need with the present rate as the load, and a standard deviation of it, so that noise does not make
 * ticks alternate.
 *
 * @param service seconds per photo
 */
export const keptInstances = ({ load, margin, forQueue }: Parts, service: number): number =>
  Math.max(
    1,
    Math.ceil(load + margin + Math.min(MOST_NOISE, Math.sqrt((load * service) / NOISE_SECONDS)) + forQueue),
  );

/** Seconds in which a fleet clears the waiting photos, if none arrives. */
export const clearingSeconds = (visible: number, service: number, instances: number): number =>
  (visible * service) / Math.max(1, instances);
