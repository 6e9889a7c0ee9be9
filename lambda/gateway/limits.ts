/** How many photos a caller, and all together, may send: counted in windows that start at full hours and at midnight UTC. */
import { createHash } from 'node:crypto';

export interface Window {
  /** Of the counter. */
  key: string;
  limit: number;
  /** When the window ends, epoch seconds. */
  endsAt: number;
}

const HOUR = 3600;
const DAY = 86_400;

/**
 * Who an address is. Networks give a household a whole IPv6 /64, so that is one caller, not 2^64 of them.
 *
 * @param address as API Gateway has seen it, never as a header says
 */
export function callerOf(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  const network = groups.slice(0, 4).map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}

const windowOf = (name: string, seconds: number, now: number, limit: number): Window => {
  const startsAt = Math.floor(now / seconds) * seconds;
  return { key: `count#${name}#${startsAt}`, limit, endsAt: startsAt + seconds };
};

/** Of one caller, this hour. The name is kept as a digest: nobody needs to read addresses in a table. */
export const callerWindow = (caller: string, now: number, limit: number): Window =>
  windowOf(createHash('sha256').update(caller).digest('hex').slice(0, 32), HOUR, now, limit);

/** Of all callers, today. */
export const dayWindow = (now: number, limit: number): Window => windowOf('all', DAY, now, limit);
