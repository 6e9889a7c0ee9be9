/**
 * What comes each week at the same time: a rise that was there a week ago is foreseen and ordered a boot ahead.
 *
 * Only rises are foreseen. A level that has come is measured better than remembered, and one that falls is seen soon
 * enough. How far a forecast is followed depends on how well earlier ones did, against none at all.
 */

/** A bucket of the week, seconds; a week has 672. */
const BUCKET_SECONDS = 900;
const BUCKETS = (7 * 86_400) / BUCKET_SECONDS;
/** Weight of the latest week in a bucket's mean. */
const LATEST = 0.5;
/** The rate of a bucket is that of its busiest part of this length, seconds: a peak that fades must be met at its top. */
const PART_SECONDS = 300;
/** A bucket counts when this share of it was watched. */
const WATCHED = 0.8;
/** A rise is one to this multiple of what was there before, and beyond this many standard deviations of the counts. */
const RISE = 2.5;
const DEVIATIONS = 4;
/** Errors fade by this factor with each rise; a first one is followed nearly in full. */
const FADING = 0.8;
const FIRST = { forecast: 0.25, none: 1 };
/** Counts are noisy: even the best forecast errs a little. */
const FULLY = 0.8;

/** Photos a second, from one bucket to the next. */
interface Rise {
  rate: number;
  before: number;
}

export interface SeasonMemory {
  /** Photos a second in each bucket of the week; null where it was never watched. */
  rates: (number | null)[];
  /** The bucket that is being watched. */
  now: { index: number; seconds: number; peak: number; part: { photos: number; seconds: number } };
  /** The rise that was foreseen for it, and what was there before. */
  foreseen?: Rise;
  /** Errors of late of what was foreseen, and of foreseeing nothing; shares of the rates. */
  errors: { forecast: number; none: number };
}

const indexAt = (at: number): number => ((Math.floor(at / BUCKET_SECONDS) % BUCKETS) + BUCKETS) % BUCKETS;

/** Four digits are enough, and keep the item small. */
const short = (value: number): number => Number(value.toPrecision(4));

const unwatched = (index: number): SeasonMemory['now'] => ({
  index,
  seconds: 0,
  peak: 0,
  part: { photos: 0, seconds: 0 },
});

export const emptySeason = (at: number): SeasonMemory => ({
  rates: [],
  now: unwatched(indexAt(at)),
  errors: FIRST,
});

const rateIn = ({ rates }: SeasonMemory, index: number): number | null => rates[index] ?? null;

/** The rise from one bucket to the next, as remembered; undefined where there is none. */
function riseTo(memory: SeasonMemory, index: number): Rise | undefined {
  const rate = rateIn(memory, index);
  const before = rateIn(memory, (index + BUCKETS - 1) % BUCKETS);
  if (rate === null || before === null || rate < RISE * before) return undefined;
  const noise = DEVIATIONS * Math.sqrt((rate + before) / PART_SECONDS);
  return rate - before > noise ? { rate, before } : undefined;
}

/** Once `photos` more have come by `at`, within `seconds`. */
export function observeSeason(
  memory: SeasonMemory,
  at: number,
  photos: number,
  seconds: number,
): SeasonMemory {
  const index = indexAt(at);
  const { now } = memory;
  if (index === now.index) {
    const part = { photos: now.part.photos + photos, seconds: now.part.seconds + seconds };
    const ended = part.seconds >= PART_SECONDS;
    const peak = ended ? Math.max(now.peak, part.photos / part.seconds) : now.peak;
    const watched = {
      index,
      seconds: now.seconds + seconds,
      peak,
      part: ended ? unwatched(index).part : part,
    };
    return { ...memory, now: watched };
  }
  const ahead = riseTo(memory, index);
  const next: SeasonMemory = {
    rates: memory.rates,
    now: unwatched(index),
    errors: memory.errors,
    ...(ahead ? { foreseen: ahead } : {}),
  };
  if (now.seconds < WATCHED * BUCKET_SECONDS) return next;
  const rate = now.peak;
  const { foreseen, errors } = memory;
  if (foreseen) {
    const scale = Math.max(rate, foreseen.rate);
    next.errors = {
      forecast: FADING * errors.forecast + Math.abs(foreseen.rate - rate) / scale,
      none: FADING * errors.none + Math.abs(foreseen.before - rate) / scale,
    };
  }
  const before = rateIn(memory, now.index);
  next.rates = Array.from({ length: BUCKETS }, (_, k) => memory.rates[k] ?? null);
  next.rates[now.index] = short(before === null ? rate : before + LATEST * (rate - before));
  return next;
}

/** How far a forecast is followed, from 0 to 1: in full where it spares `FULLY` of the error of having none. */
export const trustOf = ({ errors }: SeasonMemory): number =>
  Math.max(0, Math.min(1, (1 - errors.forecast / Math.max(errors.none, 1e-9)) / FULLY));

/**
 * Photos a second to be ready for within `seconds`; 0 where no rise is foreseen. One that is due counts on for a while:
 * it may be late by minutes.
 */
export function riseWithin(memory: SeasonMemory, at: number, seconds: number): number {
  const trust = trustOf(memory);
  const now = indexAt(at);
  const followed = ({ rate, before }: Rise) => before + trust * (rate - before);
  const due = memory.foreseen && at % BUCKET_SECONDS < PART_SECONDS;
  let most = due && memory.foreseen ? followed(memory.foreseen) : 0;
  for (let ahead = 1; ahead * BUCKET_SECONDS < seconds + BUCKET_SECONDS; ahead++) {
    const begins = (Math.floor(at / BUCKET_SECONDS) + ahead) * BUCKET_SECONDS;
    if (begins > at + seconds) break;
    const rise = riseTo(memory, (now + ahead) % BUCKETS);
    if (rise) most = Math.max(most, followed(rise));
  }
  return most;
}
