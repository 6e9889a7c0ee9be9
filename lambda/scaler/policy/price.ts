/**
 * The price of waiting: instance-seconds that a second of waiting is worth, adapted until the mean wait meets its target.
 *
 * The cheapest fleet for a mean wait is the cheapest one at some price of waiting (Lagrange). The price starts where it
 * met the target on the training traffic, rises while the measured mean wait exceeds the target, and falls again, as the
 * dual variable of a subgradient method does.
 */
import { REFERENCE_PRICE } from './sizing.ts';

export interface PriceMemory {
  /** Price over its start, from 1 to {@link MOST_FACTOR}. */
  factor: number;
  /** Recent photo-seconds waited and photos arrived; their quotient is the mean wait (Little's law). */
  waited: number;
  photos: number;
  /** Messages waiting at the last tick. */
  visible: number;
}

export const emptyPrice = (): PriceMemory => ({ factor: 1, waited: 0, photos: 0, visible: 0 });

/** Where the reference price was found, seconds. */
const REFERENCE = { targetWait: 10, service: 6, boot: 90 };
/** Time over which the mean wait is taken, seconds. */
const WAIT_SECONDS = 7200;
/** Fewer photos than this have no mean wait. */
const LEAST_PHOTOS = 5;
/** A wait of e times the target, or more, raises the price by the factor e in this time, seconds. */
const ADAPT_SECONDS = 3600;
/** The price rises to this multiple of its start at most: more capacity does not help the photos that still wait then. */
const MOST_FACTOR = 3;

/** Price at the start: 0.12 (b / 90) √(s / 6) (10 / T)^1.5, for boots of b, photos of s and a target of T seconds. */
export function startPrice(targetWait: number, service: number, boot: number): number {
  return (
    REFERENCE_PRICE *
    (boot / REFERENCE.boot) *
    Math.sqrt(service / REFERENCE.service) *
    (REFERENCE.targetWait / targetWait) ** 1.5
  );
}

/** Mean wait over about two hours, seconds; undefined while too few photos arrived. */
export function meanWait({ waited, photos }: PriceMemory): number | undefined {
  return photos < LEAST_PHOTOS ? undefined : waited / photos;
}

/**
 * The price for this tick, from the waits before it. With those of this tick one photo more could need one instance
 * less, and a second tick at the same instant more than the first.
 */
export function adaptPrice(before: PriceMemory, seconds: number, targetWait: number): PriceMemory {
  const wait = meanWait(before);
  if (wait === undefined || seconds === 0) return before;
  // A tenth of a second more: a wait of 0 has no logarithm.
  const excess = Math.min(1, Math.max(-1, Math.log((wait + 0.1) / targetWait)));
  const factor = before.factor * Math.exp((seconds / ADAPT_SECONDS) * excess);
  return { ...before, factor: Math.min(MOST_FACTOR, Math.max(1, factor)) };
}

/** Adds the waits of a tick: the mean of the messages waiting before and now, over the seconds between. */
export function observeWaits(
  before: PriceMemory,
  tick: { seconds: number; arrived: number; visible: number },
): PriceMemory {
  if (tick.seconds === 0) return before;
  const kept = Math.exp(-tick.seconds / WAIT_SECONDS);
  return {
    factor: before.factor,
    waited: before.waited * kept + ((before.visible + tick.visible) / 2) * tick.seconds,
    photos: before.photos * kept + tick.arrived,
    visible: tick.visible,
  };
}
