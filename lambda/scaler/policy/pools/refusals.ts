/**
 * Launches that EC2 refused: by market, instance type and zone, each until it expires. What Karpenter keeps as its unavailable
 * offerings (`pkg/cache`, for three minutes); nothing else shows that there is capacity again but to try.
 */
import type { PoolName } from './pool-name.ts';
import type { Refusal, RefusedLaunch } from './pools.ts';

/** Karpenter's. */
export const UNAVAILABLE_SECONDS = 180;
/** Six types in six zones, in both markets. */
export const MOST_REFUSALS = 72;

const keyOf = ({ pool, type = '', zone = '' }: Pick<RefusedLaunch, 'pool' | 'type' | 'zone'>) =>
  `${pool} ${type} ${zone}`;

/**
 * Adds what was refused, and leaves out what has expired.
 *
 * @param givenAt when Spot last gave an instance, epoch seconds: a refusal of the whole market before that is over
 */
export function rememberRefusals(
  before: Refusal[],
  refused: RefusedLaunch[],
  at: number,
  givenAt = -Infinity,
): Refusal[] {
  const known = new Map(before.map((one) => [keyOf(one), one]));
  for (const one of refused) {
    const { pool, type, zone } = one;
    const until = Math.max(one.at + UNAVAILABLE_SECONDS, known.get(keyOf(one))?.until ?? -Infinity);
    known.set(keyOf(one), { pool, ...(type && { type }), ...(zone && { zone }), until });
  }
  return [...known.values()]
    .filter(({ until }) => until > at && until <= at + UNAVAILABLE_SECONDS)
    .filter(({ pool, type, zone, until }) => {
      const isOfMarket = pool === 'spot' && type === undefined && zone === undefined;
      return !isOfMarket || until - UNAVAILABLE_SECONDS >= givenAt;
    })
    .sort((a, b) => a.until - b.until)
    .slice(-MOST_REFUSALS);
}

/** Whether every type in every zone of a pool is refused. Where types or zones are unknown, one refusal counts for all. */
export function isClosed(
  refusals: Refusal[],
  pool: PoolName,
  types: readonly string[] = [],
  zones: readonly string[] = [],
): boolean {
  const own = refusals.filter((one) => one.pool === pool);
  if (types.length === 0 || zones.length === 0) return own.length > 0;
  return types.every((type) =>
    zones.every((zone) => own.some((one) => (one.type ?? type) === type && (one.zone ?? zone) === zone)),
  );
}
