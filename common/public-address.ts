/**
 * Where a request that a caller of the service has made it send may go: to public addresses by https, and nowhere else.
 *
 * A name is resolved and judged here, and the caller connects to the address that was judged: a name that resolves differently a moment later
 * gains nothing.
 */
import { BlockList, isIP } from 'node:net';

/** IANA's special-purpose registries for IPv4 and IPv6: what is not globally reachable, and what stands for other addresses. */
const SPECIAL: readonly [address: string, bits: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** Of IPv6 only global unicast is public. In it: Teredo and other assignments, documentation, 6to4, and SRv6. */
const GLOBAL_UNICAST = ['2000::', 3] as const;
const SPECIAL_IPV6: readonly [address: string, bits: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
];

const listOf = (subnets: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6') => {
  const list = new BlockList();
  for (const [address, bits] of subnets) list.addSubnet(address, bits, family);
  return list;
};
const special = listOf(SPECIAL, 'ipv4');
const special6 = listOf(SPECIAL_IPV6, 'ipv6');
const unicast6 = listOf([GLOBAL_UNICAST], 'ipv6');
const loopback4 = listOf([['127.0.0.0', 8]], 'ipv4');

export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !special.check(address, 'ipv4');
  return version === 6 && unicast6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
}

const isLoopback = (address: string) =>
  address === '::1' || (isIP(address) === 4 && loopback4.check(address, 'ipv4'));

export interface Address {
  address: string;
  family: number;
}

export interface TargetOptions {
  /** All addresses of a name. */
  resolve: (name: string) => Promise<Address[]>;
  /**
   * Whether receivers on this machine are allowed, also by http.
   *
   * @default false
   */
  allowLoopback?: boolean;
}

/** Why a target is refused, for its owner. */
export class RefusedTarget extends Error {
  override readonly name = 'RefusedTarget';
}

/** Names that only a network of its own resolves (RFC 6761, RFC 6762, RFC 8375, ICANN's `internal`). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|local|localdomain|internal|home\.arpa|test|invalid|onion)\.?$/;

/** @throws RefusedTarget for an address that no webhook may have, whatever it resolves to */
export function parseTarget(text: string, allowLoopback = false): URL {
  const url = URL.parse(text);
  if (!url) throw new RefusedTarget('not an address');
  const { protocol, hostname, username, password, hash } = url;
  const name = hostname.replace(/^\[|\]$/g, '');
  const isHere = allowLoopback && (isLoopback(name) || name === 'localhost');
  if (protocol !== 'https:' && !(isHere && protocol === 'http:'))
    throw new RefusedTarget(`'${protocol}//': https only`);
  if (username !== '' || password !== '') throw new RefusedTarget('it has a user name or a password');
  if (hash !== '') throw new RefusedTarget('it has a fragment, which no receiver gets');
  if (isHere) return url;
  if (isIP(name) !== 0) throw new RefusedTarget('its host is an address: use a name');
  if (LOCAL_NAME.test(name) || !name.includes('.')) throw new RefusedTarget('its host is not a public name');
  return url;
}

/**
 * Resolves a target. Each of its addresses must be public: one that is not would be chosen by chance.
 *
 * @returns the address to connect to, an IPv4 one where it has any: functions have no IPv6
 * @throws RefusedTarget
 */
export async function resolveTarget(
  text: string,
  { resolve, allowLoopback = false }: TargetOptions,
): Promise<{ url: URL; address: Address }> {
  const url = parseTarget(text, allowLoopback);
  const addresses = await resolve(url.hostname.replace(/^\[|\]$/g, '')).catch(() => []);
  const [first] = addresses;
  if (!first) throw new RefusedTarget('its host cannot be resolved');
  const isAllowed = ({ address }: Address) =>
    isPublicAddress(address) || (allowLoopback && isLoopback(address));
  if (!addresses.every(isAllowed)) throw new RefusedTarget('its host has an address that is not public');
  return { url, address: addresses.find(({ family }) => family === 4) ?? first };
}
