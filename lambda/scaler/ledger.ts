/**
 * What lies between two ticks and no count tells: how busy the GPUs were, and what the fleet has cost since midnight UTC.
 *
 * An estimate by list prices, from what the group says is there: launches that last less than a tick are not seen, and
 * volumes, traffic and what is no instance are left out.
 */
import { sharesOf, SPOT_SHARE } from '../../contract/prices.ts';
import type { Spending } from '../../contract/scaler.ts';
import type { WorkReport } from './policy/observation.ts';

/** What the last tick that saw the fleet has left. */
export interface Ledger {
  /** Epoch seconds. */
  at: number;
  /** USD an hour that the instances cost which were there. */
  perHour: number;
  /** Day of the spending, in days since 1970 UTC. */
  day: number;
  /** USD since that day began. */
  spent: number;
  inService: number;
  /** Busy seconds that workers had reported; null where that was not known. */
  busySeconds: number | null;
}

export interface LedgerFigures {
  perHour: number;
  spentToday: number;
  /** Share of the time of the GPUs in service that went into photos since the last look; undefined while nobody knows. */
  busy?: number;
}

/** What a tick saw. */
export interface LedgerLook {
  /** Epoch seconds. */
  at: number;
  /** Instances in service, on their way and on their way out. */
  instances: number;
  inService: number;
  /** Those whose type is known, by type. @default none is */
  types?: Record<string, number> | undefined;
  reported?: WorkReport | undefined;
}

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;
/** A clock that is set back by no more is waited for. */
const MOST_BACK_SECONDS = HOUR_SECONDS;
const dayOf = (at: number) => Math.floor(at / DAY_SECONDS);

/** What instances are paid for by. */
export type Prices = Pick<Spending, 'hourlyPrices' | 'onDemandBaseCapacity' | 'spotPercentage'>;

/** USD an hour; what has no price of its own counts as the dearest that has. */
export function costPerHour({ instances, types = {} }: LedgerLook, prices: Prices): number {
  if (instances === 0) return 0;
  const { onDemand, spot } = sharesOf(prices, instances);
  const { hourlyPrices } = prices;
  const dearest = Math.max(0, ...Object.values(hourlyPrices));
  const known = Object.entries(types);
  const counted = known.reduce((sum, [, count]) => sum + count, 0);
  const priced = known.reduce((sum, [type, count]) => sum + count * (hourlyPrices[type] ?? dearest), 0);
  const listed = priced + Math.max(0, instances - counted) * dearest;
  // Which of them are Spot nobody says: each counts as the mean.
  return (listed * (onDemand + SPOT_SHARE * spot)) / instances;
}

/** USD from the last look on; the part of today alone when a day began meanwhile. */
function spentSince({ at: then, perHour, day, spent }: Ledger, at: number): number {
  const today = dayOf(at);
  const since = day === today ? then : today * DAY_SECONDS;
  const before = day === today ? spent : 0;
  return before + (perHour * Math.max(0, at - since)) / HOUR_SECONDS;
}

function busySince(before: Ledger, { at, reported }: LedgerLook): number | undefined {
  const seconds = (at - before.at) * before.inService;
  if (!reported || before.busySeconds === null || !(seconds > 0)) return undefined;
  // Workers report when a photo ends: what began before the last look counts here, and may be more than there was time for.
  return Math.min(1, Math.max(0, (reported.busySeconds - before.busySeconds) / seconds));
}

/**
 * Brings the ledger up to a look. Between two looks the fleet counts as it was at the first: also over a gap, in which
 * instances cost as much as ever.
 */
export function observeLedger(
  look: LedgerLook,
  before: Ledger | undefined,
  prices: Prices,
): { ledger: Ledger; figures: LedgerFigures } {
  const { at, inService, reported } = look;
  const perHour = costPerHour(look, prices);
  // A clock that is set back takes nothing back, and counts nothing twice: what was counted stands until it is passed again.
  if (before && at < before.at && before.at - at <= MOST_BACK_SECONDS)
    return { ledger: before, figures: { perHour, spentToday: before.spent } };
  // Set back by more it was wrong before: the sum goes on from here, whichever day it was of.
  const spent = before ? (at < before.at ? before.spent : spentSince(before, at)) : 0;
  const busy = before && busySince(before, look);
  return {
    ledger: { at, perHour, day: dayOf(at), spent, inService, busySeconds: reported?.busySeconds ?? null },
    figures: { perHour, spentToday: spent, ...(busy !== undefined && { busy }) },
  };
}

/** Whether the brake is on: the day's limit is reached, and the stage wants the fleet not to grow then. */
export const overBudget = ({ dailyLimit, brake }: Spending, spentToday: number): boolean =>
  brake && dailyLimit !== null && spentToday >= dailyLimit;
