/** Settings of spending: what instances cost, and how much a day may. */
import { z } from 'zod';
import { flag, positive, type Field, type ValuesOf } from '../../contract/field.ts';
import { INSTANCE_PRICES } from '../../contract/prices.ts';
import type { Spending } from '../../contract/scaler.ts';
import type { Rule } from './check.ts';
import type { FLEET_FIELDS } from './fleet.ts';

const instancePrices: Field<Record<string, number>> = {
  schema: z.record(z.string(), z.number('USD an hour, above 0 and below 1000').positive().lt(1000)),
  allowed: 'USD an hour, above 0 and below 1000',
  default: {},
};

export const SPENDING_FIELDS = {
  /**
   * USD that instances may cost from midnight to midnight UTC before an alarm, by list prices.
   *
   * @default - 12 hours at the maximum, all instances on demand and of the most expensive type
   */
  dailySpendLimit: positive({ max: 1e6 }),

  /**
   * Whether the scaler adds no instances for the rest of the day (UTC) once `dailySpendLimit` is reached. Running instances
   * go on.
   *
   * @default false - the alarm goes off, and the operator decides
   */
  spendBrake: flag(false),

  /**
   * On-demand price of instance types, USD an hour, for other regions and types than `contract/prices.ts` has.
   *
   * @default - its prices, of us-east-1
   */
  instancePrices,
};

type Fleet = ValuesOf<typeof FLEET_FIELDS>;
type Priced = Pick<Fleet, 'instanceTypes'> & Pick<ValuesOf<typeof SPENDING_FIELDS>, 'instancePrices'>;

/** @returns USD an hour on demand; undefined for a type without a price */
export const onDemandPrice = (
  { instancePrices }: Pick<Priced, 'instancePrices'>,
  type: string,
): number | undefined => instancePrices[type] ?? INSTANCE_PRICES[type]?.hour;

const unpriced = (stage: Priced) =>
  stage.instanceTypes.filter((type) => onDemandPrice(stage, type) === undefined);

export const SPENDING_RULES: Rule<Priced>[] = [
  {
    of: ['instanceTypes', 'instancePrices'],
    holds: (stage) => unpriced(stage).length === 0,
    allowed: (stage) =>
      `contract/prices.ts has no price of ${unpriced(stage).join(', ')}; give it in instancePrices, or a limit on spending means nothing`,
  },
];

/** Hours at the maximum that a day may cost by default. */
const DEFAULT_HOURS = 12;

/** @returns USD */
export const defaultDailySpendLimit = (stage: Priced & Pick<Fleet, 'maxCapacity'>): number =>
  Math.ceil(
    DEFAULT_HOURS *
      stage.maxCapacity *
      Math.max(0, ...stage.instanceTypes.map((type) => onDemandPrice(stage, type) ?? 0)),
  );

type Spent = Pick<Fleet, 'spotPercentage' | 'onDemandBaseCapacity'> &
  Pick<ValuesOf<typeof SPENDING_FIELDS>, 'dailySpendLimit' | 'spendBrake'>;

/** @returns what the scaler of a stage computes costs with */
export const spendingOf = (stage: Priced & Spent): Spending => ({
  hourlyPrices: Object.fromEntries(
    stage.instanceTypes.map((type) => [type, onDemandPrice(stage, type) ?? 0]),
  ),
  onDemandBaseCapacity: stage.onDemandBaseCapacity,
  spotPercentage: stage.spotPercentage,
  dailyLimit: stage.dailySpendLimit,
  brake: stage.spendBrake,
});

/** @returns USD an hour on demand of every type that has a price */
export const listPrices = (): Record<string, number> =>
  Object.fromEntries(Object.entries(INSTANCE_PRICES).map(([type, { hour }]) => [type, hour]));
