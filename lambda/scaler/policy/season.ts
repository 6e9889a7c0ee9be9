/**
 * Rises that come each week at the same time: predicted from last week, so that their capacity is requested a boot ahead.
 *
 * Only rises are predicted. A level that has arrived is measured better than remembered, and a fall is seen soon enough.
 * How far a prediction is followed depends on how much better earlier ones did than none.
 */

/** A bucket of the week, seconds; a week has 672. */
const BUCKET_SECONDS = 900;
const BUCKETS = (7 * 86_400) / BUCKET_SECONDS;
/** Weight of the latest week in a bucket's mean. */
const LATEST = 0.5;
/** The rate of a bucket is that of its busiest part of this length, seconds: a peak that fades must be met at its top. */
const PART_SECONDS = 300;
/** A bucket counts when this share of it was observed. */
const WATCHED = 0.8;
/** A rise is to at least this multiple of the rate before, by more than this many standard deviations of the counts. */
const RISE = 2.5;
const DEVIATIONS = 4;
/** Earlier errors fade by this factor with each rise; the first rise is followed almost fully. */
const FADING = 0.8;
const FIRST = { forecast: 0.25, none: 1 };
/** A prediction that saves this share of the error of having none is followed fully: counts are noisy. */
const FULLY = 0.8;

/** From one bucket to the next, photos/s. */
interface Rise {
  rate: number;
  before: number;
}

export interface SeasonMemory {
  /** Photos/s in each bucket of the week; null where it was never observed. */
  rates: (number | null)[];
  /** The bucket under way. */
  now: { index: number; seconds: number; peak: number; part: { photos: number; seconds: number } };
  /** The rise that was predicted for it. */
  foreseen?: Rise;
  /** Recent errors of the predictions, and of having none; shares of the rates. */
  errors: { forecast: number; none: number };
}

const indexAt = (at: number): number => ((Math.floor(at / BUCKET_SECONDS) % BUCKETS) + BUCKETS) % BUCKETS;

/** Four digits: enough, and the stored item stays small. */
const rounded = (value: number): number => Number(value.toPrecision(4));

const unwatched = (index: number): SeasonMemory['now'] => ({
  index,
  seconds: 0,
  peak: 0,
  part: { photos: 0, seconds: 0 },
});

/** @param at epoch seconds */
export const emptySeason = (at: number): SeasonMemory => ({
  rates: [],
  now: unwatched(indexAt(at)),
  errors: FIRST,
});

const rateIn = ({ rates }: SeasonMemory, index: number): number | null => rates[index] ?? null;

/** The remembered rise into a bucket; undefined where there is none. */
function riseTo(memory: SeasonMemory, index: number): Rise | undefined {
  const rate = rateIn(memory, index);
  const before = rateIn(memory, (index + BUCKETS - 1) % BUCKETS);
  if (rate === null || before === null || rate < RISE * before) return undefined;
  const noise = DEVIATIONS * Math.sqrt((rate + before) / PART_SECONDS);
  return rate - before > noise ? { rate, before } : undefined;
}

/** The memory once `photos` more have arrived by `at`, within `seconds`. */
export function observeSeason(
  memory: SeasonMemory,
  at: number,
  photos: number,
  seconds: number,
): SeasonMemory {
  const index = indexAt(at);
  if (index === memory.now.index) return { ...memory, now: withinBucket(memory.now, photos, seconds) };
  const ahead = riseTo(memory, index);
  const next: SeasonMemory = {
    rates: memory.rates,
    now: unwatched(index),
    errors: memory.errors,
    ...(ahead ? { foreseen: ahead } : {}),
  };
  const { now, foreseen } = memory;
  if (now.seconds < WATCHED * BUCKET_SECONDS) return next;
  const rate = now.peak;
  if (foreseen) next.errors = errorsAfter(memory.errors, foreseen, rate);
  const before = rateIn(memory, now.index);
  next.rates = Array.from({ length: BUCKETS }, (_, k) => memory.rates[k] ?? null);
  next.rates[now.index] = rounded(before === null ? rate : before + LATEST * (rate - before));
  return next;
}

function withinBucket(now: SeasonMemory['now'], photos: number, seconds: number): SeasonMemory['now'] {
  const part = { photos: now.part.photos + photos, seconds: now.part.seconds + seconds };
  const isWhole = part.seconds >= PART_SECONDS;
  return {
    index: now.index,
    seconds: now.seconds + seconds,
    peak: isWhole ? Math.max(now.peak, part.photos / part.seconds) : now.peak,
    part: isWhole ? { photos: 0, seconds: 0 } : part,
  };
}

function errorsAfter(errors: SeasonMemory['errors'], foreseen: Rise, rate: number): SeasonMemory['errors'] {
  const scale = Math.max(rate, foreseen.rate);
  return {
    forecast: FADING * errors.forecast + Math.abs(foreseen.rate - rate) / scale,
    none: FADING * errors.none + Math.abs(foreseen.before - rate) / scale,
  };
}

/** How far a prediction is followed: (1 - its errors / errors of none) / {@link FULLY}, from 0 to 1. */
export const trustOf = ({ errors }: SeasonMemory): number =>
  Math.max(0, Math.min(1, (1 - errors.forecast / Math.max(errors.none, 1e-9)) / FULLY));

/**
 * Photos/s of the highest rise predicted to begin within `seconds`; 0 without one. A rise that is due counts for its
 * first {@link PART_SECONDS}, in case it is late.
 */
export function riseWithin(memory: SeasonMemory, at: number, seconds: number): number {
  const trust = trustOf(memory);
  const followed = ({ rate, before }: Rise) => before + trust * (rate - before);
  const due = memory.foreseen && at % BUCKET_SECONDS < PART_SECONDS;
  let most = due && memory.foreseen ? followed(memory.foreseen) : 0;
  const next = (Math.floor(at / BUCKET_SECONDS) + 1) * BUCKET_SECONDS;
  for (let begins = next; begins <= at + seconds; begins += BUCKET_SECONDS) {
    const rise = riseTo(memory, indexAt(begins));
    if (rise) most = Math.max(most, followed(rise));
  }
  return most;
}
