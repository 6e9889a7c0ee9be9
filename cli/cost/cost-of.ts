/** What a stage costs by its values and list prices: at rest, at work, and at the most. Needs no AWS. */
import { PRICES_AS_OF, PRICES_REGION, SPOT_SHARE, UNIT_PRICES, sharesOf } from '../../contract/prices.ts';
import type { Stage } from '../../lib/stage/stage.ts';
import { onDemandPrice } from '../../lib/stage/spending.ts';
import { UserError } from '../../common/errors.ts';
import { idleLines, type CostLine } from './idle.ts';
import { cents, HOURS_A_MONTH, IMAGE_GIB, REQUESTS, VOLUME_GIB } from './measured.ts';

export interface TypeCost {
  type: string;
  /** USD for an hour of the instance alone. */
  onDemandHour: number;
  spotHour: number;
  /** USD for a thousand photos, volume and address of the instance and all requests included; null without a service time. */
  thousandOnDemand: number | null;
  thousandSpot: number | null;
  /** USD for a day with as many as the maximum, all of this type, shared out as the stage says; likewise. */
  dayAtMaximum: number;
}

export interface Cost {
  stage: string;
  pricesAsOf: string;
  region: string;
  /** USD for a month of 30 days in which no photo comes. */
  idle: { lines: CostLine[]; total: number };
  /** USD for an hour of what each instance has beside itself: its volume, and its public address. */
  besideHour: number;
  /** USD for each launch: the image's blocks come to the volume at the stage's rate. */
  launch: number;
  /** Of an instance for a photo; null where the policy has none and nobody gave one. */
  serviceSeconds: number | null;
  /** Of a thousand photos: USD, S3 and SQS. */
  requestsThousand: number;
  maximum: { instances: number; onDemand: number; spot: number };
  types: TypeCost[];
  assumptions: string[];
}

/**
 * @param seconds that an instance is busy with a photo. @default the policy's own, where it has one
 * @throws UserError for an instance type without a price
 */
export function costOf(stage: Stage, seconds?: number): Cost {
  const { policy, maxCapacity, volumeInitializationRate } = stage;
  const serviceSeconds = seconds ?? (policy.kind === 'threshold' ? null : policy.serviceSeconds);
  const lines = idleLines(stage);
  const atMost = sharesOf(stage, maxCapacity);
  const volumeHour = (VOLUME_GIB * UNIT_PRICES.volumeGibibyteMonth) / HOURS_A_MONTH;
  const beside = volumeHour + UNIT_PRICES.addressHour;
  const { puts, gets, queue } = REQUESTS;
  const requests =
    1000 * (puts * UNIT_PRICES.storePut + gets * UNIT_PRICES.storeGet + queue * UNIT_PRICES.queueRequest);
  const types = stage.instanceTypes.map((type): TypeCost => {
    const onDemand = priceOf(stage, type);
    const spot = onDemand * SPOT_SHARE;
    const thousand = (hour: number) =>
      serviceSeconds === null ? null : cents(((1000 * serviceSeconds) / 3600) * (hour + beside) + requests);
    return {
      type,
      onDemandHour: tenths(onDemand),
      spotHour: tenths(spot),
      thousandOnDemand: thousand(onDemand),
      thousandSpot: thousand(spot),
      dayAtMaximum: cents(24 * (atMost.onDemand * (onDemand + beside) + atMost.spot * (spot + beside))),
    };
  });
  return {
    stage: stage.name,
    pricesAsOf: PRICES_AS_OF,
    region: PRICES_REGION,
    idle: { lines, total: cents(lines.reduce((sum, { usd }) => sum + usd, 0)) },
    besideHour: tenths(beside),
    launch: volumeInitializationRate > 0 ? cents(IMAGE_GIB * UNIT_PRICES.volumeInitializationGibibyte) : 0,
    serviceSeconds,
    requestsThousand: cents(requests),
    maximum: { instances: maxCapacity, ...atMost },
    types,
    assumptions: assumptionsOf(stage),
  };
}

/** Of a cent's hundredth, as hours are priced. */
const tenths = (usd: number) => Math.round(usd * 10_000) / 10_000;

function priceOf(stage: Stage, type: string): number {
  const price = onDemandPrice(stage, type);
  if (price !== undefined) return price;
  throw new UserError(
    `stage '${stage.name}': ${type} has no price; give it one in instancePrices of bin/stages.ts.`,
  );
}

function assumptionsOf({ volumeInitializationRate }: Stage): string[] {
  return [
    `List prices of ${PRICES_REGION} in ${PRICES_AS_OF}, without tax; free tiers are not counted.`,
    `Spot at ${SPOT_SHARE * 100} % of on demand, which moves.`,
    'A month has 30 days. A thousand photos: instances that are busy all the time, without boots and idle minutes.',
    `Beside each instance: ${VOLUME_GIB} GiB of gp3 and one public IPv4 address.`,
    ...(volumeInitializationRate > 0
      ? [`An image of ${IMAGE_GIB} GiB, brought to each new volume at the highest rate's price.`]
      : []),
    'Not in it: photos and results until they expire (S3), traffic out of AWS, logs and metrics of workers, the gateway.',
  ];
}
