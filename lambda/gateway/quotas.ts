/** How many photos a caller, and all together, may send: counted in windows that start at full hours and at midnight UTC. */
import { createHash } from 'node:crypto';

export interface QuotaWindow {
  /** Of the counter. */
  key: string;
  limit: number;
  /** When the window ends, epoch seconds. */
  endsAt: number;
}

const HOUR = 3600;
const DAY = 86_400;

const numbers = (groups: string) =>
  groups === '' ? [] : groups.split(':').map((group) => parseInt(group, 16));

/** The eight groups of an IPv6 address, whose last two may be written as IPv4 has them. */
function groupsOf(address: string): number[] {
  const hex = address.replace(/%.*/, '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...bytes: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return `${(256 * a + b).toString(16)}:${(256 * c + d).toString(16)}`;
  });
  const [head = '', tail] = hex.split('::');
  const before = numbers(head);
  const after = numbers(tail ?? '');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  return [...before, ...Array<number>(zeros).fill(0), ...after];
}

/**
 * Who an address is. Networks give a household a whole IPv6 /64, so that is one caller, not 2^64 of them.
 *
 * @param address as API Gateway has seen it, never as a header says
 */
export function quotaKeyOf(address: string): string {
  if (!address.includes(':')) return address;
  const groups = groupsOf(address);
  // IPv4 in IPv6's clothes, ::ffff:0:0/96: as a /64, all of IPv4 would be one caller.
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535') {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  }
  const network = groups.slice(0, 4).map((group) => group.toString(16));
  return `${network.join(':')}::/64`;
}

const windowOf = (name: string, seconds: number, now: number, limit: number): QuotaWindow => {
  const startsAt = Math.floor(now / seconds) * seconds;
  return { key: `count#${name}#${startsAt}`, limit, endsAt: startsAt + seconds };
};

/** Of one caller, this hour. The name is kept as a digest: nobody needs to read addresses in a table. */
export const hourlyWindow = (caller: string, now: number, limit: number): QuotaWindow =>
  windowOf(createHash('sha256').update(caller).digest('hex').slice(0, 32), HOUR, now, limit);

/** Of all callers, today. */
export const dailyWindow = (now: number, limit: number): QuotaWindow => windowOf('all', DAY, now, limit);
