/**
 * The share of photos that wait longer than was promised for a percentile, and the price that keeps it small.
 *
 * Each photo's wait follows from the counts of the ticks, first in, first out. The age of the oldest message, which SQS
 * reports, would come a minute later, and does not include how many are that old.
 */
import { factorLimits, learnFactor, type Lesson } from './price.ts';

/** Photos that are waiting, by when they arrived: evenly from one time to another, epoch seconds. */
export interface Waiting {
  from: number;
  to: number;
  count: number;
}

export interface TailMemory {
  /** Price over its start. */
  factor: number;
  lesson: Lesson;
  /** Oldest first. */
  waiting: Waiting[];
  /** Photos of about a day that started, by their waits: those of {@link WAIT_STEPS}, and longer ones. */
  waits: number[];
}

export const emptyTail = (): TailMemory => ({
  factor: 1,
  lesson: { next: 1, photos: 0, seconds: 0 },
  waiting: [],
  waits: [],
});

/** The memory of the waits, with the price at its start. */
export const withoutPrice = (memory: TailMemory): TailMemory => ({
  ...emptyTail(),
  waiting: memory.waiting,
  waits: memory.waits,
});

/** Share of the photos that may wait longer. */
const LATE_SHARE = 0.05;
/** A 95th percentile over the mean of the same waits: 4 to 6 on the training traffic. */
const OVER_MEAN = 6;
/** That differs between kinds of traffic, so that the price may have to rise further than for a mean. */
const UNSURE = 2;
/** Late photos come in surges, for which the rise of the price is limited; it rises by this instead of 1.5. */
const RISE = 2;
/** Bounds of the histogram of waits, seconds: half as long again, from 1 s to half a day. */
export const WAIT_STEPS = Array.from({ length: 27 }, (_, k) => 1.5 ** k);
/** Photos that wait are remembered in this many pieces; beyond, the two that arrived closest together are one. */
const MOST_PIECES = 32;
const DAY_SECONDS = 86_400;
/** Fewer photos than this have no percentile. */
const LEAST_PHOTOS = 20;

/** The target of the mean whose price is the start for a percentile. */
export const meanFor = (p95Wait: number): number => p95Wait / OVER_MEAN;

/** Wait that 95 % of the photos of about a day did not exceed, seconds; undefined while too few started. */
export function p95Wait({ waits }: Pick<TailMemory, 'waits'>): number | undefined {
  const photos = waits.reduce((sum, count) => sum + count, 0);
  if (photos < LEAST_PHOTOS) return undefined;
  let late = photos * LATE_SHARE;
  for (let k = waits.length - 1; k >= 0; k--) {
    const count = waits[k] as number;
    if (count >= late && count > 0) {
      const [from, to] = [k === 0 ? 0 : (WAIT_STEPS[k - 1] as number), WAIT_STEPS[k] ?? DAY_SECONDS];
      return to - (to - from) * (late / count);
    }
    late -= count;
  }
  return 0;
}

/** Photos that started with waits from one to another, evenly. */
interface Started {
  count: number;
  shortest: number;
  longest: number;
}

/** Starts the oldest photos that do not wait any more, evenly over the tick. @param waiting changed */
function startPhotos(
  waiting: Waiting[],
  left: number,
  { from, to }: { from: number; to: number },
): Started[] {
  const total = waiting.reduce((sum, { count }) => sum + count, 0);
  const starting = total - left;
  const started: Started[] = [];
  let before = 0;
  while (before < starting) {
    const [piece] = waiting;
    if (!piece) break;
    const count = Math.min(piece.count, starting - before);
    const until = piece.from + (piece.to - piece.from) * (count / piece.count);
    const startOf = (photos: number) => from + (to - from) * (photos / starting);
    const first = Math.max(0, startOf(before) - piece.from);
    const last = Math.max(0, startOf(before + count) - until);
    started.push({ count, shortest: Math.min(first, last), longest: Math.max(first, last) });
    before += count;
    piece.count -= count;
    piece.from = until;
    // What rounding leaves is no photo.
    if (piece.count <= 1e-9 * count) waiting.shift();
  }
  return started;
}

/** Part of the photos that waited longer than this. */
const beyond = ({ shortest, longest }: Started, wait: number): number => {
  if (longest <= wait) return 0;
  return shortest >= wait ? 1 : (longest - wait) / (longest - shortest);
};

function mergeClosest(waiting: Waiting[]): void {
  while (waiting.length > MOST_PIECES) {
    let closest = 1;
    const span = (k: number) => (waiting[k] as Waiting).to - (waiting[k - 1] as Waiting).from;
    for (let k = 2; k < waiting.length; k++) if (span(k) < span(closest)) closest = k;
    const [older, newer] = waiting.splice(closest - 1, 2) as [Waiting, Waiting];
    waiting.splice(closest - 1, 0, { from: older.from, to: newer.to, count: older.count + newer.count });
  }
}

/** Adds a tick. Its waits change the price of the next one, as in `price.ts`. */
export function observeTail(
  before: TailMemory,
  tick: { at: number; seconds: number; arrived: number; visible: number },
  wanted: number,
): TailMemory {
  const { at, seconds, arrived, visible } = tick;
  if (seconds === 0) return before;
  const period = { from: at - seconds, to: at };
  const known = before.waiting.reduce((sum, { count }) => sum + count, 0);
  // Counts that are late, and photos that returned, have just arrived.
  const came = Math.max(arrived, visible - known);
  const waiting = before.waiting.map((piece) => ({ ...piece }));
  if (came > 0) waiting.push({ ...period, count: came });
  const started = startPhotos(waiting, visible, period);
  mergeClosest(waiting);

  const kept = Math.exp(-seconds / DAY_SECONDS);
  const waits = WAIT_STEPS.map((_, k) => (before.waits[k] ?? 0) * kept);
  waits.push((before.waits[WAIT_STEPS.length] ?? 0) * kept);
  let late = 0;
  let photos = 0;
  for (const one of started) {
    const middle = (one.shortest + one.longest) / 2;
    const step = WAIT_STEPS.findIndex((most) => middle <= most);
    const k = step < 0 ? WAIT_STEPS.length : step;
    waits[k] = (waits[k] as number) + one.count;
    late += one.count * beyond(one, wanted);
    photos += one.count;
  }
  const { lesson } = before;
  const excess = late / LATE_SHARE - photos;
  const { least, most } = factorLimits(meanFor(wanted));
  return {
    factor: lesson.next,
    lesson: learnFactor(
      lesson,
      { seconds, arrived: photos, excess },
      { least, most: UNSURE * most, rise: RISE },
    ),
    ...{ waiting, waits },
  };
}
