/**
 * Estimates how long a photo waits, from the view that the scaler published last. docs/scaling.md has the formula and its
 * measured error. Times are epoch seconds.
 */
import { recentView, type View } from '../../contract/view.ts';
import { aheadSince, announcedAhead, isUncounted, type Slot } from './announced.ts';
import { lateFactor } from './boot-time.ts';
import { capacityOf, type Capacity, startedBy, startOf } from './capacity.ts';
import { nextRequest, photosForMax } from './next-request.ts';
import { arrivalRateQuantile, arrivalSamples, photosAhead, PLACE_MOST } from './queue-position.ts';

/** All null without a recent view; the seconds null also while the view lacks measurements. */
export interface Estimate {
  /** Unfinished photos ahead in the queue. */
  ahead: number | null;
  /** Seconds until the result, median. */
  seconds: number | null;
  /** Seconds until the result, p90. */
  secondsAtMost: number | null;
}

/** From the upload to the message in the queue: median of S3's event delivery. */
const DELIVERY_SECONDS = 1.5;

// The rest is measured: `npm run simulate -- estimates --world real`.

/** A photo that is due takes at least this part of a service time more, ... */
const MIN_REMAINING_PART = 1 / 3;
/** ... or this part of the time that it is overdue. */
const OVERDUE_PART = 0.4;
/** Photos of a burst in progress, for each that is in it by now: the median. */
const BURST = 2;
/** p90 = this factor times the median ... */
const P90_FACTOR = 1.2;
/** ... plus these seconds ... */
const P90_SECONDS = 3;
/** ... plus this part of a service time ... */
const P90_SERVICE_PART = 0.5;
/** ... at this quantile of the recent arrival rate. */
const P90_ARRIVAL_QUANTILE = 0.9;
/** The first guess of a service time is exceeded by at most this part of it, ... */
const P90_SERVICE_GUESS = 0.9;
/** ... by half of that once as many photos are measured as the guess counts for. */
const GUESS_PHOTOS = 5;

/** Whether an estimate uses the photos that were announced. @param storedAt S3's time of a photo */
export const needsAnnounced = (view: View, storedAt: number): boolean =>
  isUncounted(view, storedAt + DELIVERY_SECONDS) || storedAt + DELIVERY_SECONDS > view.at;

/**
 * @param photo without an outcome; `storedAt` is S3's time, `announced` what the API has announced before it
 * @param now epoch seconds
 */
export function estimateWait(
  published: View | undefined,
  photo: { storedAt: number; announced?: readonly Slot[] },
  now: number,
): Estimate {
  const view = recentView(published, now);
  if (!view) return { ahead: null, seconds: null, secondsAtMost: null };
  const { at, serviceSeconds: service, inService } = view;
  const rate = view.arrivalsPerSecond ?? 0;
  const joinsAt = photo.storedAt + DELIVERY_SECONDS;
  const samples = arrivalSamples(view);
  const counted = photosAhead(view, samples, joinsAt);
  const uncounted = isUncounted(view, joinsAt);
  const announced = uncounted ? announcedAhead(view, photo.announced) : undefined;
  const since =
    inService > 0 && joinsAt > at
      ? aheadSince(view, samples, photo.announced, photo.storedAt, joinsAt)
      : undefined;
  const ahead = since?.ahead ?? Math.max(counted.ahead, announced ?? 0);
  const most = since?.ahead ?? Math.max(counted.most, ahead);
  // A place in a burst is as likely in its first half as in its second: as many come behind it as are ahead, in the median.
  const burst = Math.max(ahead, BURST * (announced ?? 0));
  const unmeasured = { ahead: Math.round(ahead), seconds: null, secondsAtMost: null };
  if (service === null) return unmeasured;
  const capacityWith = (seconds: number, bootFactor: number, photos = burst) =>
    capacityOf(view, seconds, Math.max(now, joinsAt), bootFactor, nextRequest(view, photos, joinsAt));
  const capacity = capacityWith(service, 1);
  if (!capacity) return unmeasured;
  const startWith = (photos: number, given: Capacity | undefined = capacity) =>
    Math.max(joinsAt, startOf(given, photos));
  const start = startWith(ahead);
  const due = start + service - now;
  const overdue = Math.max(0, -due);
  const seconds = Math.max(due, MIN_REMAINING_PART * service, OVERDUE_PART * overdue);

  const unseenSeconds = Math.max(0, joinsAt - at);
  const surge =
    (since?.unannounced ?? 1) *
    unseenSeconds *
    Math.max(0, arrivalRateQuantile(samples, P90_ARRIVAL_QUANTILE) - rate);
  // Where nothing is known of what came with it: at the ninth decile as many photos as the maximum is for.
  const crowd = uncounted && announced === undefined ? photosForMax(view) : 0;
  const coming = view.coming.reduce((sum, { count }) => sum + count, 0);
  const slower = 1 + P90_SERVICE_GUESS / (1 + (view.photosMeasured ?? 0) / GUESS_PHOTOS);
  // How much later it starts if one of them is as bad as in one of ten cases; they are independent.
  const later = Math.hypot(
    startWith(ahead, capacityWith(service, lateFactor(view.bootsMeasured ?? 0, coming))) - start,
    startWith(ahead, capacityWith(service * slower, 1)) - start,
    startWith(most) - start,
    Math.max(0, startWith(PLACE_MOST * crowd, capacityWith(service, 1, crowd)) - start),
  );
  // A photo that is late may be as late again.
  const margin =
    P90_SECONDS + P90_SERVICE_PART * service + overdue + startWith(ahead + surge) - start + later;

  // Of the photos that arrived since the view, a fleet that keeps up works on those of the last service time.
  const inWork = Math.min(rate * service, inService) * (1 - (now - joinsAt) / service);
  const left = Math.max(0, ahead - startedBy(capacity, now), unseenSeconds > 0 ? Math.min(ahead, inWork) : 0);
  return { ahead: Math.round(left), seconds, secondsAtMost: P90_FACTOR * seconds + margin };
}
