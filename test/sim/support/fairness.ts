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

interface Traffic {
  photos: Photo[];
  /** Of the gateway's windows at the heavy caller's first photo, which is at 0 in each try. */
  phase: number;
}

function arrivals({ instances, service, load, heavy }: Setting, seed: number): Traffic {
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

/** Each photo that is done, in the order in which workers start them. */
function* outcomes(
  { instances, knownAfter }: Pick<Setting, 'instances' | 'knownAfter'>,
  way: Way,
  { photos: all, phase }: Traffic,
): Generator<{ photo: Photo; done: number }> {
  const photos = all.filter(({ heavy }) => way !== 'none' || !heavy);
  const free = Array<number>(instances).fill(-Infinity);
  /** Each worker has its own. */
  const shares = free.map(() => new QueueShare());
  const waiting: Record<QueueName, Photo[]> = { interactive: [], sidelined: [], bulk: [] };
  const unfinished = new Unfinished();
  const queueOf = ({ at, heavy }: Photo): QueueName => {
    if (!heavy || way === 'one-queue') return 'interactive';
    if (way === 'bulk') return 'bulk';
    return unfinished.sidelines(at + phase, instances) ? 'sidelined' : 'interactive';
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
      if (!photo) return;
      clock = photo.at;
      waiting[queueOf(photo)].push(photo);
      continue;
    }
    clock = start;
    const photo = waiting[queue as QueueName].shift() as Photo;
    share.started(queue as QueueName, 1, isWaiting);
    const done = clock + photo.service;
    free[worker] = done;
    yield { photo, done };
    if (photo.heavy && queue === 'interactive')
      unfinished.finishes(photo.at + phase, done + phase + knownAfter);
  }
}

/** Seconds from the single photo's arrival to its outcome. The same seed has the same photos in every way. */
export function secondsOfSingle(setting: Setting, way: Way, seed: number): number {
  for (const { photo, done } of outcomes(setting, way, arrivals(setting, seed)))
    if (photo.single) return done - photo.at;
  throw new Error('the single photo was never done');
}

export interface AlbumSetting extends Pick<Setting, 'instances' | 'service' | 'heavy' | 'knownAfter'> {
  /** Callers with one photo each, while the album is in work. */
  strangers: number;
}

/** Seconds from a photo's arrival to its outcome, of the album and of the others, in the order of arrival. */
export function secondsOfAlbum(setting: AlbumSetting, way: Way, seed: number) {
  const { instances, service, heavy, strangers } = setting;
  const [sizes, times] = [draws(seed, 'service'), draws(seed, 'arrivals')];
  const sizeOf = (k: number) => service * (0.5 + sizes(k));
  const busy = Math.max(heavy.photos / heavy.perSecond, (heavy.photos * service) / instances);
  const single = Array.from({ length: strangers }, (_, k): Photo => ({
    at: times(k) * busy,
    service: sizeOf(k),
  }));
  const album = Array.from({ length: heavy.photos }, (_, k): Photo => ({
    ...{ at: k / heavy.perSecond, service: sizeOf(strangers + k), heavy: true },
  }));
  const photos = [...single, ...album].sort((a, b) => a.at - b.at);
  const done = [...outcomes(setting, way, { photos, phase: draws(seed, 'phase')(0) * 600 })];
  const waits = (isAlbum: boolean) =>
    done
      .filter(({ photo }) => (photo.heavy ?? false) === isAlbum)
      .map(({ photo, done: at }) => ({ at: photo.at, done: at, seconds: at - photo.at }));
  return { album: waits(true), strangers: waits(false) };
}

/** How much later the single photo is done than without the thousand, in each try, sorted. */
export const delays = (setting: Setting, way: Way, tries: number): number[] =>
  Array.from(
    { length: tries },
    (_, seed) => secondsOfSingle(setting, way, seed) - secondsOfSingle(setting, 'none', seed),
  ).sort((a, b) => a - b);
