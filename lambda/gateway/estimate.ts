/**
 * How long a photo will wait, from what the scaler published last. docs/wait-estimate.md has the formula, and how good it is.
 *
 * The queue is taken for first in, first out, and an instance for one photo after the other: who is before a photo follows
 * from the counts, when they are through from the instances that there are and those on their way. Times are epoch seconds.
 */
import type { View } from '../../contract/view.ts';

export interface Estimate {
  /** Photos that were there before it and are not done; null when nobody knows. */
  ahead: number | null;
  /** From now until it is done, as often too long as too short; null likewise. */
  seconds: number | null;
  /** Nine in ten are done within this time; null likewise. */
  secondsAtMost: number | null;
}

/** A view that is older than this many ticks says nothing of now: some ticks see nothing, so many in a row are an outage. */
const STALE_TICKS = 10;
/** From the storing of a photo to its message in the queue: S3 speaks of seconds, and half of them take no longer. */
const DELIVERY_SECONDS = 1.5;

// The rest is measured: `npm run simulate -- estimates --world real`.

/** The next instance comes so much of a tick before its time: a tick sees it late, and most boots are shorter than their mean. */
const FIRST_EARLY = 0.5;
/** A photo that should be done by now takes at least this part of a photo's time still, ... */
const LEAST_PART = 1 / 3;
/** ... or this part of the time that it is overdue. */
const OVERDUE_PART = 0.4;
/** Nine in ten take at most so many times the estimate, and so many seconds and the time of so many photos more, ... */
const MOST_FACTOR = 1.2;
const MOST_SECONDS = 3;
const MOST_PHOTOS = 0.5;
/** ... if photos have come since the view as they did in so quiet a part of the time before it. */
const MOST_BUSY = 0.9;

/** From this time on instances start so many photos at once, and so many a second thereafter. */
interface Capacity {
  at: number;
  atOnce: number;
  perSecond: number;
}

/** A look, and the photos that have come by then, from some unknown start on. */
interface Look {
  at: number;
  come: number;
}

/** What has come is what is there and what was finished. */
const looksOf = ({ history }: View): Look[] =>
  history.flatMap(({ at, backlog, completed }) =>
    completed === null ? [] : [{ at, come: backlog + completed }],
  );

/** Photos a second, which were no more for this share of the time between the looks. */
function rateAt(looks: Look[], share: number): number {
  const spans = looks.slice(1).map((look, k) => {
    const before = looks[k] as Look;
    const seconds = look.at - before.at;
    return { seconds, rate: (look.come - before.come) / seconds };
  });
  let left = share * spans.reduce((sum, { seconds }) => sum + seconds, 0);
  spans.sort((a, b) => a.rate - b.rate);
  return spans.find(({ seconds }) => (left -= seconds) <= 0)?.rate ?? 0;
}

/** Photos that came before one that came at a time, counted as the looks count them. */
function comeBefore(looks: Look[], at: number, rate: number): number {
  const next = looks.findIndex((look) => look.at >= at);
  const after = looks[next];
  const before = looks[after ? next - 1 : looks.length - 1];
  if (!after) return before ? before.come + rate * (at - before.at) : 0;
  // The photo itself is one of those that came until the look after it.
  if (!before) return after.come - 1 - rate * (after.at - at);
  const others = Math.max(0, after.come - before.come - 1);
  return before.come + (others * (at - before.at)) / (after.at - before.at);
}

/**
 * Photos before one that joins the queue at a time: where that was before the view, those that the view still counts;
 * otherwise those of the view and those that have come since, whatever has been done of them.
 */
function aheadOf(view: View, looks: Look[], joinsAt: number): number {
  const { at, visible, inFlight, inService, history, serviceSeconds } = view;
  const backlog = visible + inFlight;
  const rate = view.arrivalsPerSecond ?? 0;
  if (joinsAt > at) return backlog + rate * (joinsAt - at);
  const within = (count: number) => Math.max(0, Math.min(count, backlog - 1));
  const last = looks.at(-1);
  if (last) {
    // Those that came after it are behind it.
    const come = last.come + rate * (at - last.at);
    return within(backlog - (come - comeBefore(looks, joinsAt, rate)));
  }
  // Nobody tells what was finished: the fleet is taken to have worked all the time since.
  const look = history.findLast((one) => one.at <= joinsAt) ?? history[0];
  if (!look) return within(backlog);
  const done = serviceSeconds === null ? 0 : (inService * (at - look.at)) / serviceSeconds;
  return within(look.backlog + rate * (joinsAt - look.at) - done);
}

/**
 * What instances start from the view on, soonest first; the first ones are those at work.
 *
 * @returns undefined where there is none, and nobody knows how long one takes
 */
function capacityOf(view: View, service: number, asked: number): [Capacity, ...Capacity[]] | undefined {
  const { at, inService, inFlight, tickSeconds, bootSeconds } = view;
  const busy = Math.min(inService, inFlight);
  const fresh = [{ count: inService - busy, readyAt: at }];
  const [next, ...others] = view.coming.filter(({ count }) => count > 0);
  const early = FIRST_EARLY * tickSeconds;
  if (next) {
    fresh.push({ count: 1, readyAt: next.readyAt - early }, { ...next, count: next.count - 1 }, ...others);
  } else if (inService === 0) {
    if (bootSeconds === null) return undefined;
    // One will be asked for at the first tick that sees the photo.
    const ticks = Math.max(1, Math.ceil((asked - at) / tickSeconds));
    fresh.push({ count: 1, readyAt: at + ticks * tickSeconds + bootSeconds - early });
  }
  // One without work takes a photo at once, and is through with it on the average as if it took half of one.
  const starts = fresh.flatMap(({ count, readyAt }) => {
    const ready = Math.max(at, readyAt);
    return [
      { at: ready, atOnce: count, perSecond: 0 },
      { at: ready + service / 2, atOnce: 0, perSecond: count / service },
    ];
  });
  starts.sort((a, b) => a.at - b.at);
  return [{ at, atOnce: busy, perSecond: busy / service }, ...starts];
}

/** When the photo starts that has so many before it. */
function startOf([busy, ...rest]: [Capacity, ...Capacity[]], ahead: number): number {
  const wanted = ahead + 0.5;
  let { at, atOnce: started, perSecond } = busy;
  // A photo in flight has started before the view.
  let earliest = -Infinity;
  for (const next of rest) {
    if (started >= wanted && perSecond === 0) return at;
    const by = at + (wanted - started) / perSecond;
    if (by <= next.at) return Math.max(by, earliest);
    started += perSecond * (next.at - at) + next.atOnce;
    perSecond += next.perSecond;
    at = earliest = next.at;
  }
  return Math.max(earliest, at + (wanted - started) / perSecond);
}

/**
 * @param view what the scaler published last
 * @param photo that is not done; `storedAt` is when S3 stored it
 */
export function estimateWait(view: View | undefined, photo: { storedAt: number }, now: number): Estimate {
  if (!view || now - view.at > STALE_TICKS * view.tickSeconds) {
    return { ahead: null, seconds: null, secondsAtMost: null };
  }
  const { at, serviceSeconds: service, inService } = view;
  const rate = view.arrivalsPerSecond ?? 0;
  const joinsAt = photo.storedAt + DELIVERY_SECONDS;
  const looks = looksOf(view);
  const ahead = aheadOf(view, looks, joinsAt);
  const capacity = service === null ? undefined : capacityOf(view, service, Math.max(now, joinsAt));
  if (service === null || !capacity) {
    return { ahead: Math.round(ahead), seconds: null, secondsAtMost: null };
  }
  const startWith = (before: number) => Math.max(joinsAt, startOf(capacity, before));
  const start = startWith(ahead);
  const due = start + service - now;
  const overdue = Math.max(0, -due);
  const seconds = Math.max(due, LEAST_PART * service, OVERDUE_PART * overdue);
  const unseen = Math.max(0, joinsAt - at);
  const surge = Math.max(0, rateAt(looks, MOST_BUSY) - rate) * unseen;
  // What is late may be as late again.
  const margin = MOST_SECONDS + MOST_PHOTOS * service + overdue + startWith(ahead + surge) - start;

  const done = capacity.reduce(
    (sum, { at: from, perSecond }) => sum + perSecond * Math.max(0, now - from),
    0,
  );
  // Of those that came since the view, a fleet that keeps up has the ones in work that came within the time of one photo.
  const inWork = Math.min(rate * service, inService) * (1 - (now - joinsAt) / service);
  const left = Math.max(0, ahead - done, unseen > 0 ? Math.min(ahead, inWork) : 0);
  return { ahead: Math.round(left), seconds, secondsAtMost: MOST_FACTOR * seconds + margin };
}
