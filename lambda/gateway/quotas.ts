/** Quotas of photos per caller and hour, and per stage and day, in windows that start at full hours and at midnight UTC. */
import { createHash } from 'node:crypto';

export interface QuotaWindow {
  /** Key of the first of its counters in the table. */
  key: string;
  /** Of all its counters together. */
  limit: number;
  /** Over which its limit is spread. */
  counters: number;
  /** Epoch seconds. */
  endsAt: number;
}

const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 86_400;

/** @param at epoch seconds */
export const isoTime = (at: number) => new Date(at * 1000).toISOString();

const numbers = (groups: string) =>
  groups === '' ? [] : groups.split(':').map((group) => parseInt(group, 16));

/** The eight groups of an IPv6 address; the last two may be written as an IPv4 address. */
function groupsOf(address: string): number[] {
  const hex = address
    .replace(/%.*/, '')
    .replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_, ...bytes: string[]) => {
      const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
      return `${(256 * a + b).toString(16)}:${(256 * c + d).toString(16)}`;
    });
  const [head = '', tail] = hex.split('::');
  const before = numbers(head);
  const after = numbers(tail ?? '');
  const zeros = Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<number>(zeros).fill(0), ...after];
}

/**
 * The caller that an IP address stands for: an IPv4 address, or an IPv6 /64, which a network assigns to one household.
 *
 * @param address from the request context, never from a header
 */
export function quotaKeyOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = groupsOf(address);
  // IPv4-mapped, ::ffff:0:0/96: as a /64, all of IPv4 would be one caller.
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

/**
 * Photos a second, on the average of a window, for which a counter is enough. DynamoDB writes an item a thousand times a second at
 * most: a burst of eighty times the average fits.
 */
const PHOTOS_PER_SECOND = 12;
/** With more of them, a caller at its limit would have the table written to more often than that saves. */
const MOST_COUNTERS = 32;

const windowOf = (name: string, seconds: number, now: number, limit: number): QuotaWindow => {
  const startsAt = Math.floor(now / seconds) * seconds;
  const counters = Math.min(MOST_COUNTERS, Math.ceil(limit / seconds / PHOTOS_PER_SECOND));
  return { key: `count#${name}#${startsAt}`, limit, counters, endsAt: startsAt + seconds };
};

export interface QuotaCounter {
  key: string;
  limit: number;
}

/**
 * The counters of a window, each with its share of the limit: together they have exactly that. The first has the key that a window
 * of a single counter has, so that a table's counters go on when a stage's limit rises.
 */
export const countersOf = ({ key, limit, counters }: QuotaWindow): QuotaCounter[] =>
  Array.from({ length: counters }, (_, k) => ({
    key: k === 0 ? key : `${key}#${k}`,
    limit: Math.floor(((k + 1) * limit) / counters) - Math.floor((k * limit) / counters),
  }));

/** A caller in a key of the table, which so has no addresses. */
export const callerDigest = (quotaKey: string): string =>
  createHash('sha256').update(quotaKey).digest('hex').slice(0, 32);

/** Window of one caller for this hour. */
export const hourlyWindow = (quotaKey: string, now: number, limit: number): QuotaWindow =>
  windowOf(callerDigest(quotaKey), HOUR_SECONDS, now, limit);

/** Window of all callers for today. */
export const dailyWindow = (now: number, limit: number): QuotaWindow =>
  windowOf('all', DAY_SECONDS, now, limit);
