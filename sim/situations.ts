/** What a fleet is in when a wait is estimated: how well it is known depends on that. */
import type { Run } from './engine/types.ts';

/** In the order in which they apply, and the words of the table. */
export const SITUATIONS = {
  'zero-surge': 'surge onto a fleet at zero, first three minutes',
  'zero-few': 'fewer than ten photos onto a fleet at zero, first three minutes',
  shortage: 'capacity requested and not given, or boots that fail',
  surge: 'surge onto a running fleet, first three minutes',
  'at-max': 'at the maximum',
  queue: 'photos wait for others',
  steady: 'no photo waits',
} as const;
export type Situation = keyof typeof SITUATIONS;
export const SITUATION_NAMES = Object.keys(SITUATIONS) as Situation[];

/** Photos within {@link FIRST_SECONDS} that make a surge. */
const SURGE_PHOTOS = 10;
const FIRST_SECONDS = 180;
/** A surge onto a running fleet: this factor over the rate of the ten minutes before, and this many standard deviations. */
const SURGE_FACTOR = 2;
const SURGE_DEVIATIONS = 3;
const MINUTE = 60;
const MINUTES_BEFORE = 10;

interface Period {
  from: number;
  to: number;
  situation: Situation;
}

/** First minutes of each wake-up: a photo arrives while there is neither an instance nor another photo. */
function wakeUps({ arrivals, ends, instances }: Pick<Run, 'arrivals' | 'ends' | 'instances'>): Period[] {
  const periods: Period[] = [];
  const launches = instances.toSorted((a, b) => a.requested - b.requested);
  let next = 0;
  let goneBy = -Infinity;
  let doneBy = -Infinity;
  arrivals.forEach((at, job) => {
    for (; (launches[next]?.requested ?? Infinity) <= at; next++)
      goneBy = Math.max(goneBy, (launches[next] as { stopped: number }).stopped);
    if (goneBy <= at && doneBy <= at) {
      const others = arrivals.subarray(job).findIndex((later) => later > at + FIRST_SECONDS);
      const photos = others < 0 ? arrivals.length - job : others;
      const situation = photos >= SURGE_PHOTOS ? 'zero-surge' : 'zero-few';
      periods.push({ from: at, to: at + FIRST_SECONDS, situation });
    }
    const end = ends[job] as number;
    doneBy = Math.max(doneBy, Number.isNaN(end) ? Infinity : end);
  });
  return periods;
}

/** First minutes of each surge; those that overlap are one. */
function surges(arrivals: Float64Array): Period[] {
  const periods: Period[] = [];
  let minute = 0;
  let before = 0;
  arrivals.forEach((at, job) => {
    while ((arrivals[minute] as number) <= at - MINUTE) minute++;
    while ((arrivals[before] as number) <= at - MINUTE * (1 + MINUTES_BEFORE)) before++;
    const photos = job + 1 - minute;
    const usual = (minute - before) / MINUTES_BEFORE;
    const most = Math.max(SURGE_PHOTOS, SURGE_FACTOR * usual + SURGE_DEVIATIONS * Math.sqrt(usual));
    if (photos < most || at <= (periods.at(-1)?.to ?? -Infinity)) return;
    periods.push({ from: at, to: at + FIRST_SECONDS, situation: 'surge' });
  });
  return periods;
}

/** The latest of a list in order of time that began by a time, for times that never decrease. */
function latest<Item>(items: readonly Item[], begin: (item: Item) => number) {
  let next = 0;
  return (at: number): Item | undefined => {
    while (next < items.length && begin(items[next] as Item) <= at) next++;
    return items[next - 1];
  };
}

/** @returns the situation at a time; the times may not decrease from call to call */
export function situationsOf(
  run: Pick<Run, 'arrivals' | 'ends' | 'instances' | 'decisions'>,
): (at: number) => Situation {
  const wakeUpAt = latest(wakeUps(run), ({ from }) => from);
  const surgeAt = latest(surges(run.arrivals), ({ from }) => from);
  const decisionAt = latest(run.decisions, ({ at }) => at);
  return (at) => {
    const wakeUp = wakeUpAt(at);
    const surge = surgeAt(at);
    const decision = decisionAt(at);
    if (wakeUp && at <= wakeUp.to) return wakeUp.situation;
    if ((decision?.details?.unfulfilled ?? 0) > 0 || (decision?.details?.bootFailures ?? 0) > 0)
      return 'shortage';
    if (surge && at <= surge.to) return surge.situation;
    if (decision?.reason === 'at-max') return 'at-max';
    return decision && decision.visible > 0 ? 'queue' : 'steady';
  };
}
