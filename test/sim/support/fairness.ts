/**
 * Two callers and an awake fleet: how much later a single photo is done because of another caller's thousand. One photo a time on each instance; photos
 * of a queue start in the order they came. docs/lanes.md, "Between callers", has the figures.
 */
import { INTERACTIVE_PER_BULK } from '../../../contract/lanes.ts';
import { draws } from '../../../sim/random.ts';

/** How the photos of the heavy caller are queued. */
export type Way = 'none' | 'one-queue' | 'bulk' | 'sideline';

/** Starts of the first queue before one of the second, while both wait. */
const PER_SIDELINE = 3;
const PER_SECOND_QUEUE = { none: 0, 'one-queue': 0, bulk: INTERACTIVE_PER_BULK, sideline: PER_SIDELINE };

/** Photos that a caller may have unfinished in the first queue, on a fleet of any size. */
const LEAST_ALLOWED = 4;

/**
 * Which queue a caller's next photo gets: as many of its photos as there are instances go first, so that a caller alone keeps the whole
 * fleet at work either way, and a photo of another one waits for about one photo.
 *
 * @param unfinished photos of the caller in the first queue, of which no outcome is known
 */
export const isSidelined = (unfinished: number, inService: number): boolean =>
  unfinished >= Math.max(LEAST_ALLOWED, inService);

export interface Setting {
  instances: number;
  /** Mean seconds of a photo; each takes half to one and a half of it. */
  service: number;
  /** Of other callers, as a share of the fleet's capacity. */
  load: number;
  /** Photos a second, and in all. */
  heavy: { perSecond: number; photos: number };
  /** Seconds until the gateway knows an outcome: a client's poll. */
  knownAfter: number;
}

interface Photo {
  at: number;
  service: number;
  heavy?: boolean;
  single?: boolean;
}

function arrivals({ instances, service, load, heavy }: Setting, seed: number): Photo[] {
  const [sizes, times] = [draws(seed, 'service'), draws(seed, 'arrivals')];
  let drawn = 0;
  const photo = (at: number, more: Partial<Photo> = {}): Photo => ({
    ...{ at, service: service * (0.5 + sizes(drawn++)) },
    ...more,
  });
  const busy = (heavy.photos * service) / (instances * (1 - load));
  const photos = [photo(times(0) * 0.8 * busy, { single: true })];
  for (let at = -60, k = 1; at < busy + 60; k++) {
    at -= (Math.log(1 - times(k)) * service) / (instances * load);
    photos.push(photo(at));
  }
  for (let k = 0; k < heavy.photos; k++) photos.push(photo(k / heavy.perSecond, { heavy: true }));
  return photos.sort((a, b) => a.at - b.at);
}

/** Seconds from the single photo's arrival to its outcome. The same seed has the same photos in every way. */
export function secondsOfSingle(setting: Setting, way: Way, seed: number): number {
  const photos = arrivals(setting, seed).filter(({ heavy }) => way !== 'none' || !heavy);
  const free = Array<number>(setting.instances).fill(-Infinity);
  const [first, second]: [Photo[], Photo[]] = [[], []];
  /** When the gateway knows the outcomes of the heavy caller's photos in the first queue. */
  let known: number[] = [];
  let unfinished = 0;
  /** Starts of the first queue while the second one waited. */
  let denied = 0;
  let clock = -Infinity;
  let next = 0;
  for (;;) {
    const earliest = free.indexOf(Math.min(...free));
    const arrival = photos[next]?.at ?? Infinity;
    const start = first.length + second.length > 0 ? Math.max(clock, free[earliest] as number) : Infinity;
    if (arrival <= start) {
      const photo = photos[next++];
      if (!photo) throw new Error('the single photo was never done');
      clock = photo.at;
      const left = known.filter((at) => at > clock);
      unfinished -= known.length - left.length;
      known = left;
      const isSecond =
        photo.heavy === true &&
        (way === 'bulk' || (way === 'sideline' && isSidelined(unfinished, setting.instances)));
      if (photo.heavy && !isSecond) unfinished++;
      (isSecond ? second : first).push(photo);
      continue;
    }
    clock = start;
    const isSeconds = second.length > 0 && (first.length === 0 || denied >= PER_SECOND_QUEUE[way]);
    denied = !isSeconds && second.length > 0 ? denied + 1 : 0;
    const photo = (isSeconds ? second : first).shift() as Photo;
    const done = clock + photo.service;
    free[earliest] = done;
    if (photo.single) return done - photo.at;
    if (photo.heavy && !isSeconds) known.push(done + setting.knownAfter);
  }
}

/** How much later the single photo is done than without the thousand, in each try, sorted. */
export const delays = (setting: Setting, way: Way, tries: number): number[] =>
  Array.from(
    { length: tries },
    (_, seed) => secondsOfSingle(setting, way, seed) - secondsOfSingle(setting, 'none', seed),
  ).sort((a, b) => a - b);
