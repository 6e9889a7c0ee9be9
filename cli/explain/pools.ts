/** What each pool of a fleet with two groups has, why instances are on demand, and how the last tick split the fleet. */
import { lastedUntil } from '../../lambda/scaler/policy/pools/lasting.ts';
import type { PoolName } from '../../lambda/scaler/policy/pools/pool-name.ts';
import type { PoolsMemory, Refusal } from '../../lambda/scaler/policy/pools/pools.ts';
import type { PoolRecord, TickRecord } from '../../lambda/scaler/ports.ts';
import { clockTime, count, isoOf, span } from '../shared/format.ts';

const instances = (n: number) => count(n, 'instance');

const hasText = ({ desired, inService, pending, draining }: PoolRecord) =>
  `${desired} desired, ${inService} in service, ${pending} pending and ${draining} draining`;

const whatText = ({ type, zone }: Refusal) =>
  type === undefined && zone === undefined
    ? 'any launch'
    : [...(type ? [type] : []), ...(zone ? [`in ${zone}`] : [])].join(' ');

/** @returns one sentence, or none */
function refusedSentences(pool: PoolName, refusals: Refusal[], now: number): string[] {
  const own = refusals.filter((one) => one.pool === pool && one.until > now);
  if (own.length === 0) return [];
  const listed = own.map((one) => `${whatText(one)} until ${clockTime(one.until, now)}`);
  const market = pool === 'spot' ? 'Spot' : 'On demand, EC2';
  return [`${market} has refused launches, which is remembered: ${listed.join('; ')}.`];
}

/** Why instances are on demand. */
function onDemandSentences(onDemand: PoolRecord, memory: PoolsMemory, now: number): string[] {
  const { shortAt, handover, isReturning, lasting } = memory;
  if (shortAt !== undefined)
    return [
      `Spot last refused a launch at ${clockTime(shortAt, now)}, ${span(Math.max(0, now - shortAt))} ago, and has given no instance since: until one launch succeeds, what Spot refuses is on demand.`,
    ];
  if (onDemand.desired === 0) return [];
  const oldest = lasting.find(({ count: many }) => many > 0);
  const since =
    oldest && lastedUntil(lasting, now) > 0
      ? ` The longest has been needed there for ${span(Math.max(0, now - oldest.at))}.`
      : '';
  if (handover > 0)
    return [
      `${instances(handover)} on demand ${handover === 1 ? 'is' : 'are'} being handed over: as many Spot instances boot in their place.${since}`,
    ];
  return [
    `${instances(onDemand.desired)} on demand ${onDemand.desired === 1 ? 'was' : 'were'} launched since Spot refused, or resumed since a stopped instance is there sooner than Spot boots${isReturning ? '; Spot gives instances again, and takes one a tick back' : '; each is handed over to Spot once it has been needed for long enough'}.${since}`,
  ];
}

const changeText = (name: string, { before, desired }: PoolRecord) =>
  before === desired ? `left ${name} at ${desired}` : `set ${name} from ${before} to ${desired}`;

/** @param now epoch seconds */
export function poolSentences({ pools }: TickRecord, memory: PoolsMemory | undefined, now: number): string[] {
  if (!pools) return [];
  const { spot, onDemand, stopped } = pools;
  return [
    `Of Spot: ${hasText(spot)}. On demand: ${hasText(onDemand)}; ${stopped === null ? 'stopped instances: unknown' : `${instances(stopped)} stopped that can resume`}.`,
    ...(memory
      ? [
          ...refusedSentences('spot', memory.refusals, now),
          ...refusedSentences('on-demand', memory.refusals, now),
          ...onDemandSentences(onDemand, memory, now),
        ]
      : []),
    `The split ${changeText('Spot', spot)} and ${changeText('on demand', onDemand)}. docs/pools.md`,
  ];
}

/** @returns null for a fleet of one group */
export function poolsJson({ pools }: Pick<TickRecord, 'pools'>, memory: PoolsMemory | undefined) {
  if (!pools) return null;
  return {
    ...pools,
    handover: memory?.handover ?? null,
    refusedAt: memory?.shortAt === undefined ? null : isoOf(memory.shortAt),
    refusals: memory?.refusals.map(({ until, ...one }) => ({ ...one, until: isoOf(until) })) ?? null,
  };
}
