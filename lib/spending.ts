/** What a stage's instances cost, as the scaler is told. */
import { INSTANCE_PRICES } from '../contract/prices.ts';
import type { Spending } from '../contract/scaler.ts';
import type { Stage } from './config.ts';

/** USD an hour on demand; undefined for a type that nobody has given a price. */
export const onDemandPrice = (
  { instancePrices }: Pick<Stage, 'instancePrices'>,
  type: string,
): number | undefined => instancePrices[type] ?? INSTANCE_PRICES[type]?.hour;

/** What the scaler of a stage is told. */
export function spendingOf(stage: Stage): Spending {
  const { spotPercentage, onDemandBaseCapacity, dailySpendLimit, spendBrake } = stage;
  const hourlyPrices = Object.fromEntries(
    stage.instanceTypes.map((type) => [type, onDemandPrice(stage, type) ?? 0]),
  );
  return {
    hourlyPrices,
    onDemandBaseCapacity,
    spotPercentage,
    dailyLimit: dailySpendLimit,
    brake: spendBrake,
  };
}

/** USD an hour on demand of every type that has a price. */
export const listPrices = (): Record<string, number> =>
  Object.fromEntries(Object.entries(INSTANCE_PRICES).map(([type, { hour }]) => [type, hour]));
