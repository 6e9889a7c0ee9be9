/**
 * The fleet's cost since midnight UTC, and how busy its GPUs were: what no single count shows.
 *
 * An estimate by list prices from the group's instances: a launch that lasts less than a tick is not seen, and volumes
 * and traffic are not included.
 */
import { sharesOf, SPOT_SHARE } from '../../contract/prices.ts';
import type { Spending } from '../../contract/scaler.ts';
import type { WorkReport } from './policy/observation.ts';
import type { PoolName } from './policy/pools/pool-name.ts';

/** Stored by the last tick that read the fleet. */
export interface Ledger {
  /** Epoch seconds. */
  at: number;
  /** USD/h of the instances then. */
  perHour: number;
  /** Day of `spent`, in days since 1970 UTC. */
  day: number;
  /** USD since that day began. */
  spent: number;
  inService: number;
  /** Busy seconds that instances had reported and that were believed; null where that is unknown. */
  busySeconds: number | null;
}

export interface LedgerFigures {
  /** USD/h. */
  perHour: number;
  /** USD since midnight UTC. */
  spentToday: number;
  /** Busy share of the GPU time in service since the last tick, 0 to 1; undefined where it is unknown. */
  busy?: number;
}

/** What a tick read. */
export interface LedgerInput {
  /** Epoch seconds. */
  at: number;
  /** In service, pending and draining, and on their way into a warm pool. */
  instances: number;
  inService: number;
  /** Instances whose type is known, by type. @default none */
  types?: Record<string, number> | undefined;
  /** The same of each pool. @default the fleet has one group, which does not report which of its instances are Spot */
  typesByPool?: Record<PoolName, Record<string, number>> | undefined;
  reported?: WorkReport | undefined;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
/** A clock set back by at most this is waited for. */
const MOST_BACK_SECONDS = HOUR_SECONDS;
/** Days since 1970 UTC. */
export const dayOf = (at: number) => Math.floor(at / DAY_SECONDS);

export type Prices = Pick<Spending, 'hourlyPrices' | 'onDemandBaseCapacity' | 'spotPercentage'> & {
  /** Price of a Spot instance over that of an on-demand one. @default {@link SPOT_SHARE} */
  spotPriceShare?: number | undefined;
};

/** USD/h; an instance without a price of its own costs as much as the dearest type. */
export function costPerHour({ instances, types = {}, typesByPool }: LedgerInput, prices: Prices): number {
  if (instances === 0) return 0;
  const { spotPriceShare = SPOT_SHARE } = prices;
  const dearest = Math.max(0, ...Object.values(prices.hourlyPrices));
  const all = priced(types, prices);
  const unknown = Math.max(0, instances - all.count) * dearest;
  if (typesByPool)
    return (
      priced(typesByPool['on-demand'], prices).usd +
      spotPriceShare * priced(typesByPool.spot, prices).usd +
      unknown
    );
  const { onDemand, spot } = sharesOf(prices, instances);
  // Each counts as the mean of both markets.
  return ((all.usd + unknown) * (onDemand + SPOT_SHARE * spot)) / instances;
}

/** On-demand prices of instances by type, USD/h, and how many they are. */
function priced(types: Record<string, number>, { hourlyPrices }: Prices): { count: number; usd: number } {
  const dearest = Math.max(0, ...Object.values(hourlyPrices));
  const known = Object.entries(types);
  return {
    count: known.reduce((sum, [, count]) => sum + count, 0),
    usd: known.reduce((sum, [type, count]) => sum + count * (hourlyPrices[type] ?? dearest), 0),
  };
}

/** USD today at a time, from the ledger before it; after midnight only the new day's part. */
function spentAt({ at: then, perHour, day, spent }: Ledger, at: number): number {
  const today = dayOf(at);
  const since = day === today ? then : today * DAY_SECONDS;
  const before = day === today ? spent : 0;
  return before + (perHour * Math.max(0, at - since)) / HOUR_SECONDS;
}

function busySince(before: Ledger, { at, reported }: LedgerInput): number | undefined {
  const seconds = (at - before.at) * before.inService;
  if (!reported || before.busySeconds === null || !(seconds > 0)) return undefined;
  // Workers report a photo when it is finished, with seconds from before the last tick: the share could exceed 1.
  return Math.min(1, Math.max(0, (reported.busySeconds - before.busySeconds) / seconds));
}

/**
 * Brings the ledger up to a tick. Between two ticks the instances of the earlier one are assumed, over a gap as well.
 *
 * @param before undefined at the first tick
 */
export function observeLedger(
  input: LedgerInput,
  before: Ledger | undefined,
  prices: Prices,
): { ledger: Ledger; figures: LedgerFigures } {
  const { at, inService, reported } = input;
  const perHour = costPerHour(input, prices);
  // A clock that was set back: no time is counted twice, the sum stays until the clock has passed it again.
  if (before && at < before.at && before.at - at <= MOST_BACK_SECONDS)
    return { ledger: before, figures: { perHour, spentToday: before.spent } };
  // Set back by more, it was wrong before: the sum continues from here, whichever day it was of.
  const spent = before ? (at < before.at ? before.spent : spentAt(before, at)) : 0;
  const busy = before && busySince(before, input);
  return {
    ledger: { at, perHour, day: dayOf(at), spent, inService, busySeconds: reported?.busySeconds ?? null },
    figures: { perHour, spentToday: spent, ...(busy !== undefined && { busy }) },
  };
}

/** Whether the day's limit is reached and the stage's brake stops the fleet from growing then. */
export const overBudget = ({ dailyLimit, brake }: Spending, spentToday: number): boolean =>
  brake && dailyLimit !== null && spentToday >= dailyLimit;
