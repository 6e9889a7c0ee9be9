/**
 * Two callers and an awake fleet: how much later a single photo is done because of another caller's thousand. One photo a time on each instance; what is
 * sidelined and what starts next are the deployed rules of gateway and worker. docs/lanes.md, "Between callers", has the figures.
 */
import type { QueueName } from '../../../contract/lanes.ts';
import { firstQueueLimit, windowOf } from '../../../lambda/gateway/sidelining.ts';
import { draws } from '../../../sim/random.ts';
import { QueueShare } from '../../../worker/photo/queue-share.ts';

/** How the photos of the heavy caller are queued. */
export type Way = 'none' | 'one-queue' | 'bulk' | 'sidelined';

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

/** @param phase of the gateway's windows at the heavy caller's first photo, which is at 0 in each try */
function arrivals(
  { instances, service, load, heavy }: Setting,
  seed: number,
): { photos: Photo[]; phase: number } {
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
  return { photos: photos.sort((a, b) => a.at - b.at), phase: draws(seed, 'phase')(0) * 600 };
}

/** The heavy caller's photos in the first queue, as the gateway counts them: those of the present window whose outcome it does not know. */
class Unfinished {
  private known: { window: number; at: number }[] = [];
  private count = 0;
  private window = -Infinity;

  /** @returns whether a photo that is announced now is sidelined */
  sidelines(now: number, inService: number): boolean {
    if (windowOf(now) !== this.window) [this.window, this.count] = [windowOf(now), 0];
    const left = this.known.filter(({ at }) => at > now);
    this.count -= this.known.filter(({ at, window }) => at <= now && window === this.window).length;
    this.known = left;
    if (this.count >= firstQueueLimit(inService)) return true;
    this.count++;
    return false;
  }

  /** @param at when the outcome is known */
  finishes(announced: number, at: number): void {
    this.known.push({ window: windowOf(announced), at });
  }
}

/** Seconds from the single photo's arrival to its outcome. The same seed has the same photos in every way. */
export function secondsOfSingle(setting: Setting, way: Way, seed: number): number {
  const { photos: all, phase } = arrivals(setting, seed);
  const photos = all.filter(({ heavy }) => way !== 'none' || !heavy);
  const free = Array<number>(setting.instances).fill(-Infinity);
  /** Each worker has its own. */
  const shares = free.map(() => new QueueShare());
  const waiting: Record<QueueName, Photo[]> = { interactive: [], sidelined: [], bulk: [] };
  const unfinished = new Unfinished();
  const queueOf = ({ at, heavy }: Photo): QueueName => {
    if (!heavy || way === 'one-queue') return 'interactive';
    if (way === 'bulk') return 'bulk';
    return unfinished.sidelines(at + phase, setting.instances) ? 'sidelined' : 'interactive';
  };
  let clock = -Infinity;
  let next = 0;
  for (;;) {
    const worker = free.indexOf(Math.min(...free));
    const isWaiting = (queue: QueueName) => waiting[queue].length > 0;
    const arrival = photos[next]?.at ?? Infinity;
    const share = shares[worker] as QueueShare;
    const queue = share.order.find(isWaiting);
    const start = queue ? Math.max(clock, free[worker] as number) : Infinity;
    if (arrival <= start) {
      const photo = photos[next++];
      if (!photo) throw new Error('the single photo was never done');
      clock = photo.at;
      waiting[queueOf(photo)].push(photo);
      continue;
    }
    clock = start;
    const photo = waiting[queue as QueueName].shift() as Photo;
    share.started(queue as QueueName, 1, isWaiting);
    const done = clock + photo.service;
    free[worker] = done;
    if (photo.single) return done - photo.at;
    if (photo.heavy && queue === 'interactive')
      unfinished.finishes(photo.at + phase, done + phase + setting.knownAfter);
  }
}

/** How much later the single photo is done than without the thousand, in each try, sorted. */
export const delays = (setting: Setting, way: Way, tries: number): number[] =>
  Array.from(
    { length: tries },
    (_, seed) => secondsOfSingle(setting, way, seed) - secondsOfSingle(setting, 'none', seed),
  ).sort((a, b) => a - b);
