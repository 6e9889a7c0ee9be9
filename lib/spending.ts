/** What a stage's instances cost, as the scaler is told. */
import { INSTANCE_PRICES, SPOT_SHARE } from '../contract/prices.ts';
import type { Spending } from '../contract/scaler.ts';
import type { Stage } from './config.ts';

/** USD an hour on demand; undefined for a type that nobody has given a price. */
export const onDemandPrice = (
  { instancePrices }: Pick<Stage, 'instancePrices'>,
  type: string,
): number | undefined => instancePrices[type] ?? INSTANCE_PRICES[type]?.hour;

/**
 * USD an hour with Spot's share allowed for, by type. The group does not say which of its instances are Spot, so each counts
 * as the mean of what the stage asks for; those of the base are on demand and come first, which small fleets feel.
 */
export function spendingOf(stage: Stage): Spending {
  const { spotPercentage, onDemandBaseCapacity, dailySpendLimit, spendBrake } = stage;
  // A base is all there is of a small fleet: as if everything were on demand, rather too much than too little.
  const spot = onDemandBaseCapacity > 0 ? 0 : spotPercentage / 100;
  const hourlyPrices = Object.fromEntries(
    stage.instanceTypes.map((type) => {
      const price = onDemandPrice(stage, type) ?? 0;
      return [type, price * (1 - spot + spot * SPOT_SHARE)];
    }),
  );
  return { hourlyPrices, dailyLimit: dailySpendLimit, brake: spendBrake };
}

/** USD an hour on demand of every type that has a price. */
export const listPrices = (): Record<string, number> =>
  Object.fromEntries(Object.entries(INSTANCE_PRICES).map(([type, { hour }]) => [type, hour]));
