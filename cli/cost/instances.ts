/** What instances cost by the hour. */
import { ROOT_VOLUME_GIB } from '../../contract/image.ts';
import { SPOT_SHARE, UNIT_PRICES, sharesOf } from '../../contract/prices.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { onDemandPrice } from '../../lib/stage/spending.ts';
import { HOURS_A_MONTH } from './measured.ts';

/** USD for an hour of an instance's volume and public address. */
export const VOLUME_AND_ADDRESS_HOUR =
  (ROOT_VOLUME_GIB * UNIT_PRICES.volumeGibibyteMonth) / HOURS_A_MONTH + UNIT_PRICES.addressHour;

/**
 * USD for an hour of a fleet of the stage's most expensive type, with the stage's Spot share, and with volumes and addresses; NaN
 * for a type without a price.
 */
export function hourAtMost(stage: Stage, instances: number): number {
  const highest = Math.max(...stage.instanceTypes.map((type) => onDemandPrice(stage, type) ?? NaN));
  const { onDemand, spot } = sharesOf(stage, instances);
  return highest * (onDemand + SPOT_SHARE * spot) + instances * VOLUME_AND_ADDRESS_HOUR;
}
