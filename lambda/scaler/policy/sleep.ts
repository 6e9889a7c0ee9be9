/**
 * When the last instance goes, where the minimum is 0: after the keep time that costs least over the gaps between work that were
 * seen. The histogram of gaps is that of "Serverless in the Wild" (Shahrad et al. 2020); its percentiles would keep a GPU for
 * hours, so that the cost decides instead: docs/scaling.md, "Sleep".
 */

export interface SleepMemory {
  /** Weights of the gaps seen, by length: see {@link gapEdge}. */
  gaps: number[];
  /** Since when the queue has been empty, epoch seconds; absent with a backlog. */
  emptyAt?: number;
  /** Looks at the empty queue since then. */
  looks: number;
  /** The wake-up under way: photos after the first one, and the seconds that all have waited. */
  waking?: Wake;
  /** Recent wake-ups: their number, and the sums of both. */
  woken: Wake & { count: number };
}

interface Wake {
  photos: number;
  waited: number;
}

/** Of a wake-up, each a mean. */
export interface WakeUp {
  /** Instance-seconds: a boot, and the waits for it at the price of waiting. */
  cost: number;
  /** Photos that arrived after the first one, and that it served too. */
  photos: number;
}

/** End of the first bin, seconds, and the ratio of a bin's end to its beginning. */
const LEAST_GAP = 5;
const RATIO = Math.SQRT2;
/** Gaps of two hours and more share the last bin: no keep time is as long. */
export const GAP_BINS = 22;
/** Gaps, and wake-ups, after which the weight of earlier ones has fallen to 1/e. */
const MEMORY = 50;
/** A keep time is worth it from this share saved on: less is within the error of some fifty gaps. */
const LEAST_SAVED = 0.1;
/** Ticks are not exact, seconds. */
const TOLERANCE = 0.5;
/** Gaps from which on the histogram decides; before, the guard does. */
export const LEAST_GAPS = 3;
/** Looks at an empty queue before it is believed, since SQS counts approximately; one where workers finished all that left it. */
const LOOKS = 2;

export const emptySleep = (): SleepMemory => ({
  gaps: [],
  looks: 0,
  woken: { count: 0, photos: 0, waited: 0 },
});

const GAP_EDGES = Array.from({ length: GAP_BINS - 1 }, (_, bin) => LEAST_GAP * RATIO ** bin);

/** End of a bin, seconds; of the last one Infinity. */
export const gapEdge = (bin: number): number => GAP_EDGES[bin] ?? Infinity;

const binOf = (seconds: number): number =>
  Math.min(GAP_BINS - 1, Math.max(0, Math.ceil(Math.log(seconds / LEAST_GAP) / Math.log(RATIO))));

function withGap(gaps: number[], seconds: number): number[] {
  const kept = Math.exp(-1 / MEMORY);
  const bin = binOf(seconds);
  return Array.from({ length: GAP_BINS }, (_, k) => (gaps[k] ?? 0) * kept + (k === bin ? 1 : 0));
}

export interface SleepLook {
  /** Epoch seconds. */
  at: number;
  /** Time of the last tick, epoch seconds. */
  before: number | undefined;
  /** Since the last tick; 0 after a pause. */
  seconds: number;
  /** Whether ticks were missed since the last one. */
  isBroken: boolean;
  visible: number;
  inFlight: number;
  /** Photos since the last tick. */
  arrived: number;
  inService: number;
  desired: number;
  /** Whether workers report that they have finished all that left the queue. */
  isConfirmed: boolean;
}

/** Ends a gap with the first photo after it, and begins one with an empty queue. A second look at the same instant learns nothing. */
export function observeGaps(before: SleepMemory = emptySleep(), look: SleepLook): SleepMemory {
  if (look.before === look.at) return before;
  const { at, arrived, isConfirmed } = look;
  const { emptyAt } = before;
  const backlog = look.visible + look.inFlight;
  const after = observeWaking(before, look);
  const hasEnded = backlog > 0 || arrived >= 1;
  // After a pause, or a clock that was set back, the length of the gap is unknown.
  const isKnown = emptyAt !== undefined && emptyAt <= at && !look.isBroken;
  if (isKnown && hasEnded) after.gaps = withGap(before.gaps, at - emptyAt);
  if (backlog > 0) return after;
  const looks = isConfirmed ? LOOKS : 1;
  if (!isKnown || hasEnded) return { ...after, emptyAt: at, looks };
  return { ...after, emptyAt, looks: Math.min(LOOKS, before.looks + looks) };
}

/** Counts what arrives and waits from a photo at a fleet at zero to the first instance in service. */
function observeWaking(
  { gaps, waking, woken }: SleepMemory,
  { seconds, visible, arrived, inService, desired }: SleepLook,
): SleepMemory {
  const none = { gaps, looks: 0, woken };
  if (!waking) {
    const isWoken = desired === 0 && inService === 0 && visible > 0;
    return isWoken ? { ...none, waking: { photos: visible - 1, waited: 0 } } : none;
  }
  const now = { photos: waking.photos + arrived, waited: waking.waited + visible * seconds };
  if (inService === 0) return visible > 0 ? { ...none, waking: now } : none;
  const kept = Math.exp(-1 / MEMORY);
  const sums = {
    count: woken.count * kept + 1,
    photos: woken.photos * kept + now.photos,
    waited: woken.waited * kept + now.waited,
  };
  return { ...none, woken: sums };
}

/** @param boot seconds @param price instance-seconds per second of waiting */
export function wakeUpOf({ woken }: SleepMemory, boot: number, price: number): WakeUp {
  // As long as none was seen: one photo, which waits for the boot.
  const count = woken.count + 1;
  return { cost: boot + (price * (woken.waited + boot)) / count, photos: woken.photos / count };
}

/**
 * Seconds for which the last instance is kept with an empty queue: k with the least cost per photo,
 *
 *     (sum of the gaps up to k + n (k + cost of a wake-up)) / (gaps up to k + n (1 + photos that a wake-up serves too))
 *
 * for n longer gaps, by renewal and reward. While few gaps are known it is a wake-up's cost: whatever comes, that costs at most
 * twice the least possible (ski rental: Karlin, Manasse, Rudolph and Sleator 1988).
 */
export function keepSeconds({ gaps }: SleepMemory, { cost: wakeCost, photos }: WakeUp): number {
  const total = gaps.reduce((sum, weight) => sum + weight, 0);
  if (total < LEAST_GAPS - 0.5) return wakeCost;
  const perPhoto = (ended: number, seconds: number, keep: number) =>
    (seconds + (total - ended) * (keep + wakeCost)) / (ended + (total - ended) * (1 + photos));
  let best = { keep: 0, cost: perPhoto(0, 0, 0) * (1 - LEAST_SAVED) };
  let ended = 0;
  let seconds = 0;
  for (let bin = 0; bin < GAP_BINS - 1; bin++) {
    const keep = gapEdge(bin);
    const weight = gaps[bin] ?? 0;
    ended += weight;
    // A gap may have any length of its bin.
    seconds += (weight * (keep + (bin > 0 ? gapEdge(bin - 1) : 0))) / 2;
    const cost = perPhoto(Math.min(ended, total), seconds, keep);
    if (cost < best.cost) best = { keep, cost };
  }
  return best.keep;
}

/** Whether the last instance may go. @param keep seconds */
export const isSleepTime = ({ emptyAt, looks }: SleepMemory, at: number, keep: number): boolean =>
  emptyAt !== undefined && looks >= LOOKS && at - emptyAt >= keep - TOLERANCE;
