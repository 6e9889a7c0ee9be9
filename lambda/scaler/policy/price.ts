/**
 * The price of waiting: instance-seconds that a second of waiting is worth, learned until the wait is what was asked.
 *
 * The cheapest fleet for a mean wait is the cheapest one at some price of waiting (Lagrange). The price starts where it
 * met the target on the training traffic and moves with what the waits are beyond the target or below it, as the dual
 * variable of a subgradient method does. It moves by photos and not by ticks: each photo counts once, however often the
 * scaler looks, and a night without photos changes nothing. A fleet that sleeps starts again (`learn.ts`).
 */
import { REFERENCE, REFERENCE_PRICE } from './sizing.ts';

/** What moved a price, and where to. */
export interface Lesson {
  /** Price over its start, for the next tick. */
  next: number;
  /** Photos of about a day, and the seconds in which they came. */
  photos: number;
  seconds: number;
}

export interface PriceMemory {
  /** Price over its start. */
  factor: number;
  /** @default none yet */
  lesson?: Lesson;
  /** Recent photo-seconds waited and photos arrived; their quotient is the mean wait (Little's law). */
  waited: number;
  photos: number;
  /** Messages waiting at the last tick. */
  visible: number;
}

export const emptyPrice = (): PriceMemory => ({ factor: 1, waited: 0, photos: 0, visible: 0 });

/** Time over which the mean wait is taken, seconds. */
const WAIT_SECONDS = 7200;
/** Fewer photos than this have no mean wait. */
const LEAST_PHOTOS = 5;
/** Exponent of the target in the start of the price, fitted on the training traffic. */
const TARGET_POWER = 1.5;
/** Time whose photos weigh against those of a tick, seconds: a day has each hour once. */
const LESSON_SECONDS = 86_400;
/** The photos of less than this do not move the price as if they were all there will be, seconds. */
const LEAST_LESSON_SECONDS = 7200;
/**
 * A mean wait of twice the target over the time of the lesson raises the price by the factor e^1.5, one of zero lowers it
 * by as much. A wait goes with the price to the power of about -2/3, so that the price lands near where it should be.
 */
const GAIN = 1.5;
/** The price changes by the factor e in this time at most, seconds. */
const LEAST_CHANGE_SECONDS = 300;
/** It rises to this multiple of its start at most: more capacity does not help the photos that still wait then. */
const MOST_FACTOR = 3;

/** Price at the start: 0.12 (b / 90) (s / 6) (10 / T)^1.5, for boots of b, photos of s and a target of T seconds. */
export function startPrice(targetWait: number, service: number, boot: number): number {
  return (
    REFERENCE_PRICE *
    (boot / REFERENCE.boot) *
    // What delays a second of work costs the same, whatever photos it is in: an instance works off as much of it.
    (service / REFERENCE.service) *
    (REFERENCE.targetWait / targetWait) ** TARGET_POWER
  );
}

/**
 * How far the price may move from its start. At the target for which it was found it only rises: what waits cost is
 * known there. The farther a target is from that one, the less its start is.
 */
export function factorLimits(targetWait: number): { least: number; most: number } {
  const apart = Math.max(targetWait, REFERENCE.targetWait) / Math.min(targetWait, REFERENCE.targetWait);
  return { least: apart ** -TARGET_POWER, most: MOST_FACTOR * Math.sqrt(apart) };
}

/** Mean wait over about two hours, seconds; undefined while too few photos arrived. */
export function meanWait({ waited, photos }: PriceMemory): number | undefined {
  return photos < LEAST_PHOTOS ? undefined : waited / photos;
}

/**
 * Moves a price.
 *
 * @param tick `excess`: photos by which those that waited, each as often as its wait is the target, exceed those that
 * arrived; negative where the waits are below the target
 * @param limits of the factor; `rise`: gain of a positive excess. @default that of a negative one
 */
export function learnFactor(
  before: Lesson,
  { seconds, arrived, excess }: { seconds: number; arrived: number; excess: number },
  { least, most, rise = GAIN }: { least: number; most: number; rise?: number },
): Lesson {
  const kept = Math.exp(-seconds / LESSON_SECONDS);
  const photos = before.photos * kept + arrived;
  const time = before.seconds * kept + seconds;
  let { next } = before;
  if (photos >= LEAST_PHOTOS) {
    const share = excess / (photos * Math.max(1, LEAST_LESSON_SECONDS / time));
    const limit = seconds / LEAST_CHANGE_SECONDS;
    next *= Math.exp(Math.min(limit, Math.max(-limit, (share > 0 ? rise : GAIN) * share)));
  }
  return { next: Math.min(most, Math.max(least, next)), photos, seconds: time };
}

/**
 * Adds the waits of a tick: the mean of the messages waiting before and now, over the seconds between. They change the
 * price of the next tick: with that of this one a photo more could need an instance less, and a second tick at the same
 * instant more than the first.
 */
export function observeWaits(
  before: PriceMemory,
  tick: { seconds: number; arrived: number; visible: number },
  targetWait: number,
): PriceMemory {
  const { seconds, arrived, visible } = tick;
  if (seconds === 0) return before;
  const waited = ((before.visible + visible) / 2) * seconds;
  const { lesson = { next: before.factor, photos: 0, seconds: 0 } } = before;
  const excess = waited / targetWait - arrived;
  const kept = Math.exp(-seconds / WAIT_SECONDS);
  return {
    factor: lesson.next,
    lesson: learnFactor(lesson, { seconds, arrived, excess }, factorLimits(targetWait)),
    visible,
    waited: before.waited * kept + waited,
    photos: before.photos * kept + arrived,
  };
}
