/**
 * What a second of waiting is worth, in seconds of an instance, so that the mean wait comes to its target.
 *
 * The clairvoyant optimum under a bound on the mean wait is the optimum without it at the right price of waiting
 * (Lagrange). Nobody knows that price beforehand: it starts at what met the target on the training traffic, rises while
 * the measured mean wait exceeds the target, and falls again, as the dual variable in a subgradient method does.
 */

export interface PriceMemory {
  /** Price over its start. */
  factor: number;
  /** Seconds waited and photos arrived, of late; their quotient is the mean wait (Little's law). */
  waited: number;
  photos: number;
  /** Messages waiting at the last tick. */
  visible: number;
}

export const emptyPrice = (): PriceMemory => ({ factor: 1, waited: 0, photos: 0, visible: 0 });

/** The price that met a mean wait of 10 s for photos of 6 s and boots of 90 s on the training traffic. */
export const REFERENCE_PRICE = 0.12;
const REFERENCE = { targetWait: 10, service: 6, boot: 90 };
/** The mean wait is taken over about this long, seconds. */
const WAIT_SECONDS = 7200;
/** Fewer photos than this say nothing of the mean wait. */
const LEAST_PHOTOS = 5;
/** A wait e times the target makes the price e times as high within this time, seconds; no wait changes it faster. */
const ADAPT_SECONDS = 3600;
/** The price never rises above this multiple of its start: what still waits then, capacity cannot help. */
const MOST_FACTOR = 3;

/** Where the price starts; without dimension, so that it fits other services and boots. */
export function startPrice(targetWait: number, service: number, boot: number): number {
  return (
    REFERENCE_PRICE *
    (boot / REFERENCE.boot) *
    Math.sqrt(service / REFERENCE.service) *
    (REFERENCE.targetWait / targetWait) ** 1.5
  );
}

/** Mean wait of late, seconds; undefined while too few photos came. */
export function meanWait({ waited, photos }: PriceMemory): number | undefined {
  return photos < LEAST_PHOTOS ? undefined : waited / photos;
}

/**
 * The price for this tick, which rests on what was seen before it: else a photo more could ask for an instance less,
 * and a second look at the same instant for more than the first.
 */
export function adaptPrice(before: PriceMemory, seconds: number, targetWait: number): PriceMemory {
  const wait = meanWait(before);
  if (wait === undefined || seconds === 0) return before;
  // A tenth of a second more, so that no wait at all is a number too.
  const excess = Math.min(1, Math.max(-1, Math.log((wait + 0.1) / targetWait)));
  const factor = before.factor * Math.exp((seconds / ADAPT_SECONDS) * excess);
  return { ...before, factor: Math.min(MOST_FACTOR, Math.max(1, factor)) };
}

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
